// SPDX-License-Identifier: Apache-2.0
// A partition on this node: its log plus its part in the cluster (leader or follower, epochs, who
// waits for it).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cluster/metadata_image.h"
#include "storage/log.h"

namespace milena {

enum class Isolation : int8_t { kReadUncommitted = 0, kReadCommitted = 1 };
/// Whether a number that a client sent is one of them.
inline bool is_isolation_level(int8_t level) {
    return level == static_cast<int8_t>(Isolation::kReadUncommitted) ||
           level == static_cast<int8_t>(Isolation::kReadCommitted);
}

/// Somebody parked on partitions (a long-polling fetch, ...). wake() may come from any thread, also
/// when nothing changed, must return at once and must not call back into the partition.
class PartitionWaiter {
  public:
    virtual ~PartitionWaiter() = default;
    virtual void wake() = 0;
};

struct FetchData {
    LogRead read;
    Offset high_watermark;
    Offset last_stable_offset;
    Offset log_start_offset;
};

/// Thread safe.
class Partition {
  public:
    virtual ~Partition() = default;

    virtual const std::string& topic() const = 0;
    virtual TopicPartition id() const = 0;
    virtual bool is_leader() const = 0;
    virtual LeaderEpoch leader_epoch() const = 0;
    virtual const std::shared_ptr<Log>& log() const = 0;

    /// KIP-320: -1 means the client doesn't know. FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH or
    /// NOT_LEADER_OR_FOLLOWER.
    virtual Result<void> check_leader(LeaderEpoch current_known_to_client) const = 0;

    /// Produce. `acks` -1 is refused with NOT_ENOUGH_REPLICAS below min.insync.replicas.
    virtual Result<AppendInfo> append_as_leader(MutableBytesView batches, int16_t acks,
                                                const AppendSource& source,
                                                std::vector<RecordError>* record_errors) = 0;
    /// Calls `done` once what `info` says may be acknowledged: committed by the ISR (acks -1), on
    /// the device if the topic wants that. Calls at once, in the caller, if so already; else later
    /// from any thread. The caller keeps the time limit.
    virtual void when_acknowledgeable(const AppendInfo& info, int16_t acks,
                                      std::function<void(Result<void>)> done) = 0;

    /// Fetch by a consumer, bounded by the high watermark or the last stable offset.
    virtual Result<FetchData> fetch(Offset from, int64_t max_bytes, Isolation isolation,
                                    bool at_least_one) = 0;
    /// The exclusive bound of what `isolation` may read.
    virtual Offset readable_end(Isolation isolation) const = 0;

    /// Wakes `waiter` whenever readable_end, leadership or existence changes. Held weakly.
    virtual void add_waiter(std::weak_ptr<PartitionWaiter> waiter) = 0;
    virtual void remove_waiter(const PartitionWaiter* waiter) = 0;
};

/// The partitions that this node hosts; follows the metadata image. Thread safe, look-up is cheap
/// from every core.
class PartitionTable {
  public:
    virtual ~PartitionTable() = default;
    /// Null if this node has no replica of it.
    virtual std::shared_ptr<Partition> find(const TopicPartition& id) const = 0;
};

}  // namespace milena
