// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/fetch_reader.h"

#include <algorithm>

namespace milena {

namespace {

using PartitionAnswer = protocol::FetchResponse::PartitionData;

Result<std::shared_ptr<Partition>> find(const Broker& broker, const MetadataImage& image,
                                        const FetchTarget& target) {
    const TopicState* topic = topic_of(image, target);
    if (!topic)
        return Error(target.topic ? ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
                                  : ErrorCode::UNKNOWN_TOPIC_ID);
    if (target.partition < 0 || static_cast<size_t>(target.partition) >= topic->partitions.size())
        return Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    auto partition = broker.partitions.find(TopicPartition{topic->id, target.partition});
    if (!partition) return Error(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    return partition;
}

/// KIP-595: where the log of somebody who has read up to `target` parts from ours.
Result<bool> find_divergence(const Partition& partition, const FetchTarget& target,
                             PartitionAnswer& answer) {
    if (target.last_fetched_epoch == kNoLeaderEpoch) return false;
    auto [epoch, end] = partition.log()->end_offset_for_epoch(target.last_fetched_epoch);
    if (epoch == kNoLeaderEpoch || end == kNoOffset) return Error(ErrorCode::OFFSET_OUT_OF_RANGE);
    if (epoch >= target.last_fetched_epoch && end >= target.offset) return false;
    answer.diverging_epoch.epoch = epoch.value;
    answer.diverging_epoch.end_offset = end.value;
    return true;
}

void fill(PartitionAnswer& answer, FetchData data, Isolation isolation) {
    answer.high_watermark = data.high_watermark.value;
    answer.last_stable_offset = data.last_stable_offset.value;
    answer.log_start_offset = data.log_start_offset.value;
    if (isolation == Isolation::kReadCommitted) {
        auto& aborted = answer.aborted_transactions.emplace();
        for (const auto& [producer, first] : data.read.aborted) {
            auto& row = aborted.emplace_back();
            row.producer_id = producer.value;
            row.first_offset = first.value;
        }
    }
    if (data.read.records.length > 0)
        answer.records = protocol::Records(std::vector<FileSlice>{std::move(data.read.records)});
}

Result<void> read_one(Partition& partition, const FetchTarget& target, const FetchLimits& limits,
                      int64_t bytes_left, bool at_least_one, PartitionAnswer& answer) {
    if (limits.from_follower) return Error(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    if (auto leads = partition.check_leader(target.current_leader_epoch); !leads) return leads;
    auto diverges = find_divergence(partition, target, answer);
    if (!diverges) return diverges.error();
    if (*diverges) {
        const Log& log = *partition.log();
        fill(answer, {{}, log.high_watermark(), log.last_stable_offset(), log.log_start_offset()},
             limits.isolation);
        return {};
    }
    auto data = partition.fetch(target.offset, std::clamp<int64_t>(target.bytes_max, 0, bytes_left),
                                limits.isolation, at_least_one);
    if (!data) return data.error();
    fill(answer, std::move(*data), limits.isolation);
    return {};
}

/// Into `fetched`, with what is left of the limits; adds to the sums in `all`.
void read_target(const Broker& broker, const MetadataImage& image, const FetchTarget& target,
                 const FetchLimits& limits, FetchedPartition& fetched, FetchedAll& all) {
    auto& [answer, partition, leader_epoch] = fetched;
    answer.partition_index = target.partition;
    answer.high_watermark = -1;
    answer.records = protocol::Records(BytesView());
    auto found = find(broker, image, target);
    Result<void> result = {};
    if (found) {
        partition = std::move(*found);
        leader_epoch = partition->leader_epoch();
        answer.aborted_transactions.reset();  // but with read_committed
        result =
            read_one(*partition, target, limits, std::max<int64_t>(limits.bytes_max - all.bytes, 0),
                     all.bytes == 0, answer);
    } else {
        result = found.error();
    }
    if (!result) answer.error_code = static_cast<int16_t>(result.error().code());
    all.must_answer |= !result || answer.diverging_epoch.epoch != -1;
    all.bytes += static_cast<int64_t>(answer.records.size());
}

}  // namespace

const TopicState* topic_of(const MetadataImage& image, const FetchTarget& target) {
    return target.topic ? image.topic(*target.topic) : image.topic(target.topic_id);
}

FetchedAll read_all(const Broker& broker, const MetadataImage& image,
                    const std::vector<FetchTarget>& targets, const FetchLimits& limits) {
    FetchedAll all;
    all.partitions.resize(targets.size());
    for (size_t i = 0; i < targets.size(); ++i)
        read_target(broker, image, targets[i], limits, all.partitions[i], all);
    return all;
}

bool has_news(const FetchedPartition& fetched, Isolation isolation) {
    const auto& [answer, partition, leader_epoch] = fetched;
    int64_t seen =
        isolation == Isolation::kReadCommitted ? answer.last_stable_offset : answer.high_watermark;
    return partition->readable_end(isolation).value != seen || !partition->is_leader() ||
           partition->leader_epoch() != leader_epoch;
}

void read_news(const Broker& broker, const MetadataImage& image,
               const std::vector<FetchTarget>& targets, const FetchLimits& limits,
               FetchedAll& all) {
    for (size_t i = 0; i < targets.size(); ++i) {
        FetchedPartition& fetched = all.partitions[i];
        if (!has_news(fetched, limits.isolation)) continue;
        all.bytes -= static_cast<int64_t>(fetched.answer.records.size());
        fetched = {};
        read_target(broker, image, targets[i], limits, fetched, all);
    }
}

}  // namespace milena
