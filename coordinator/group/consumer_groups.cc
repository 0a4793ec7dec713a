// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_groups.h"

#include "base/log.h"
#include "base/strings.h"
#include "coordinator/group/consumer_heartbeat.h"
#include "coordinator/group/consumer_migration.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/consumer_group_heartbeat_response.h"

namespace milena {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;

namespace {

using Done = ConsumerGroups::HeartbeatDone;

Error not_found(std::string_view group) {
    return Error(ErrorCode::GROUP_ID_NOT_FOUND,
                 "There is no consumer group " + std::string(group) + ".");
}

ConsumerGroupHeartbeatResponse answer_of(const Error& error) {
    ConsumerGroupHeartbeatResponse response;
    response.error_code = static_cast<int16_t>(error.code());
    response.error_message = error.message();
    return response;
}

Effects answer(Done done, ConsumerGroupHeartbeatResponse response,
               std::vector<CoordinatorRecord> records = {}) {
    Effects effects;
    effects.records = std::move(records);
    effects.replies.push_back(
        [done = std::move(done), response = std::move(response)](const Result<void>& committed) {
            if (committed)
                done(response);
            else
                done(answer_of(committed.error()));
        });
    return effects;
}

Effects refuse(Done done, Error error) {
    Effects effects;
    effects.replies.push_back(
        [done = std::move(done), error = std::move(error)](const Result<void>& committed) {
            done(answer_of(committed ? error : committed.error()));
        });
    return effects;
}

ConsumerGroupHeartbeatResponse::Assignment to_assignment(const OwnedPartitions& owned) {
    ConsumerGroupHeartbeatResponse::Assignment assignment;
    for (const auto& [topic, partitions] : owned) {
        auto& added = assignment.topic_partitions.emplace_back();
        added.topic_id = topic;
        for (const auto& [partition, epoch] : partitions) added.partitions.push_back(partition);
    }
    return assignment;
}

/// The member asks for its whole state.
bool is_full(const ConsumerGroupHeartbeatRequest& request) {
    return request.rebalance_timeout_ms != -1 && request.topic_partitions &&
           (request.subscribed_topic_names || request.subscribed_topic_regex);
}

bool says_nothing_new(const ConsumerGroupHeartbeatRequest& request) {
    return request.rebalance_timeout_ms == -1 && !request.rack_id && !request.server_assignor &&
           !request.subscribed_topic_names && !request.subscribed_topic_regex;
}

/// Most heartbeats: the member says that it is there, and has nothing to do.
bool is_idle(const ConsumerGroup& group, const ConsumerMember& member,
             const ConsumerGroupHeartbeatRequest& request, const ClientIdentity& client) {
    return says_nothing_new(request) && request.member_epoch == member.epoch &&
           group.epoch() == group.target_epoch() && member.is_reconciled_to(group.target_epoch()) &&
           !group.needs_refresh() && !member.is_classic() &&
           member.instance_id == request.instance_id && member.client_id == client.client_id &&
           member.client_host == client.client_host;
}

Result<void> check_size(const ConsumerGroup& group, const ConsumerGroupHeartbeatRequest& request,
                        int32_t size_max) {
    if (request.instance_id && group.find_static(*request.instance_id)) return {};
    if (group.seats().size() < static_cast<size_t>(size_max)) return {};
    if (!request.member_id.empty() && group.find(request.member_id)) return {};
    return Error(ErrorCode::GROUP_MAX_SIZE_REACHED,
                 "Group " + group.id() + " has " + std::to_string(size_max) + " members already.");
}

}  // namespace

ConsumerGroups::ConsumerGroups(GroupMap& groups, const GroupOptions& options, TimerQueue& timers)
    : groups_(groups), context_{options, timers, {}, false, {}, {}} {
    context_.expire = [this](const ConsumerGroup& group, const std::string& member, size_t timer) {
        return expire(group, member, timer);
    };
    context_.match_regexes = [this](const ConsumerGroup& group) { return match_regexes(group); };
}

void ConsumerGroups::on_loaded() {
    context_.is_loaded = true;
    for (const auto& [id, group] : groups_)
        if (group->type() == GroupType::kConsumer)
            static_cast<ConsumerGroup&>(*group).start_timers();
}

ConsumerGroup* ConsumerGroups::find(std::string_view id) const {
    const auto found = groups_.find(id);
    if (found == groups_.end() || found->second->type() != GroupType::kConsumer) return nullptr;
    return static_cast<ConsumerGroup*>(found->second.get());
}

Effects ConsumerGroups::heartbeat(const ConsumerGroupHeartbeatRequest& request,
                                  const ClientIdentity& client, StringArena& strings, Done done) {
    ConsumerGroup* group = find(request.group_id);
    if (request.member_epoch < kJoiningEpoch) {
        if (!group) return refuse(std::move(done), not_found(request.group_id));
        return leave(*group, request, std::move(done));
    }
    if (group) return heartbeat(*group, {}, request, client, strings, std::move(done));
    if (request.member_epoch != kJoiningEpoch)
        return refuse(std::move(done), not_found(request.group_id));
    return found(request, client, strings, std::move(done));
}

/// The first member of a group that is not there yet: its records make the group. A classic group
/// with members is turned into one that has them, too.
Effects ConsumerGroups::found(const ConsumerGroupHeartbeatRequest& request,
                              const ClientIdentity& client, StringArena& strings, Done done) {
    std::vector<CoordinatorRecord> records;
    const auto former = groups_.find(request.group_id);
    if (former != groups_.end()) {
        if (former->second->type() != GroupType::kClassic)
            return refuse(std::move(done), not_found(request.group_id));
        former->second->add_tombstones(records);
        if (!former->second->is_empty()) {
            const auto& classic = static_cast<const ClassicGroup&>(*former->second);
            const auto upgraded = upgrade(classic, context_);
            if (!upgraded) return refuse(std::move(done), upgraded.error());
            MILENA_LOG(Info) << "group " << classic.id() << " becomes a consumer group";
            add_all_records(**upgraded, records);
            return heartbeat(**upgraded, std::move(records), request, client, strings,
                             std::move(done));
        }
    }
    const ConsumerGroup fresh(std::string(request.group_id), context_);
    return heartbeat(fresh, std::move(records), request, client, strings, std::move(done));
}

Effects ConsumerGroups::heartbeat(const ConsumerGroup& group,
                                  std::vector<CoordinatorRecord> records,
                                  const ConsumerGroupHeartbeatRequest& request,
                                  const ClientIdentity& client, StringArena& strings, Done done) {
    if (auto checked = check_size(group, request, context_.options.consumer_max_size); !checked)
        return refuse(std::move(done), checked.error());
    const ConsumerMember* known = group.find(request.member_id);
    ConsumerGroupHeartbeatResponse response;
    response.heartbeat_interval_ms = group.options().heartbeat_interval_ms;
    response.member_id = request.member_id;
    if (known && is_idle(group, *known, request, client)) {
        response.member_epoch = known->epoch;
    } else {
        if (request.member_id.empty())
            response.member_id = strings.own(context_.options.draw_id().to_string());
        ConsumerChange change(group, context_);
        const auto member = change.heartbeat(request, *response.member_id, client);
        if (!member) return refuse(std::move(done), member.error());
        response.member_epoch = member->epoch;
        if (request.member_epoch == kJoiningEpoch || is_full(request) || !known ||
            known->assigned != member->assigned)
            response.assignment = to_assignment(member->assigned);
        std::ranges::move(change.take_records(), std::back_inserter(records));
    }
    group.prolong_session(*response.member_id);
    group.match_regexes_if_due();
    return answer(std::move(done), std::move(response), std::move(records));
}

Effects ConsumerGroups::leave(const ConsumerGroup& group,
                              const ConsumerGroupHeartbeatRequest& request, Done done) {
    const ConsumerMember* member = group.find(request.member_id);
    if (request.instance_id) {
        member = group.find_static(*request.instance_id);
        if (auto checked = check_static(member, *request.instance_id, request.member_id); !checked)
            return refuse(std::move(done), checked.error());
    }
    if (!member)
        return refuse(std::move(done), Error(ErrorCode::UNKNOWN_MEMBER_ID,
                                             "Group " + group.id() + " has no member " +
                                                 std::string(request.member_id) + "."));
    ConsumerGroupHeartbeatResponse response;
    response.member_id = request.member_id;
    response.member_epoch = request.member_epoch;
    if (request.member_epoch == kLeavingEpoch)
        return remove(group, {member->id}, answer(std::move(done), std::move(response)));
    ConsumerChange change(group, context_);
    change.leave_for_now(*member);
    return answer(std::move(done), std::move(response), change.take_records());
}

Effects ConsumerGroups::expire(const ConsumerGroup& group, const std::string& member,
                               size_t timer) {
    MILENA_LOG(Info) << "group " << group.id() << ": member " << member
                     << " was not heard of for too long, and is removed";
    Effects silence;
    silence.otherwise = [this, id = group.id(), member, timer](const Error&) {
        if (const ConsumerGroup* refused = find(id)) refused->expire_again(member, timer);
        return Effects();
    };
    return remove(group, {member}, std::move(silence));
}

/// There may be many topics: they are matched in the background, in the image as it is now.
Effects ConsumerGroups::match_regexes(const ConsumerGroup& group) {
    group.matching_regexes();
    const auto names = std::views::keys(group.subscriptions().regexes());
    Effects effects;
    effects.background.push_back(
        [this, id = group.id(), regexes = std::set<std::string>(names.begin(), names.end()),
         image = context_.topics.image(), generation = context_.topics.generation()] {
            return [this, id, generation, matches = match_topics(regexes, *image)] {
                return take_matches(id, generation, matches);
            };
        });
    return effects;
}

Effects ConsumerGroups::take_matches(const std::string& id, uint64_t generation,
                                     TopicMatches matches) {
    Effects effects;
    const ConsumerGroup* group = find(id);
    if (!group) return effects;
    ConsumerChange change(*group, context_);
    const auto names = std::views::keys(matches.topics);
    const std::set<std::string, std::less<>> regexes(names.begin(), names.end());
    change.resolve(std::move(matches));
    effects.records = change.take_records();
    effects.then = [this, id, generation] {
        if (const ConsumerGroup* matched = find(id)) matched->regexes_matched(generation);
        return Effects();
    };
    effects.otherwise = [this, id, generation, regexes](const Error&) {
        if (const ConsumerGroup* refused = find(id)) refused->regexes_refused(generation, regexes);
        return Effects();
    };
    return effects;
}

}  // namespace milena
