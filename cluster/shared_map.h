// SPDX-License-Identifier: Apache-2.0
// A hash map whose copies share structure: what lets every metadata image be a cheap copy of the
// one before.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace milena {

/// Which copy made a node. A node made since the last freeze belongs to the writer alone and is
/// changed in place; any other is cloned first.
using EditId = uint64_t;

/// Two levels of 64 branches over small leaves. A copy costs 64 reference counts; a change after
/// freeze() clones one branch and one leaf. One writer; frozen copies may be read by any thread.
template <class Key, class Value, class Hash = std::hash<Key>>
class SharedMap {
  public:
    using Entry = std::pair<Key, Value>;

    size_t size() const { return size_; }

    /// Null if absent. Valid until the next change of this map.
    template <class Lookup>
    const Value* find(const Lookup& key) const {
        const size_t hash = Hash()(key);
        const auto& branch = branches_[top(hash)];
        if (!branch) return nullptr;
        const auto& leaf = branch->leaves[below(hash)];
        if (!leaf) return nullptr;
        for (const Entry& entry : leaf->entries)
            if (entry.first == key) return &entry.second;
        return nullptr;
    }

    /// The value to change, or null if absent.
    template <class Lookup>
    Value* find_mutable(const Lookup& key) {
        if (!find(key)) return nullptr;
        for (Entry& entry : own_leaf(Hash()(key)).entries)
            if (entry.first == key) return &entry.second;
        return nullptr;
    }

    void set(Key key, Value value) {
        if (Value* existing = find_mutable(key)) {
            *existing = std::move(value);
            return;
        }
        own_leaf(Hash()(key)).entries.emplace_back(std::move(key), std::move(value));
        ++size_;
    }

    template <class Lookup>
    void erase(const Lookup& key) {
        if (!find(key)) return;
        auto& entries = own_leaf(Hash()(key)).entries;
        std::erase_if(entries, [&](const Entry& entry) { return entry.first == key; });
        --size_;
    }

    /// In no order.
    template <class Visit>
    void for_each(const Visit& visit) const {
        for (const auto& branch : branches_) {
            if (!branch) continue;
            for (const auto& leaf : branch->leaves) {
                if (!leaf) continue;
                for (const Entry& entry : leaf->entries) visit(entry.first, entry.second);
            }
        }
    }

    /// From here on what copies share is no longer changed in place.
    void freeze() { ++edit_; }

  private:
    static constexpr size_t kFanOut = 64;

    struct Leaf {
        EditId edit;
        std::vector<Entry> entries;
    };
    struct Branch {
        EditId edit;
        std::array<std::shared_ptr<Leaf>, kFanOut> leaves;
    };

    static size_t top(size_t hash) { return hash % kFanOut; }
    static size_t below(size_t hash) { return hash / kFanOut % kFanOut; }

    Leaf& own_leaf(size_t hash) {
        auto& branch = branches_[top(hash)];
        if (!branch)
            branch = std::make_shared<Branch>(Branch{edit_, {}});
        else if (branch->edit != edit_)
            branch = std::make_shared<Branch>(Branch{edit_, branch->leaves});
        auto& leaf = branch->leaves[below(hash)];
        if (!leaf)
            leaf = std::make_shared<Leaf>(Leaf{edit_, {}});
        else if (leaf->edit != edit_)
            leaf = std::make_shared<Leaf>(Leaf{edit_, leaf->entries});
        return *leaf;
    }

    std::array<std::shared_ptr<Branch>, kFanOut> branches_;
    size_t size_ = 0;
    EditId edit_ = 1;
};

}  // namespace milena
