// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_heartbeat.h"

#include <algorithm>

#include "coordinator/group/consumer_reconciliation.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"

namespace milena {

using protocol::ConsumerGroupHeartbeatRequest;

namespace {

constexpr int16_t kFirstVersionWithClientIds = 1;

Error invalid(std::string text) { return Error(ErrorCode::INVALID_REQUEST, std::move(text)); }

bool is_blank(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}
bool is_blank(const std::optional<std::string_view>& text) { return text && is_blank(*text); }

Result<void> check_names(const ConsumerGroupHeartbeatRequest& request, int16_t version) {
    const bool needs_member_id = version >= kFirstVersionWithClientIds ||
                                 request.member_epoch > kJoiningEpoch ||
                                 request.member_epoch == kLeavingEpoch;
    if (needs_member_id && is_blank(request.member_id)) return invalid("There is no member id.");
    if (is_blank(request.group_id)) return invalid("There is no group id.");
    if (is_blank(request.instance_id)) return invalid("The instance id is empty.");
    if (is_blank(request.rack_id)) return invalid("The rack's name is empty.");
    return {};
}

Result<void> check_joining(const ConsumerGroupHeartbeatRequest& request) {
    if (request.rebalance_timeout_ms == -1)
        return invalid("Who joins must say its rebalance timeout.");
    if (!request.topic_partitions || !request.topic_partitions->empty())
        return invalid("Who joins must own nothing, and say so.");
    if (!request.subscribed_topic_names && !request.subscribed_topic_regex)
        return invalid("Who joins must say which topics it wants.");
    return {};
}

Result<void> check_epoch_kind(const ConsumerGroupHeartbeatRequest& request) {
    if (request.member_epoch == kJoiningEpoch) return check_joining(request);
    if (request.member_epoch == kStaticLeavingEpoch && !request.instance_id)
        return invalid("Only a static member leaves for a while.");
    if (request.member_epoch < kStaticLeavingEpoch)
        return invalid("There is no epoch " + std::to_string(request.member_epoch) + ".");
    return {};
}

Error fenced(const ConsumerMember& member, int32_t epoch) {
    return Error(ErrorCode::FENCED_MEMBER_EPOCH,
                 "Member " + member.id + " is in epoch " + std::to_string(member.epoch) +
                     ", not in " + std::to_string(epoch) +
                     "; it must give up its partitions and join again.");
}

/// Whether the member says that it owns something, and all of it was assigned to it.
bool reports_part_of(const ConsumerGroupHeartbeatRequest& request,
                     const OwnedPartitions& assigned) {
    if (!request.topic_partitions) return false;
    return std::ranges::all_of(*request.topic_partitions, [&](const auto& topic) {
        return assigned.contains(topic.topic_id) &&
               std::ranges::all_of(topic.partitions, [&](int32_t partition) {
                   return owns(assigned, topic.topic_id, partition);
               });
    });
}

ConsumerMember with_request(ConsumerMember member, const ConsumerGroupHeartbeatRequest& request,
                            const ClientIdentity& client) {
    if (request.instance_id) member.instance_id = *request.instance_id;
    if (request.rack_id) member.rack_id = *request.rack_id;
    if (request.rebalance_timeout_ms != -1)
        member.rebalance_timeout_ms = request.rebalance_timeout_ms;
    if (request.server_assignor) member.assignor = *request.server_assignor;
    if (request.subscribed_topic_names)
        member.topics = to_topic_names(*request.subscribed_topic_names);
    if (request.subscribed_topic_regex) member.regex = *request.subscribed_topic_regex;
    member.client_id = client.client_id;
    member.client_host = client.client_host;
    member.classic.reset();
    return member;
}

/// As far as a group counts it.
bool wants_the_same(const ConsumerMember& before, const ConsumerMember& after) {
    return before.topics == after.topics && before.regex == after.regex &&
           before.assignor == after.assignor && before.classic == after.classic;
}

}  // namespace

Result<void> check_consumer_heartbeat(const ConsumerGroupHeartbeatRequest& request, int16_t version,
                                      const GroupOptions& options) {
    if (auto checked = check_names(request, version); !checked) return checked;
    if (auto checked = check_epoch_kind(request); !checked) return checked;
    if (!request.server_assignor) return {};
    const auto& known = options.consumer_assignors;
    if (std::ranges::find(known, *request.server_assignor) != known.end()) return {};
    return Error(ErrorCode::UNSUPPORTED_ASSIGNOR,
                 "There is no assignor " + std::string(*request.server_assignor) + ".");
}

Result<ConsumerMember> ConsumerChange::heartbeat(const Request& request, std::string_view member_id,
                                                 const ClientIdentity& client) {
    const auto before = find_or_subscribe(request, member_id);
    if (!before) return before;
    return advance(*before, with_request(*before, request, client),
                   request.topic_partitions ? &*request.topic_partitions : nullptr);
}

Result<ConsumerMember> ConsumerChange::advance(const ConsumerMember& before,
                                               const ConsumerMember& after,
                                               const Reported* reported) {
    const auto subscription = note_subscription(before, after);
    if (!subscription) return subscription.error();
    ConsumerGroupNext next = next_after(before, after);
    const std::string& fallback = context_.options.consumer_assignors.front();
    const bool has_other_assignor = next.subscriptions().preferred_assignor(fallback) !=
                                    group_.subscriptions().preferred_assignor(fallback);
    const bool must_bump = subscription->has_new_topics || has_other_assignor;
    if (must_bump || group_.needs_refresh()) refresh(next, must_bump);
    target_epoch_ = group_.target_epoch();
    if (target_epoch_ < next.epoch && may_assign()) assign(next, after);
    return move(after, reported, subscription->has_changed);
}

Result<ConsumerMember> ConsumerChange::find_or_subscribe(const Request& request,
                                                         std::string_view member_id) {
    if (request.instance_id) return subscribe_static(request, member_id);
    const ConsumerMember* known = group_.find(member_id);
    if (!known && request.member_epoch != kJoiningEpoch)
        return Error(ErrorCode::UNKNOWN_MEMBER_ID,
                     "Group " + group_.id() + " has no member " + std::string(member_id) + ".");
    if (!known) {
        ConsumerMember joined;
        joined.id = member_id;
        return joined;
    }
    if (auto checked = check_epoch(*known, request); !checked) return checked.error();
    return *known;
}

Result<ConsumerMember> ConsumerChange::subscribe_static(const Request& request,
                                                        std::string_view member_id) {
    const ConsumerMember* known = group_.find_static(*request.instance_id);
    if (request.member_epoch != kJoiningEpoch) {
        if (auto checked = check_static(known, *request.instance_id, member_id); !checked)
            return checked.error();
        if (auto checked = check_epoch(*known, request); !checked) return checked.error();
        return *known;
    }
    if (!known) {
        const ConsumerMember* dynamic = group_.find(member_id);
        ConsumerMember joined = dynamic ? *dynamic : ConsumerMember();
        joined.id = member_id;
        return joined;
    }
    if (!known->is_classic() && known->epoch != kStaticLeavingEpoch)
        return Error(ErrorCode::UNRELEASED_INSTANCE_ID,
                     "Instance id " + std::string(*request.instance_id) + " belongs to member " +
                         known->id + ".");
    ConsumerMember joined = *known;
    joined.id = member_id;
    joined.epoch = joined.previous_epoch = kJoiningEpoch;
    replace_static(*known, joined);
    return joined;
}

Result<void> check_static(const ConsumerMember* known, std::string_view instance_id,
                          std::string_view member_id) {
    if (!known)
        return Error(ErrorCode::UNKNOWN_MEMBER_ID,
                     "There is no instance id " + std::string(instance_id) + ".");
    if (known->id != member_id)
        return Error(ErrorCode::FENCED_INSTANCE_ID, "Instance id " + std::string(instance_id) +
                                                        " belongs to member " + known->id + ".");
    return {};
}

Result<void> ConsumerChange::check_epoch(const ConsumerMember& member,
                                         const Request& request) const {
    if (request.member_epoch == kJoiningEpoch || request.member_epoch == member.epoch) return {};
    // The answer that told it the newer epoch may have been lost.
    if (request.member_epoch < member.epoch && request.member_epoch == member.previous_epoch &&
        reports_part_of(request, member.assigned))
        return {};
    return fenced(member, request.member_epoch);
}

void ConsumerChange::replace_static(const ConsumerMember& old, const ConsumerMember& joined) {
    remove_records(old.id);
    add(consumer_member_record(group_.id(), joined));
    add(consumer_target_record(group_.id(), joined.id, group_.target_of(old.id)));
    add(consumer_current_record(group_.id(), joined));
}

Result<ConsumerChange::Subscription> ConsumerChange::note_subscription(
    const ConsumerMember& before, const ConsumerMember& after) {
    Subscription subscription;
    if (after != before) add(consumer_member_record(group_.id(), after));
    subscription.has_changed = subscription.has_new_topics = after.topics != before.topics;
    if (after.regex == before.regex) return subscription;
    subscription.has_changed = true;
    const ConsumerSubscriptions& known = group_.subscriptions();
    if (!before.regex.empty() && known.members_with_regex(before.regex) == 1)
        add(consumer_regex_tombstone(group_.id(), before.regex));
    if (after.regex.empty() || group_.regexes().contains(after.regex)) {
        subscription.has_new_topics = true;
    } else if (known.members_with_regex(after.regex) == 0) {
        if (auto checked = check_regex(after.regex); !checked) return checked.error();
    }
    return subscription;
}

ConsumerGroupNext ConsumerChange::next_after(const ConsumerMember& before,
                                             const ConsumerMember& after) const {
    ConsumerGroupNext next(group_);
    const bool is_known =
        group_.find(after.id) || (after.instance_id && group_.find_static(*after.instance_id));
    if (!is_known) ++next.members;
    // Most heartbeats leave this as it is.
    if (is_known && wants_the_same(before, after)) return next;
    ConsumerSubscriptions& subscriptions = next.change();
    subscriptions.remove(before);
    subscriptions.add(after);
    const auto resolved = group_.regexes().find(before.regex);
    if (resolved != group_.regexes().end() && subscriptions.members_with_regex(before.regex) == 0)
        subscriptions.remove_matches(resolved->second.topics);
    return next;
}

void ConsumerChange::refresh(ConsumerGroupNext& next, bool must_bump) {
    const int64_t hash = context_.topics.hash_of(std::views::keys(next.subscriptions().topics()));
    if (must_bump || hash != group_.metadata_hash())
        add(consumer_epoch_record(group_.id(), ++next.epoch, hash));
    else if (!next.has_changed())
        group_.refreshed();
    if (group_.has_topics_record()) add(consumer_topics_tombstone(group_.id()));
}

Result<ConsumerMember> ConsumerChange::move(const ConsumerMember& member, const Reported* reported,
                                            bool has_subscription_changed) {
    if (!has_subscription_changed && member.is_reconciled_to(target_epoch_)) return member;
    const ConsumerMember* holder =
        member.instance_id ? group_.find_static(*member.instance_id) : group_.find(member.id);
    const TopicPartitions& target =
        new_target_ ? *new_target_ : group_.target_of(holder ? holder->id : std::string());
    const std::function is_owned = [this](const Uuid& topic, int32_t partition) {
        return group_.is_owned(topic, partition);
    };
    const auto topics = topics_of(member);
    auto moved = reconcile(
        member, {target_epoch_, target, has_subscription_changed, topics, is_owned, reported});
    if (moved && *moved != member) add(consumer_current_record(group_.id(), *moved));
    return moved;
}

}  // namespace milena
