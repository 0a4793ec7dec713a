// SPDX-License-Identifier: Apache-2.0
// A tree of files in memory, and the events that change it: what a recording of a file system and
// the reconstruction of a disk after a power failure have in common.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace milena {

/// Index into DiskTree::nodes. Never used again within one tree.
using NodeId = size_t;

struct DiskNode {
    bool is_directory = false;
    Bytes content;
    std::map<std::string, NodeId> entries;
};

/// One call that succeeded, or a sync that failed.
struct DiskEvent {
    enum class Kind {
        kMake,           ///< `child` gets its first `name` in the directory `node`
        kRename,         ///< `child` is `to` and no longer `name`
        kUnlink,         ///< `name` is gone
        kWrite,          ///< `bytes` at `position` of the file `node`
        kResize,         ///< the file `node` ends at `position`
        kSync,           ///< of the file `node`
        kSyncFailed,     ///< of the file `node`: the kernel has dropped what was not written
        kSyncDirectory,  ///< of the directory `node`
        kSyncVolume,     ///< of the top directory `node`, with all in it
    };
    Kind kind;
    NodeId node = 0;
    int64_t position = 0;
    Bytes bytes = {};
    std::string name = {};
    std::string to = {};
    NodeId child = 0;
    bool makes_directory = false;

    bool changes_names() const {
        return kind == Kind::kMake || kind == Kind::kRename || kind == Kind::kUnlink;
    }
    bool changes_content() const { return kind == Kind::kWrite || kind == Kind::kResize; }
};

inline void write_bytes(Bytes& content, int64_t position, BytesView bytes) {
    const size_t end = static_cast<size_t>(position) + bytes.size();
    if (content.size() < end) content.resize(end);
    std::copy(bytes.begin(), bytes.end(), content.begin() + position);
}

struct DiskTree {
    static constexpr NodeId kRoot = 0;
    std::vector<DiskNode> nodes{DiskNode{true, {}, {}}};

    /// Applies what changes names or content.
    void apply(const DiskEvent& event) {
        if (event.kind == DiskEvent::Kind::kWrite)
            return write_bytes(nodes[event.node].content, event.position, event.bytes);
        if (event.kind == DiskEvent::Kind::kResize)
            return nodes[event.node].content.resize(static_cast<size_t>(event.position));
        apply_name(event, nodes[event.node].entries);
    }

    /// A file has one name at a time: whichever it gets last.
    static void apply_name(const DiskEvent& event, std::map<std::string, NodeId>& entries) {
        if (event.kind == DiskEvent::Kind::kUnlink) {
            const auto found = entries.find(event.name);
            if (found != entries.end() && found->second == event.child) entries.erase(found);
            return;
        }
        std::erase_if(entries, [&](const auto& entry) { return entry.second == event.child; });
        entries[event.kind == DiskEvent::Kind::kRename ? event.to : event.name] = event.child;
    }

    NodeId add(bool is_directory) {
        nodes.push_back(DiskNode{is_directory, {}, {}});
        return nodes.size() - 1;
    }

    /// The tree as it hangs together from the root, with nothing that has lost its name.
    DiskTree reachable() const {
        DiskTree copy;
        copy_children(kRoot, copy, kRoot);
        return copy;
    }

  private:
    void copy_children(NodeId from, DiskTree& copy, NodeId to) const {
        for (const auto& [name, child] : nodes[from].entries) {
            const NodeId added = copy.add(nodes[child].is_directory);
            copy.nodes[to].entries[name] = added;
            if (nodes[child].is_directory)
                copy_children(child, copy, added);
            else
                copy.nodes[added].content = nodes[child].content;
        }
    }
};

}  // namespace milena
