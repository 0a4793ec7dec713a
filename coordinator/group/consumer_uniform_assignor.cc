// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "coordinator/group/consumer_assignor.h"

namespace milena {

namespace {

/// Members that want the same topics: each keeps what it has up to its quota, and what is free then
/// goes to those below theirs.
class HomogeneousAssignment {
  public:
    explicit HomogeneousAssignment(const AssignorInput& input)
        : input_(input), topics_(input.members.front().topics), output_(input.members.size()) {}

    AssignorOutput run() {
        if (topics_.empty()) return std::move(output_);
        int32_t total = 0;
        for (const SubscribedTopic& topic : topics_) total += topic.partitions;
        const auto members = static_cast<int32_t>(input_.members.size());
        quota_ = total / members;
        extras_left_ = total % members;
        collect_unassigned();
        for (size_t index = 0; index < input_.members.size(); ++index) keep(index);
        give_away();
        return std::move(output_);
    }

  private:
    struct Unfilled {
        size_t member;
        int32_t wants;
    };

    const SubscribedTopic* find_topic(const Uuid& id) const {
        const auto found = std::ranges::lower_bound(topics_, id, {}, &SubscribedTopic::id);
        return found != topics_.end() && found->id == id ? &*found : nullptr;
    }

    void collect_unassigned() {
        std::map<Uuid, std::vector<bool>> assigned;
        for (const SubscribedTopic& topic : topics_)
            assigned[topic.id].resize(static_cast<size_t>(topic.partitions));
        for (const AssignorMember& member : input_.members)
            for (const auto& [topic, partitions] : *member.current) {
                const auto found = assigned.find(topic);
                if (found == assigned.end()) continue;
                for (const int32_t partition : partitions)
                    if (static_cast<size_t>(partition) < found->second.size())
                        found->second[static_cast<size_t>(partition)] = true;
            }
        for (const auto& [topic, partitions] : assigned)
            for (size_t i = 0; i < partitions.size(); ++i)
                if (!partitions[i]) free_.push_back({topic, static_cast<int32_t>(i)});
    }

    /// Up to the quota. Members that come first get one partition more, while there are such.
    void keep(size_t index) {
        int32_t quota = quota_ + (extras_left_ > 0 ? 1 : 0);
        bool has_extra = extras_left_ > 0;
        for (const auto& [topic, partitions] : *input_.members[index].current) {
            if (!find_topic(topic)) continue;
            const auto kept = std::min(static_cast<size_t>(quota), partitions.size());
            if (kept > 0)
                output_[index][topic].assign(
                    partitions.begin(), partitions.begin() + static_cast<std::ptrdiff_t>(kept));
            for (size_t i = kept; i < partitions.size(); ++i)
                free_.push_back({topic, partitions[i]});
            quota -= static_cast<int32_t>(kept);
        }
        const auto members_left = static_cast<int32_t>(input_.members.size() - index);
        if (quota > 0 && has_extra && members_left > extras_left_) {
            --quota;
            has_extra = false;
        }
        if (quota > 0) unfilled_.push_back({index, quota});
        if (has_extra) --extras_left_;
    }

    void give_away() {
        auto next = free_.begin();
        for (const Unfilled& unfilled : unfilled_)
            for (int32_t i = 0; i < unfilled.wants && next != free_.end(); ++i, ++next)
                add_partition(output_[unfilled.member], next->topic_id, next->partition);
    }

    const AssignorInput& input_;
    const std::span<const SubscribedTopic> topics_;
    AssignorOutput output_;
    int32_t quota_ = 0;
    int32_t extras_left_ = 0;
    std::vector<TopicPartition> free_;
    std::vector<Unfilled> unfilled_;
};

}  // namespace

AssignorOutput assign_uniform(const AssignorInput& input) {
    if (input.members.empty()) return {};
    return input.homogeneous ? HomogeneousAssignment(input).run()
                             : assign_uniform_heterogeneous(input);
}

}  // namespace milena
