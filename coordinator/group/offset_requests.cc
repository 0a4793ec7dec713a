// SPDX-License-Identifier: Apache-2.0
// Requests for offsets, on their way to the shards of their groups.
#include <atomic>
#include <deque>

#include "coordinator/group/group_coordinator.h"

namespace milena {

using namespace protocol;

namespace {

/// An OffsetFetch whose groups are asked at the same time, each on its shard's thread.
struct GroupsFetch {
    GroupsFetch(size_t count, GroupCoordinator::Done<OffsetFetchResponse> answered)
        : strings(count), missing(count), done(std::move(answered)) {
        response.groups.resize(count);
    }
    /// One thread may answer each group, and the last one sends them all.
    void answer(size_t index, OffsetStore::GroupAnswer group) {
        response.groups[index] = std::move(group);
        if (missing.fetch_sub(1, std::memory_order_acq_rel) == 1) done(response);
    }

    OffsetFetchResponse response;
    std::deque<StringArena> strings;  // one a group
    std::atomic<size_t> missing;
    const GroupCoordinator::Done<OffsetFetchResponse> done;
};

OffsetStore::GroupAnswer refused_group(std::string_view id, const Error& error) {
    OffsetStore::GroupAnswer answer;
    answer.group_id = id;
    answer.error_code = static_cast<int16_t>(error.code());
    return answer;
}

}  // namespace

void GroupCoordinator::commit_offsets(GroupCall call, const OffsetCommitRequest& request,
                                      Done<OffsetCommitResponse> done) {
    submit(
        request.group_id,
        [&request, version = call.version, done](GroupShard& shard) {
            return shard.offsets().commit(request, version, done);
        },
        [&request, done](const Error& error) { done(refused(request, error.code())); });
}

void GroupCoordinator::commit_transactional_offsets(GroupCall call,
                                                    const TxnOffsetCommitRequest& request,
                                                    std::optional<VerificationGuard> guard,
                                                    Done<TxnOffsetCommitResponse> done) {
    submit(
        request.group_id,
        [&request, version = call.version, guard, done](GroupShard& shard) {
            Effects effects = shard.offsets().commit(request, version, done);
            effects.guard = guard;
            return effects;
        },
        [&request, done](const Error& error) { done(refused(request, error.code())); });
}

void GroupCoordinator::delete_offsets(GroupCall, const OffsetDeleteRequest& request,
                                      Done<OffsetDeleteResponse> done) {
    if (request.group_id.empty()) return done(refused(request, ErrorCode::INVALID_GROUP_ID));
    submit(
        request.group_id,
        [&request, done](GroupShard& shard) { return shard.offsets().remove(request, done); },
        [&request, done](const Error& error) { done(refused(request, error.code())); });
}

void GroupCoordinator::fetch_offsets(GroupCall, const OffsetFetchRequest& request,
                                     Done<OffsetFetchResponse> done) {
    const size_t count = request.groups.size();  // the last answer may be the request's end
    if (count == 0) return done({});
    auto fetch = std::make_shared<GroupsFetch>(count, std::move(done));
    for (size_t index = 0; index < count; ++index) {
        const auto& group = request.groups[index];
        submit(
            group.group_id,
            [fetch, index, &group, stable = request.require_stable](GroupShard& shard) {
                Effects effects;
                effects.replies.push_back(
                    [fetch, index, id = group.group_id,
                     answer = shard.offsets().fetch(group, stable, fetch->strings[index])](
                        const Result<void>& committed) mutable {
                        fetch->answer(index, committed ? std::move(answer)
                                                       : refused_group(id, committed.error()));
                    });
                return effects;
            },
            [fetch, index, id = group.group_id](const Error& error) {
                fetch->answer(index, refused_group(id, error));
            });
    }
}

}  // namespace milena
