// SPDX-License-Identifier: Apache-2.0
// ListOffsets: the first offset at or after a time, or one of the special places in a partition.
//
// Behaviour
// - Timestamps: -1 end of what the client may read, -2 log start, -3 record with the largest
//   timestamp, -4 log start on this broker's disk, -5 last offset in remote storage, -6 first one
//   not yet there. Without remote storage -4 is -2, and -5 and -6 find nothing.
// - Nothing found is no error: offset, timestamp and leader epoch are -1.
// - Consumers (replica -1) see up to the high watermark or, isolated, the last stable offset;
//   others up to the log end. Replica -2 is a debugger, which may ask followers too.
// - A partition that is asked for twice is answered once, with INVALID_REQUEST.
//
// Versions
// - v0 answers with a list of offsets, here of one at most; Apache Kafka before 4.0 added starts of
//   segments if the client wanted more, which no client did.
// - v1: one offset with its timestamp.
// - v2 isolation level. v4 leader epochs, asked and answered. v10 timeout, of remote storage alone.
// - Special timestamps that the version doesn't know are UNSUPPORTED_VERSION: -3 is known from v7,
//   -4 from v8, -5 from v9, -6 from v11.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "protocol/messages/list_offsets_request.h"
#include "protocol/messages/list_offsets_response.h"
#include "server/handlers/handlers.h"
#include "server/handlers/partition_lookup.h"

namespace milena {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using Found = std::optional<TimestampedOffset>;

namespace {

constexpr int64_t kLatest = -1, kEarliest = -2, kMaxTimestamp = -3, kEarliestLocal = -4,
                  kLatestTiered = -5, kEarliestPendingUpload = -6;
constexpr int32_t kConsumer = -1, kDebugger = -2;

/// First version that knows the special timestamp; nothing if none does.
std::optional<int16_t> first_version(int64_t timestamp) {
    switch (timestamp) {
        case kLatest:
        case kEarliest:
            return 0;
        case kMaxTimestamp:
            return 7;
        case kEarliestLocal:
            return 8;
        case kLatestTiered:
            return 9;
        case kEarliestPendingUpload:
            return 11;
        default:
            return std::nullopt;
    }
}

bool is_supported(int64_t timestamp, int16_t version) {
    if (timestamp >= 0) return true;
    const auto first = first_version(timestamp);
    return first && version >= *first;
}

/// Whether it takes reading records.
bool searches(int64_t timestamp) { return timestamp >= 0 || timestamp == kMaxTimestamp; }

class Answer {
  public:
    Answer(const Broker& broker, const Call<ListOffsetsRequest>& call)
        : broker_(broker), call_(call), image_(broker.image()) {}

    void send() {
        find_duplicates();
        for (const auto& topic : call_->topics)
            for (const auto& partition : topic.partitions) add(topic.name, partition);
        call_.respond(response_);
    }

  private:
    using AskedPartition = ListOffsetsRequest::ListOffsetsPartition;
    using Key = std::pair<std::string_view, int32_t>;

    void find_duplicates() {
        std::set<Key> seen;
        for (const auto& topic : call_->topics)
            for (const auto& partition : topic.partitions) {
                const Key key{topic.name, partition.partition_index};
                if (!seen.insert(key).second) duplicates_.emplace(key, false);
            }
    }

    /// Whether a partition that is asked for more than once was answered before.
    bool is_answered(const Key& key) {
        const auto duplicate = duplicates_.find(key);
        return duplicate != duplicates_.end() && std::exchange(duplicate->second, true);
    }

    auto& partitions_of(std::string_view topic) {
        const auto [position, is_new] = topic_index_.try_emplace(topic, response_.topics.size());
        if (is_new) response_.topics.emplace_back().name = topic;
        return response_.topics[position->second].partitions;
    }

    void add(std::string_view topic, const AskedPartition& asked) {
        if (is_answered({topic, asked.partition_index})) return;
        auto& partition = partitions_of(topic).emplace_back();
        partition.partition_index = asked.partition_index;
        const Result<Found> found = look_up(topic, asked);
        if (!found)
            partition.error_code = static_cast<int16_t>(wire_code(found.error().code()));
        else if (*found)
            fill(**found, asked.max_num_offsets, partition);
    }

    void fill(const TimestampedOffset& found, int32_t wanted_v0,
              ListOffsetsResponse::ListOffsetsPartitionResponse& partition) const {
        if (call_.version() == 0) {
            if (wanted_v0 > 0) partition.old_style_offsets = {found.offset.value};
            return;
        }
        partition.offset = found.offset.value;
        partition.timestamp = found.timestamp.value;
        partition.leader_epoch = found.leader_epoch.value;
    }

    ErrorCode wire_code(ErrorCode code) const {
        const bool unknown_to_client =
            code == ErrorCode::OFFSET_NOT_AVAILABLE && call_.version() < 5;
        return unknown_to_client ? ErrorCode::LEADER_NOT_AVAILABLE : code;
    }

    Result<Found> look_up(std::string_view topic, const AskedPartition& asked) const {
        if (duplicates_.contains({topic, asked.partition_index}))
            return Error(ErrorCode::INVALID_REQUEST, "the partition is asked for twice");
        if (!is_supported(asked.timestamp, call_.version()))
            return Error(ErrorCode::UNSUPPORTED_VERSION, "unknown special timestamp");
        if (!is_isolation_level(call_->isolation_level))  // Kafka has no better code for it
            return Error(ErrorCode::UNKNOWN_SERVER_ERROR, "unknown isolation level");
        auto partition = find_partition(broker_, *image_, topic, asked.partition_index);
        if (!partition) return partition.error();
        if (call_->replica_id != kDebugger) {
            auto leads = (*partition)->check_leader(LeaderEpoch(asked.current_leader_epoch));
            if (!leads) return leads.error();
        }
        return find_offset(**partition, asked.timestamp);
    }

    Offset end_of(const Partition& partition) const {
        if (call_->replica_id != kConsumer) return partition.log()->log_end_offset();
        return partition.readable_end(static_cast<Isolation>(call_->isolation_level));
    }

    Result<Found> find_offset(const Partition& partition, int64_t timestamp) const {
        Log& log = *partition.log();
        switch (timestamp) {
            case kLatest:
                return Found({end_of(partition), kNoTimestamp, partition.leader_epoch()});
            case kEarliest:
            case kEarliestLocal: {
                const Offset start = log.log_start_offset();
                return Found({start, kNoTimestamp, log.epoch_of(start).value_or(kNoLeaderEpoch)});
            }
            case kLatestTiered:
            case kEarliestPendingUpload:
                return Found();
            case kMaxTimestamp:
                return bounded(log.offset_of_max_timestamp(), end_of(partition));
            default:
                return bounded(log.offset_for_timestamp(TimestampMs(timestamp)), end_of(partition));
        }
    }

    static Result<Found> bounded(Result<Found> found, Offset end) {
        if (found && *found && (*found)->offset >= end) return Found();
        return found;
    }

    const Broker& broker_;
    const Call<ListOffsetsRequest>& call_;
    MetadataImagePtr image_;
    std::map<Key, bool> duplicates_;  // partitions asked for more than once: answered?
    std::map<std::string_view, size_t> topic_index_;
    ListOffsetsResponse response_;
};

}  // namespace

void handle_list_offsets(Broker& broker, Call<ListOffsetsRequest> call) {
    const bool reads_records = std::ranges::any_of(call->topics, [](const auto& topic) {
        return std::ranges::any_of(topic.partitions,
                                   [](const auto& asked) { return searches(asked.timestamp); });
    });
    const auto answer = [&broker, call] { Answer(broker, call).send(); };
    if (reads_records)
        broker.pool.run(answer);  // the records may be on a cold disk
    else
        answer();
}

}  // namespace milena
