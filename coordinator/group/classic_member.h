// SPDX-License-Identifier: Apache-2.0
// One member of a classic group.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "coordinator/group/classic_answers.h"
#include "coordinator/runtime/timers.h"

namespace milena {

/// A way to share the work that a member knows, and what it says to the leader about it.
struct ClassicProtocol {
    std::string name;
    Bytes metadata;
    bool operator==(const ClassicProtocol&) const = default;
};

struct ClassicMember {
    ClassicMember(TimerQueue& timers, std::function<Effects(ClassicMember&)> on_session_end)
        : session(timers, [this, task = std::move(on_session_end)] { return task(*this); }) {}

    std::string id;
    std::optional<std::string> instance_id;  ///< of a static member
    std::string client_id, client_host;
    int32_t session_timeout_ms = 0, rebalance_timeout_ms = 0;
    std::vector<ClassicProtocol> protocols;  ///< best first, each name once
    Bytes assignment;

    // What no record tells.

    uint64_t seniority = 0;  ///< the smaller, the longer in the group
    bool is_new = false;     ///< it has not seen the end of its first rebalance
    bool owes_sync = false;  ///< it was told the generation and has not sent SyncGroup since
    std::optional<ParkedJoin> join;
    std::optional<SyncDone> sync;
    StateTimer session;

    bool is_static() const { return instance_id.has_value(); }
    /// It waits for an answer, so there is nothing that it could send.
    bool may_be_silent() const { return !is_new && (join || sync); }
    /// Null if it does not know the protocol.
    const Bytes* metadata_of(std::string_view protocol) const;
};

}  // namespace milena
