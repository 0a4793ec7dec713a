// SPDX-License-Identifier: Apache-2.0
// Target assignments, and changes of a group that no heartbeat asks for.
#include <algorithm>

#include "base/log.h"
#include "coordinator/group/consumer_heartbeat.h"
#include "coordinator/runtime/java_order.h"

namespace milena {

namespace {

/// Topics that exist, by the list of names that members ask for: many ask for the same.
class TopicLists {
  public:
    using Find = std::function<std::vector<SubscribedTopic>(const ConsumerMember&)>;
    explicit TopicLists(Find find) : find_(std::move(find)) {}

    std::span<const SubscribedTopic> of(const ConsumerMember& member) {
        const auto [entry, is_new] = lists_.try_emplace({member.topics, member.regex});
        if (is_new) entry->second = find_(member);
        return entry->second;
    }

  private:
    const Find find_;
    std::map<std::pair<std::vector<std::string>, std::string>, std::vector<SubscribedTopic>> lists_;
};

}  // namespace

std::vector<SubscribedTopic> ConsumerChange::topics_of(const ConsumerMember& member) const {
    std::vector<SubscribedTopic> topics;
    const auto add_topic = [&](const std::string& name) {
        if (const TopicState* topic = context_.topics.find(name))
            topics.push_back({topic->id, static_cast<int32_t>(topic->partitions.size())});
    };
    std::ranges::for_each(member.topics, add_topic);
    const auto resolved = group_.regexes().find(member.regex);
    if (resolved != group_.regexes().end())
        std::ranges::for_each(resolved->second.topics, add_topic);
    std::ranges::sort(topics);
    const auto [first, last] = std::ranges::unique(topics);
    topics.erase(first, last);
    return topics;
}

bool ConsumerChange::may_assign() const {
    if (group_.assigned_at().value == 0) return true;
    const int64_t next_at = group_.assigned_at().value + group_.options().assignment_interval_ms;
    return context_.timers.clock().now().value >= next_at;
}

void ConsumerChange::assign(const ConsumerGroupNext& next, const ConsumerMember& updated) {
    const ConsumerMember* replaced =
        updated.instance_id ? group_.find_static(*updated.instance_id) : nullptr;
    std::vector<const ConsumerMember*> members{&updated};
    for (const auto& [id, seat] : group_.seats())
        if (id != updated.id && &seat.member != replaced) members.push_back(&seat.member);

    sort_as_hash_map(members,
                     [](const ConsumerMember* member) -> std::string_view { return member->id; });
    TopicLists lists([this](const ConsumerMember& member) { return topics_of(member); });
    AssignorInput input;
    input.homogeneous = next.subscriptions().is_homogeneous(next.members);
    for (const ConsumerMember* member : members) {
        const auto& holder = member == &updated && replaced ? replaced->id : member->id;
        input.members.push_back(
            {member->id, member->instance_id, lists.of(*member), &group_.target_of(holder)});
    }
    const auto& fallback = context_.options.consumer_assignors.front();
    const Assignor assignor = find_assignor(next.subscriptions().preferred_assignor(fallback));
    add_targets(input, (assignor ? assignor : &assign_uniform)(input), updated.id);
    target_epoch_ = next.epoch;
    add(consumer_target_epoch_record(group_.id(), next.epoch, context_.timers.clock().now()));
}

void ConsumerChange::add_targets(const AssignorInput& input, AssignorOutput targets,
                                 const std::string& updated) {
    for (size_t i = 0; i < targets.size(); ++i) {
        const std::string_view id = input.members[i].id;
        const TopicPartitions* current = input.members[i].current;
        if (current == &ConsumerGroup::no_target() || targets[i] != *current)
            add(consumer_target_record(group_.id(), id, targets[i]));
        if (id == updated) new_target_ = std::move(targets[i]);
    }
}

void ConsumerChange::remove_records(std::string_view member) {
    add(consumer_current_tombstone(group_.id(), member));
    add(consumer_target_tombstone(group_.id(), member));
    add(consumer_member_tombstone(group_.id(), member));
}

void ConsumerChange::remove(const std::vector<std::string>& members) {
    ConsumerSubscriptions after = group_.subscriptions();
    const int32_t epoch = group_.epoch() + 1;
    for (const std::string& id : members) {
        after.remove(*group_.find(id));
        remove_records(id);
    }
    for (const auto& [regex, count] : group_.subscriptions().regexes()) {
        if (after.members_with_regex(regex) > 0) continue;
        add(consumer_regex_tombstone(group_.id(), regex));
        const auto resolved = group_.regexes().find(regex);
        if (resolved != group_.regexes().end()) after.remove_matches(resolved->second.topics);
    }
    add(consumer_epoch_record(group_.id(), epoch,
                              context_.topics.hash_of(std::views::keys(after.topics()))));
    if (members.size() == group_.seats().size())
        add(consumer_target_epoch_record(group_.id(), epoch, TimestampMs(0)));
}

void ConsumerChange::leave_for_now(const ConsumerMember& member) {
    ConsumerMember left = member;
    left.epoch = kStaticLeavingEpoch;
    left.pending_revocation.clear();
    for (auto& [topic, partitions] : left.assigned)
        for (auto& [partition, epoch] : partitions) epoch = 0;
    add(consumer_current_record(group_.id(), left));
}

void ConsumerChange::resolve(TopicMatches matches) {
    ConsumerSubscriptions after = group_.subscriptions();
    bool must_bump = false;
    for (auto& [regex, topics] : matches.topics) {
        if (after.members_with_regex(regex) == 0) continue;
        const auto known = group_.regexes().find(regex);
        const bool is_known = known != group_.regexes().end();
        if (is_known && known->second.topics == topics) continue;
        must_bump |= is_known || !topics.empty();
        if (is_known) after.remove_matches(known->second.topics);
        after.add_matches(topics);
        add(consumer_regex_record(
            group_.id(), regex,
            {std::move(topics), matches.image.value, context_.timers.clock().now()}));
    }
    const int64_t hash = context_.topics.hash_of(std::views::keys(after.topics()));
    if (!must_bump && hash == group_.metadata_hash()) return;
    add(consumer_epoch_record(group_.id(), group_.epoch() + 1, hash));
}

}  // namespace milena
