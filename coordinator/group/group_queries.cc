// SPDX-License-Identifier: Apache-2.0
// ListGroups, DescribeGroups and DeleteGroups: questions to many shards, answered together.
#include <algorithm>
#include <unordered_set>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/group_coordinator.h"
#include "coordinator/runtime/gathering.h"
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_groups_response.h"
#include "protocol/messages/describe_groups_request.h"
#include "protocol/messages/describe_groups_response.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"

namespace milena {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

namespace {

constexpr std::string_view kDead = "Dead";
constexpr int16_t kFirstVersionWithNotFound = 6;

std::string lower(std::string_view text) {
    std::string lowered(text);
    for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lowered;
}

/// No filter wants everything; case does not matter.
bool wants(const std::vector<std::string_view>& filter, std::string_view name) {
    if (filter.empty()) return true;
    return std::ranges::find(filter, lower(name), lower) != filter.end();
}

BytesView own(BytesView bytes, StringArena& strings) {
    return as_bytes(strings.own(std::string(as_text(bytes))));
}

void describe_member(const ClassicMember& member, const ClassicGroup& group,
                     DescribeGroupsResponse::DescribedGroupMember& row, StringArena& strings) {
    row.member_id = strings.own(member.id);
    if (member.instance_id) row.group_instance_id = strings.own(*member.instance_id);
    row.client_id = strings.own(member.client_id);
    row.client_host = strings.own(member.client_host);
    row.member_assignment = own(member.assignment, strings);
    if (group.state() != ClassicState::kStable) return;
    if (const Bytes* metadata = member.metadata_of(group.protocol().value_or("")))
        row.member_metadata = own(*metadata, strings);
}

void describe_group(const ClassicGroup& group, DescribeGroupsResponse::DescribedGroup& row,
                    StringArena& strings) {
    row.group_state = group.state_name();
    row.protocol_type = strings.own(std::string(group.protocol_type()));
    if (group.state() == ClassicState::kStable)
        row.protocol_data = strings.own(group.protocol().value_or(""));
    row.members.reserve(group.members().size());
    for (const auto& [id, member] : group.members())
        describe_member(*member, group, row.members.emplace_back(), strings);
}

void describe_missing(int16_t version, DescribeGroupsResponse::DescribedGroup& row,
                      StringArena& strings) {
    row.group_state = kDead;
    if (version < kFirstVersionWithNotFound) return;
    row.error_code = static_cast<int16_t>(ErrorCode::GROUP_ID_NOT_FOUND);
    row.error_message =
        strings.own("there is no classic group '" + std::string(row.group_id) + "'");
}

bool is_wanted(const Group& group, const ListGroupsRequest& request) {
    return wants(request.states_filter, group.state_name()) &&
           wants(request.types_filter, group_type_name(group.type()));
}

void list_group(const Group& group, ListGroupsResponse& response, StringArena& strings) {
    auto& row = response.groups.emplace_back();
    row.group_id = strings.own(group.id());
    row.protocol_type = strings.own(std::string(group.protocol_type()));
    row.group_state = group.state_name();
    row.group_type = group_type_name(group.type());
}

Result<void> remove_group(GroupShard& shard, std::string_view id, Effects& effects) {
    const Group* group = shard.groups().find(id);
    if (!group) return Error(ErrorCode::GROUP_ID_NOT_FOUND);
    if (auto checked = group->check_delete(); !checked) return checked;
    shard.offsets().add_tombstones(id, effects.records);
    group->add_tombstones(effects.records);
    return {};
}

Effects reply_alone(Reply reply) {
    Effects effects;
    effects.replies.push_back(std::move(reply));
    return effects;
}

}  // namespace

void GroupCoordinator::describe(GroupCall call, const DescribeGroupsRequest& request,
                                Done<DescribeGroupsResponse> done) {
    DescribeGroupsResponse response;
    for (std::string_view id : request.groups) response.groups.emplace_back().group_id = id;
    if (request.groups.empty()) return done(response);
    auto gathering = std::make_shared<Gathering<DescribeGroupsResponse>>(
        std::move(response), request.groups.size(), std::move(done));
    constexpr auto kRows = &DescribeGroupsResponse::groups;
    for (size_t i = 0; i < request.groups.size(); ++i)
        submit(
            request.groups[i],
            [=, id = request.groups[i], version = call.version](GroupShard& shard) {
                gathering->fill([&](DescribeGroupsResponse& filled, StringArena& strings) {
                    if (const ClassicGroup* group = shard.groups().find_classic(id))
                        describe_group(*group, filled.groups[i], strings);
                    else
                        describe_missing(version, filled.groups[i], strings);
                });
                return reply_alone(finish_row(gathering, kRows, i));
            },
            fail_row(gathering, kRows, i));
}

void GroupCoordinator::list(GroupCall, const ListGroupsRequest& request,
                            Done<ListGroupsResponse> done) {
    const int32_t shards = runtime_->partition_count();
    if (shards == 0) return done({});
    auto gathering = std::make_shared<Gathering<ListGroupsResponse>>(
        ListGroupsResponse(), static_cast<size_t>(shards), std::move(done));
    const auto list_shard = [gathering, &request](StateMachine& machine) {
        gathering->fill([&](ListGroupsResponse& response, StringArena& strings) {
            if (response.error_code != 0) return;
            for (const auto& [id, group] : static_cast<GroupShard&>(machine).groups().all())
                if (is_wanted(*group, request)) list_group(*group, response, strings);
        });
        return reply_alone([gathering](const Result<void>&) { gathering->finish_part(); });
    };
    const auto fail = [gathering](const Error& error) {
        gathering->finish_part_with([&](ListGroupsResponse& response, StringArena&) {
            if (error.code() == ErrorCode::NOT_COORDINATOR) return;  // another node lists those
            response.groups.clear();
            response.error_code = static_cast<int16_t>(error.code());
        });
    };
    for (int32_t shard = 0; shard < shards; ++shard) runtime_->submit_to(shard, {list_shard, fail});
}

void GroupCoordinator::remove(GroupCall, const DeleteGroupsRequest& request,
                              Done<DeleteGroupsResponse> done) {
    DeleteGroupsResponse response;
    std::unordered_set<std::string_view> named;
    for (std::string_view id : request.groups_names)
        if (named.insert(id).second) response.results.emplace_back().group_id = id;
    if (response.results.empty()) return done(response);
    const auto rows = response.results;
    auto gathering = std::make_shared<Gathering<DeleteGroupsResponse>>(
        std::move(response), rows.size(), std::move(done));
    constexpr auto kRows = &DeleteGroupsResponse::results;
    for (size_t i = 0; i < rows.size(); ++i)
        submit(
            rows[i].group_id,
            [=, id = rows[i].group_id](GroupShard& shard) {
                Effects effects;
                if (auto removed = remove_group(shard, id, effects); !removed)
                    gathering->fill([&](DeleteGroupsResponse& filled, StringArena&) {
                        filled.results[i].error_code = static_cast<int16_t>(removed.error().code());
                    });
                effects.replies.push_back(finish_row(gathering, kRows, i));
                return effects;
            },
            fail_row(gathering, kRows, i));
}

}  // namespace milena
