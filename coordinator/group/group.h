// SPDX-License-Identifier: Apache-2.0
// What all kinds of groups have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/strings.h"
#include "coordinator/runtime/record.h"

namespace milena {

/// As ListGroups names them.
enum class GroupType { kClassic, kConsumer, kShare, kStreams };
std::string_view group_type_name(GroupType type);

/// Who commits or fetches offsets, as the request says it.
struct OffsetCaller {
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    /// Generation of a classic group, epoch of a member of a consumer group.
    int32_t generation_or_epoch = -1;
    int16_t version = 0;
    bool transactional = false;
};

/// One group, of whatever protocol. Belongs to its shard's event queue.
class Group {
  public:
    explicit Group(std::string id) : id_(std::move(id)) {}
    virtual ~Group() = default;

    const std::string& id() const { return id_; }
    virtual GroupType type() const = 0;
    /// The state's name in ListGroups and DescribeGroups: "Stable", "Empty", ...
    virtual std::string_view state_name() const = 0;
    virtual std::string_view protocol_type() const = 0;
    virtual bool is_empty() const = 0;

    /// OffsetCommit and TxnOffsetCommit: UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID,
    /// REBALANCE_IN_PROGRESS, STALE_MEMBER_EPOCH, ... May prolong the member's session.
    virtual Result<void> check_offset_commit(const OffsetCaller& caller) = 0;
    /// Of one partition, after check_offset_commit(): a member that is behind its epoch may commit
    /// what it had then. STALE_MEMBER_EPOCH, ILLEGAL_GENERATION.
    virtual Result<void> check_partition_commit(const OffsetCaller&, const TopicPartition&) const {
        return {};
    }
    /// OffsetFetch by a member (consumer protocol; others may ask for every group, without an id).
    virtual Result<void> check_offset_fetch(std::optional<std::string_view> member_id,
                                            int32_t member_epoch) = 0;
    /// OffsetDelete: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP.
    virtual Result<void> check_offset_delete() const = 0;
    /// DeleteGroups: GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP.
    virtual Result<void> check_delete() const = 0;
    /// Offsets of topics that members consume are neither deleted nor expired.
    virtual bool is_subscribed_to(std::string_view topic) const = 0;
    /// From when on offsets without an expiry of their own grow old (KIP-211): when the group
    /// became empty, or when they were committed; nothing: they do not expire now.
    virtual std::optional<TimestampMs> offsets_idle_since(TimestampMs committed) const = 0;
    /// Appends what makes the group go; its offsets are another's to delete.
    virtual void add_tombstones(std::vector<CoordinatorRecord>& to) const = 0;

  private:
    const std::string id_;
};

/// By id, in no order.
using GroupMap = std::unordered_map<std::string, std::unique_ptr<Group>, TextHash, std::equal_to<>>;

}  // namespace milena
