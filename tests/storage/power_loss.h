// SPDX-License-Identifier: Apache-2.0
// What a power failure leaves of a recorded history. As POSIX allows, and file systems do:
//
//   - What was synced is there. Of what was not, each sector of 512 bytes may be on the device or
//     not, whatever was written before or after: writes are reordered and torn.
//   - A file's size is apart from its data: where the one is there without the other, there are
//     zeroes, or nothing.
//   - Names that were made, changed or removed since their directory was synced may be as before,
//     each for itself or in the order of a journal, whatever became of the files' data.
//   - Each directory below the root is a disk of its own: what became of one says nothing of the
//     others.
#pragma once

#include <map>
#include <random>
#include <vector>

#include "tests/storage/recording_file_system.h"

namespace milena {

/// Deterministic on all platforms, which the standard distributions are not.
class Dice {
  public:
    explicit Dice(uint64_t seed) : engine_(seed) {}
    /// In [0, `end`).
    size_t below(size_t end) { return end == 0 ? 0 : static_cast<size_t>(engine_() % end); }
    int64_t between(int64_t least, int64_t most) {
        return least + static_cast<int64_t>(below(static_cast<size_t>(most - least + 1)));
    }
    bool one_in(size_t chances) { return below(chances) == 0; }
    bool percent(size_t chances) { return below(100) < chances; }
    uint64_t seed() { return engine_(); }

  private:
    std::mt19937_64 engine_;
};

/// Goes through a history, and lays out what may be left at any of its points.
class PowerLoss {
  public:
    static constexpr int64_t kSectorBytes = 512;

    explicit PowerLoss(const RecordingFileSystem& disk)
        : journal_(disk.journal()), durable_(disk.initial()) {
        volumes_.resize(durable_.nodes.size());
        note_volumes(DiskTree::kRoot);
    }

    /// The power fails before this event. REQUIRES: not before an earlier call's.
    void advance_to(size_t event) {
        for (; at_ < event; ++at_) take(journal_[at_]);
    }
    /// One of the many disks that may be left.
    DiskTree lose(Dice& dice) const;

  private:
    using Kind = DiskEvent::Kind;
    struct Unsynced {
        std::vector<size_t> events;
        bool is_untrusted = false;  // a sync failed: what was pending will never be written
    };
    enum class Fate { kAll, kNone, kWritten, kMixed };
    /// What becomes of one disk.
    struct VolumeFate {
        bool in_order = false;  ///< all was written back up to some point of time, as is often so
        bool names_in_order = false;
        size_t written = 0;  ///< that point
        size_t percent_names = 0;
    };

    void take(const DiskEvent& event);
    void make_durable(Unsynced& unsynced);
    void note_volumes(NodeId directory);
    NodeId volume_in(NodeId directory, NodeId child) const {
        return directory == DiskTree::kRoot ? child : volumes_[directory];
    }
    VolumeFate draw_fate(Dice& dice) const;
    Bytes lose_content(NodeId node, const std::vector<size_t>& events, Fate fate, size_t written,
                       Dice& dice) const;

    const std::vector<DiskEvent>& journal_;
    DiskTree durable_;
    std::map<NodeId, Unsynced> unsynced_;
    std::vector<NodeId> volumes_;  // by node
    size_t at_ = 0;
};

inline void PowerLoss::make_durable(Unsynced& unsynced) {
    if (unsynced.is_untrusted) return;
    for (const size_t event : unsynced.events) durable_.apply(journal_[event]);
    unsynced.events.clear();
}

inline void PowerLoss::note_volumes(NodeId directory) {
    for (const auto& [name, child] : durable_.nodes[directory].entries) {
        volumes_[child] = volume_in(directory, child);
        note_volumes(child);
    }
}

inline void PowerLoss::take(const DiskEvent& event) {
    switch (event.kind) {
        case Kind::kMake:
            durable_.nodes.resize(std::max(durable_.nodes.size(), event.child + 1));
            durable_.nodes[event.child].is_directory = event.makes_directory;
            volumes_.resize(durable_.nodes.size());
            volumes_[event.child] = volume_in(event.node, event.child);
            [[fallthrough]];
        case Kind::kRename:
        case Kind::kUnlink:
        case Kind::kWrite:
        case Kind::kResize:
            unsynced_[event.node].events.push_back(at_);
            return;
        case Kind::kSync:
        case Kind::kSyncDirectory:
            return make_durable(unsynced_[event.node]);
        case Kind::kSyncFailed:
            unsynced_[event.node].is_untrusted = true;
            return;
        case Kind::kSyncVolume:
            for (auto& [node, unsynced] : unsynced_)
                if (volumes_[node] == event.node) make_durable(unsynced);
    }
}

inline Bytes PowerLoss::lose_content(NodeId node, const std::vector<size_t>& events, Fate fate,
                                     size_t written, Dice& dice) const {
    Bytes content = durable_.nodes[node].content;
    auto size = content.size();
    if (fate == Fate::kNone) return content;
    // The file's size changes in order, and follows none of its data.
    const size_t sizes =
        fate == Fate::kMixed ? events[dice.below(events.size())] + dice.below(2) : journal_.size();
    const size_t percent_kept = dice.below(4) * 33;
    for (const size_t index : events) {
        if (fate == Fate::kWritten && index >= written) break;
        const DiskEvent& event = journal_[index];
        const auto position = static_cast<size_t>(event.position);
        if (event.kind == Kind::kResize) {
            if (index >= sizes) continue;
            content.resize(size = position);
            continue;
        }
        const size_t end = position + event.bytes.size();
        for (size_t from = position; from < end;) {
            const size_t to = std::min(end, (from / kSectorBytes + 1) * kSectorBytes);
            if (fate != Fate::kMixed || dice.percent(percent_kept))
                write_bytes(content, static_cast<int64_t>(from),
                            BytesView(event.bytes).subspan(from - position, to - from));
            from = to;
        }
        if (index < sizes) size = std::max(size, end);
    }
    content.resize(size);
    return content;
}

inline PowerLoss::VolumeFate PowerLoss::draw_fate(Dice& dice) const {
    VolumeFate fate;
    fate.in_order = dice.one_in(4);
    fate.names_in_order = fate.in_order || dice.one_in(2);
    fate.written =
        dice.below(2) == 0 ? dice.below(at_ + 1) : at_ - dice.below(std::min<size_t>(at_, 40) + 1);
    fate.percent_names = dice.below(5) * 25;
    return fate;
}

inline DiskTree PowerLoss::lose(Dice& dice) const {
    DiskTree left = durable_;
    std::map<NodeId, VolumeFate> fates;
    for (const auto& [node, unsynced] : unsynced_) {
        if (unsynced.events.empty()) continue;
        const auto [found, is_new] = fates.try_emplace(volumes_[node]);
        if (is_new) found->second = draw_fate(dice);
        const VolumeFate& volume = found->second;
        if (!durable_.nodes[node].is_directory) {
            const Fate fate = volume.in_order ? Fate::kWritten : static_cast<Fate>(dice.below(4));
            left.nodes[node].content =
                lose_content(node, unsynced.events, fate, volume.written, dice);
            continue;
        }
        for (const size_t event : unsynced.events)
            if (volume.names_in_order ? event < volume.written : dice.percent(volume.percent_names))
                DiskTree::apply_name(journal_[event], left.nodes[node].entries);
    }
    return left.reachable();
}

}  // namespace milena
