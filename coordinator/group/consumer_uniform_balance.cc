// SPDX-License-Identifier: Apache-2.0
// Members want different topics. All keep what they have; what nobody has goes to whoever has
// least; then partitions move from who has most to who has least of those that want their topic,
// topic by topic, until nothing changes.
#include <algorithm>
#include <numeric>
#include <utility>

#include "coordinator/group/consumer_assignor.h"

namespace milena {

namespace {

constexpr int kRoundsMax = 16;
constexpr int32_t kNobody = -1;

struct Topic {
    Uuid id;
    std::vector<int32_t> subscribers;  ///< members, by index
    std::vector<int32_t> owners;       ///< by partition

    /// Topics of many partitions for few members come first.
    bool comes_before(const Topic& other) const {
        const double load =
            static_cast<double>(owners.size()) / static_cast<double>(subscribers.size());
        const double other_load = static_cast<double>(other.owners.size()) /
                                  static_cast<double>(other.subscribers.size());
        if (load != other_load) return load > other_load;
        if (subscribers.size() != other.subscribers.size())
            return subscribers.size() < other.subscribers.size();
        return id < other.id;
    }
};

/// Walks over the subscribers of one topic from both ends: the least loaded take, the most loaded
/// give. `loads` are those of all members, kept up to date by whoever moves partitions.
class Scales {
  public:
    Scales(std::vector<int32_t> members, const std::vector<int32_t>& loads)
        : members_(std::move(members)), loads_(loads) {
        std::ranges::sort(members_, [&](int32_t a, int32_t b) {
            return std::pair(load(a), a) < std::pair(load(b), b);
        });
        least_load_ = load(members_.front()) - 1;
        most_begin_ = most_end_ = members_.size();
        most_load_ = load(members_.back()) + 1;
        next_most_ = static_cast<std::ptrdiff_t>(members_.size()) - 1;
    }

    int32_t imbalance() const { return load(members_.back()) - load(members_.front()); }
    bool is_balanced() const { return most_load_ - least_load_ <= 1; }

    int32_t take_least() {
        if (next_least_ >= least_end_) {
            ++least_load_;
            while (least_end_ < members_.size() && load(members_[least_end_]) == least_load_)
                ++least_end_;
            next_least_ = 0;
        }
        return members_[next_least_++];
    }

    /// kNobody: no one is left to give.
    int32_t take_most() {
        if (next_most_ < static_cast<std::ptrdiff_t>(most_begin_)) {
            if (most_end_ <= most_begin_ && most_begin_ > 0)
                most_load_ = load(members_[most_begin_ - 1]);
            else
                --most_load_;
            while (most_begin_ > 0 && load(members_[most_begin_ - 1]) == most_load_) --most_begin_;
            next_most_ = static_cast<std::ptrdiff_t>(most_end_) - 1;
        }
        if (next_most_ < 0) return kNobody;
        return members_[static_cast<size_t>(next_most_--)];
    }

    /// The one that take_most() gave last has nothing of this topic to give.
    void exclude_most() {
        std::swap(members_[static_cast<size_t>(next_most_ + 1)], members_[most_end_ - 1]);
        --most_end_;
    }

  private:
    int32_t load(int32_t member) const { return loads_[static_cast<size_t>(member)]; }

    std::vector<int32_t> members_;
    const std::vector<int32_t>& loads_;
    size_t least_end_ = 0, next_least_ = 0;
    int32_t least_load_ = 0;
    size_t most_begin_ = 0, most_end_ = 0;
    int32_t most_load_ = 0;
    std::ptrdiff_t next_most_ = 0;
};

class HeterogeneousAssignment {
  public:
    explicit HeterogeneousAssignment(const AssignorInput& input)
        : input_(input), loads_(input.members.size()) {
        std::map<Uuid, Topic> topics;
        for (size_t member = 0; member < input.members.size(); ++member)
            for (const SubscribedTopic& wanted : input.members[member].topics) {
                Topic& topic = topics[wanted.id];
                topic.id = wanted.id;
                topic.owners.resize(static_cast<size_t>(wanted.partitions), kNobody);
                topic.subscribers.push_back(static_cast<int32_t>(member));
            }
        for (size_t member = 0; member < input.members.size(); ++member)
            keep(topics, static_cast<int32_t>(member));
        for (auto& [id, topic] : topics) topics_.push_back(std::move(topic));
        std::ranges::sort(topics_,
                          [](const Topic& a, const Topic& b) { return a.comes_before(b); });
    }

    AssignorOutput run() {
        for (Topic& topic : topics_) give_away(topic);
        balance();
        AssignorOutput output(input_.members.size());
        for (const Topic& topic : topics_)
            for (size_t i = 0; i < topic.owners.size(); ++i)
                output[static_cast<size_t>(topic.owners[i])][topic.id].push_back(
                    static_cast<int32_t>(i));
        return output;
    }

  private:
    void keep(std::map<Uuid, Topic>& topics, int32_t member) {
        const AssignorMember& kept = input_.members[static_cast<size_t>(member)];
        for (const auto& [id, partitions] : *kept.current) {
            if (!std::ranges::binary_search(kept.topics, id, {}, &SubscribedTopic::id)) continue;
            Topic& topic = topics[id];
            for (const int32_t partition : partitions)
                if (static_cast<size_t>(partition) < topic.owners.size())
                    set_owner(topic, static_cast<size_t>(partition), member);
        }
    }

    void set_owner(Topic& topic, size_t partition, int32_t member) {
        const int32_t former = std::exchange(topic.owners[partition], member);
        if (former != kNobody) --loads_[static_cast<size_t>(former)];
        ++loads_[static_cast<size_t>(member)];
    }

    void give_away(Topic& topic) {
        if (std::ranges::find(topic.owners, kNobody) == topic.owners.end()) return;
        Scales scales(topic.subscribers, loads_);
        for (size_t i = 0; i < topic.owners.size(); ++i)
            if (topic.owners[i] == kNobody) set_owner(topic, i, scales.take_least());
    }

    /// Until a whole round has changed nothing.
    void balance() {
        const Topic* last_changed = nullptr;
        for (int round = 0; round < kRoundsMax; ++round)
            for (Topic& topic : topics_) {
                if (topic.subscribers.size() < 2) continue;
                if (&topic == last_changed) return;
                if (balance(topic) || !last_changed) last_changed = &topic;
            }
    }

    /// Whether a partition has moved.
    bool balance(Topic& topic) {
        Scales scales(topic.subscribers, loads_);
        if (scales.imbalance() <= 1) return false;
        std::vector<std::vector<size_t>> owned(input_.members.size());
        for (size_t i = 0; i < topic.owners.size(); ++i)
            owned[static_cast<size_t>(topic.owners[i])].push_back(i);
        bool has_moved = false;
        while (!scales.is_balanced()) {
            int32_t giver = scales.take_most();
            while (giver != kNobody && owned[static_cast<size_t>(giver)].empty()) {
                scales.exclude_most();
                giver = scales.take_most();
            }
            if (giver == kNobody) break;
            const size_t partition = owned[static_cast<size_t>(giver)].back();
            owned[static_cast<size_t>(giver)].pop_back();
            const int32_t taker = scales.take_least();
            if (scales.is_balanced()) break;
            set_owner(topic, partition, taker);
            has_moved = true;
        }
        return has_moved;
    }

    const AssignorInput& input_;
    std::vector<int32_t> loads_;
    std::vector<Topic> topics_;
};

}  // namespace

AssignorOutput assign_uniform_heterogeneous(const AssignorInput& input) {
    return HeterogeneousAssignment(input).run();
}

}  // namespace milena
