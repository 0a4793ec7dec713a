// SPDX-License-Identifier: Apache-2.0
// Committed offsets of the groups of one shard, and those of transactions that are still open.
#pragma once

#include "base/strings.h"
#include "coordinator/group/group_table.h"
#include "coordinator/group/offset_table.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_delete_response.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/offset_fetch_response.h"
#include "protocol/messages/txn_offset_commit_request.h"
#include "protocol/messages/txn_offset_commit_response.h"

namespace milena {

/// Requests outlive their effects. Answers borrow from them.
class OffsetStore {
  public:
    using GroupRequest = protocol::OffsetFetchRequest::OffsetFetchRequestGroup;
    using GroupAnswer = protocol::OffsetFetchResponse::OffsetFetchResponseGroup;
    template <class Response>
    using Answered = std::function<void(Response)>;

    /// All outlive it.
    OffsetStore(const GroupOptions& options, TimerQueue& timers, GroupTable& groups);

    /// An offset (kinds 0 and 1).
    void replay(int16_t kind, const ReplayedRecord& record);
    void end_transaction(ProducerId producer, bool committed);
    Effects on_loaded();
    /// Offsets of topics that are deleted while we look are deleted, too.
    Effects on_image(const MetadataImagePtr& image);

    /// Whoever commits under a generation or epoch must be a member; without one, a group without
    /// members is made. Topics have their ids, if these are known.
    Effects commit(const protocol::OffsetCommitRequest& request, int16_t version,
                   Answered<protocol::OffsetCommitResponse> done);
    Effects commit(const protocol::TxnOffsetCommitRequest& request, int16_t version,
                   Answered<protocol::TxnOffsetCommitResponse> done);
    Effects remove(const protocol::OffsetDeleteRequest& request,
                   Answered<protocol::OffsetDeleteResponse> done);
    /// Topics by name; if an id is there, too, an offset of another id is none. Strings of the
    /// store are copied to `strings`.
    GroupAnswer fetch(const GroupRequest& request, bool require_stable, StringArena& strings) const;

    /// Appends the tombstones of all offsets of `group`, for its deletion.
    void add_tombstones(std::string_view group, std::vector<CoordinatorRecord>& to) const;
    /// Deletes what is too old (KIP-211), and groups that have neither members nor offsets.
    Effects expire() const;

    const OffsetTable& table() const { return table_; }

  private:
    template <class Request>
    Result<void> check_commit(const Request& request, const OffsetCaller& caller,
                              int16_t first_version_of_unknown_groups) const;
    template <class Topic, class Response>
    void commit_topic(std::string_view group, const Topic& topic, TimestampMs expires_at,
                      Response& response, Effects& effects) const;
    bool is_metadata_too_large(std::optional<std::string_view> metadata) const;

    void fetch_all(bool require_stable, const GroupOffsets& offsets, StringArena& strings,
                   GroupAnswer& answer) const;

    bool add_expired(const Group& group, std::vector<CoordinatorRecord>& to) const;
    void add_deleted(const MetadataImage& before, const MetadataImage& now,
                     std::vector<CoordinatorRecord>& to) const;

    const GroupOptions& options_;
    TimerQueue& timers_;
    GroupTable& groups_;
    MetadataImagePtr image_;
    OffsetTable table_;
    StateTimer expiry_timer_;
};

CoordinatorRecord offset_tombstone(std::string_view group, std::string_view topic,
                                   int32_t partition);

/// All of a request's partitions with one error.
protocol::OffsetCommitResponse refused(const protocol::OffsetCommitRequest& request, ErrorCode);
protocol::TxnOffsetCommitResponse refused(const protocol::TxnOffsetCommitRequest& request,
                                          ErrorCode);
protocol::OffsetDeleteResponse refused(const protocol::OffsetDeleteRequest& request, ErrorCode);

}  // namespace milena
