// SPDX-License-Identifier: Apache-2.0
// Fetch sessions (KIP-227): the broker remembers what a client fetches, so that requests and
// answers carry only what changed.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/fetch_response.h"

namespace milena {

/// One partition that a request, or its session, wants.
struct FetchTarget {
    /// Null where the topic is given by id (v13+).
    std::shared_ptr<const std::string> topic;
    Uuid topic_id;
    int32_t partition = -1;
    Offset offset;
    int32_t bytes_max = 0;
    LeaderEpoch current_leader_epoch{-1};
    LeaderEpoch last_fetched_epoch{-1};
};

class FetchSession {
  public:
    FetchSession(int32_t id, bool by_topic_id, SteadyTime now)
        : id_(id), by_topic_id_(by_topic_id), created_(now), last_used_(now) {}

    int32_t id() const { return id_; }

    /// What to leave out of an answer to an incremental fetch, and where to begin next time, so
    /// that partitions with much data don't starve the others. `answer` is one partition's.
    bool must_tell(const FetchTarget& target, const protocol::FetchResponse::PartitionData& answer,
                   bool incremental);

  private:
    friend class FetchSessions;

    struct Key {
        std::string topic;
        Uuid topic_id;
        int32_t partition;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        size_t operator()(const Key& key) const;
    };
    struct Entry {
        FetchTarget target;
        int64_t told_high_watermark = -1;
        int64_t told_log_start = -1;
    };

    void update(const protocol::FetchRequest& request);
    void set(FetchTarget target);
    void forget(const Key& key);
    std::vector<FetchTarget> targets() const;
    static Key key_of(const FetchTarget& target);

    const int32_t id_;
    const bool by_topic_id_;
    const SteadyTime created_;

    std::mutex mutex_;  // guards the rest
    SteadyTime last_used_;
    int32_t next_epoch_ = 1;
    std::list<Entry> entries_;
    std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> index_;
};

/// What one Fetch request asks for.
struct FetchPlan {
    std::shared_ptr<FetchSession> session;  ///< null: none
    bool incremental = false;
    std::vector<FetchTarget> targets;
};

/// Thread safe.
class FetchSessions {
  public:
    /// Younger sessions give way to nobody.
    static constexpr std::chrono::seconds kEvictionAge{120};
    /// Whoever fetches more partitions has no session.
    static constexpr size_t kPartitionsPerSessionMax = 100'000;

    FetchSessions(size_t sessions_max, const Clock& clock)
        : sessions_max_(sessions_max), clock_(clock) {}

    /// FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH or FETCH_SESSION_TOPIC_ID_ERROR.
    Result<FetchPlan> plan(const protocol::FetchRequest& request, int16_t version);
    size_t size() const;

  private:
    std::shared_ptr<FetchSession> create(const std::vector<FetchTarget>& targets, bool by_topic_id);
    Result<FetchPlan> next_of(const protocol::FetchRequest& request, bool by_topic_id);
    void remove(int32_t id);
    /// Whether there is room for one of `partitions`. REQUIRES: mutex_ held.
    bool make_room(size_t partitions, SteadyTime now);

    const size_t sessions_max_;
    const Clock& clock_;
    mutable std::mutex mutex_;  // taken before a session's own
    std::unordered_map<int32_t, std::shared_ptr<FetchSession>> sessions_;
};

}  // namespace milena
