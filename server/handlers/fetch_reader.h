// SPDX-License-Identifier: Apache-2.0
// Fetch's reading: from what is wanted to what is there. No session, no waiting.
#pragma once

#include <memory>
#include <vector>

#include "protocol/messages/fetch_response.h"
#include "server/broker.h"
#include "server/fetch_sessions.h"

namespace milena {

struct FetchLimits {
    int64_t bytes_max = 0;  ///< of the whole answer; the first batch may be larger
    Isolation isolation = Isolation::kReadUncommitted;
    bool from_follower = false;
};

/// One target's answer, and where it came from.
struct FetchedPartition {
    protocol::FetchResponse::PartitionData answer;
    std::shared_ptr<Partition> partition;      ///< null if it was not found
    LeaderEpoch leader_epoch{kNoLeaderEpoch};  ///< the partition's, before it was read
};

struct FetchedAll {
    std::vector<FetchedPartition> partitions;  ///< one a target, in their order
    int64_t bytes = 0;
    /// Waiting is pointless: some partition failed, or the client's log diverged.
    bool must_answer = false;
};

/// Bounds by bytes as Kafka's: partitions are read in order until `bytes_max` is used up; the
/// first batch found is returned even if it is larger.
FetchedAll read_all(const Broker& broker, const MetadataImage& image,
                    const std::vector<FetchTarget>& targets, const FetchLimits& limits);

/// Whether another read of `fetched` would find something else. REQUIRES: it has a partition.
bool has_news(const FetchedPartition& fetched, Isolation isolation);

/// Reads those again that have news; all were read, and found, before.
void read_news(const Broker& broker, const MetadataImage& image,
               const std::vector<FetchTarget>& targets, const FetchLimits& limits, FetchedAll& all);

/// The topic that a target names, or null.
const TopicState* topic_of(const MetadataImage& image, const FetchTarget& target);

}  // namespace milena
