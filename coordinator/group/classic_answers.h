// SPDX-License-Identifier: Apache-2.0
// Answers of JoinGroup and SyncGroup that own what they say: they leave when the records are
// committed, and by then the group may have moved on.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "coordinator/runtime/state_machine.h"

namespace milena {

namespace protocol {
struct JoinGroupResponse;
struct SyncGroupResponse;
}  // namespace protocol

using JoinDone = std::function<void(const protocol::JoinGroupResponse&)>;
using SyncDone = std::function<void(const protocol::SyncGroupResponse&)>;

/// The defaults are those of an answer with an error.
struct JoinAnswer {
    struct Member {
        std::string id;
        std::optional<std::string> instance_id;
        Bytes metadata;
    };

    ErrorCode error = ErrorCode::NONE;
    std::string member_id;
    int32_t generation = -1;
    /// No name becomes an empty one in versions that know no null.
    std::optional<std::string> protocol_type, protocol_name;
    std::string leader;
    bool skip_assignment = false;
    std::vector<Member> members;  ///< for the leader alone
};

struct SyncAnswer {
    ErrorCode error = ErrorCode::NONE;
    std::optional<std::string> protocol_type, protocol_name;
    Bytes assignment;
};

/// A JoinGroup that waits until the other members join, too.
struct ParkedJoin {
    int16_t version = 0;
    JoinDone done;
};

/// Answers at once.
void answer_now(const ParkedJoin& join, const JoinAnswer& answer);
void answer_now(const SyncDone& done, const SyncAnswer& answer);

/// Answers once the event's records are committed; with the error if they are not.
Reply make_reply(ParkedJoin join, JoinAnswer answer);
Reply make_reply(SyncDone done, SyncAnswer answer);

}  // namespace milena
