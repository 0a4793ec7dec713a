// SPDX-License-Identifier: Apache-2.0
// Committed offsets by group, topic and partition, with those that wait for the end of a
// transaction.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/strings.h"

namespace milena {

struct CommittedOffset {
    Offset offset;
    LeaderEpoch leader_epoch{kNoLeaderEpoch};
    std::string metadata;
    TimestampMs committed_at;
    TimestampMs expires_at{kNoTimestamp};  ///< kNoTimestamp: with its group
    Uuid topic_id;                         ///< zero: not known
    Offset record;                         ///< where in the log it stands

    bool operator==(const CommittedOffset&) const = default;
};

/// Counts when its producer's transaction is committed, and unless a younger one counts by then.
struct PendingOffset {
    ProducerId producer;
    CommittedOffset offset;
    bool operator==(const PendingOffset&) const = default;
};

/// Never without both.
struct PartitionOffsets {
    std::optional<CommittedOffset> committed;
    std::vector<PendingOffset> pending;  ///< at most one a producer
    bool operator==(const PartitionOffsets&) const = default;
};

using TopicOffsets = boost::unordered_flat_map<int32_t, PartitionOffsets>;
using GroupOffsets = std::unordered_map<std::string, TopicOffsets, TextHash, std::equal_to<>>;

class OffsetTable {
  public:
    using Groups = std::unordered_map<std::string, GroupOffsets, TextHash, std::equal_to<>>;

    void commit(std::string_view group, std::string_view topic, int32_t partition,
                CommittedOffset offset);
    void add_pending(ProducerId producer, std::string_view group, std::string_view topic,
                     int32_t partition, CommittedOffset offset);
    /// Forgets what is committed and what is pending.
    void erase(std::string_view group, std::string_view topic, int32_t partition);
    void end_transaction(ProducerId producer, bool committed);

    /// Groups and topics without offsets are not there.
    const Groups& groups() const { return groups_; }
    /// Null if there are no offsets. Valid until the next change.
    const GroupOffsets* find(std::string_view group) const;
    const PartitionOffsets* find(std::string_view group, std::string_view topic,
                                 int32_t partition) const;

    bool operator==(const OffsetTable& other) const { return groups_ == other.groups_; }

  private:
    /// Where a producer has a pending offset. What it points to stays while the offset is pending.
    struct Place {
        Groups::value_type* group;
        GroupOffsets::value_type* topic;
        int32_t partition;
        bool operator==(const Place&) const = default;
    };

    Place place(std::string_view group, std::string_view topic, int32_t partition);
    void forget_if_empty(const Place& place);

    Groups groups_;
    std::unordered_map<ProducerId, std::vector<Place>> open_;
};

}  // namespace milena
