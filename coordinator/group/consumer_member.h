// SPDX-License-Identifier: Apache-2.0
// One member of a consumer group: what it said, and how far it is with its assignment.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "coordinator/group/consumer_assignor.h"

namespace milena {

namespace protocol {
struct ConsumerGroupMemberMetadataValue;
struct ConsumerGroupCurrentMemberAssignmentValue;
}  // namespace protocol

/// Partitions that a member owns, each with the epoch in which it was assigned.
using OwnedPartitions = std::map<Uuid, std::map<int32_t, int32_t>>;

/// As records number them.
enum class MemberState : int8_t {
    kStable = 0,      ///< it has what it was to have in its epoch
    kUnrevoked = 1,   ///< it has to give partitions up, and has not said yet that it did
    kUnreleased = 2,  ///< it waits for partitions that others have to give up
    kUnknown = 127,   ///< written by a later release
};

/// The epochs that mean more than a number.
inline constexpr int32_t kJoiningEpoch = 0;
inline constexpr int32_t kLeavingEpoch = -1;
inline constexpr int32_t kStaticLeavingEpoch = -2;

/// Of a member that speaks the classic protocol (KIP-848's online migration).
struct ClassicSide {
    struct Protocol {
        std::string name;
        Bytes metadata;
        bool operator==(const Protocol&) const = default;
    };
    int32_t session_timeout_ms = 0;
    std::vector<Protocol> protocols;
    bool operator==(const ClassicSide&) const = default;
};

struct ConsumerMember {
    std::string id;
    int32_t epoch = 0;
    int32_t previous_epoch = -1;
    MemberState state = MemberState::kStable;
    std::optional<std::string> instance_id;  ///< of a static member
    std::optional<std::string> rack_id;
    int32_t rebalance_timeout_ms = -1;
    std::string client_id, client_host;
    std::vector<std::string> topics;  ///< sorted, each once
    std::string regex;                ///< empty: none
    std::optional<std::string> assignor;
    OwnedPartitions assigned;
    OwnedPartitions pending_revocation;
    std::optional<ClassicSide> classic;

    bool operator==(const ConsumerMember&) const = default;

    bool is_classic() const { return classic.has_value(); }
    bool is_reconciled_to(int32_t target_epoch) const {
        return state == MemberState::kStable && epoch == target_epoch;
    }
    /// The epoch in which the partition was assigned to it, if it owns it or has to give it up.
    std::optional<int32_t> epoch_of(const Uuid& topic, int32_t partition) const;

    void move_to_epoch(int32_t next) { previous_epoch = std::exchange(epoch, next); }
    /// What a record says.
    void apply(const protocol::ConsumerGroupMemberMetadataValue& value);
    void apply(const protocol::ConsumerGroupCurrentMemberAssignmentValue& value);
};

/// Sorted, each once.
std::vector<std::string> to_topic_names(const std::vector<std::string_view>& names);
bool owns(const OwnedPartitions& owned, const Uuid& topic, int32_t partition);

}  // namespace milena
