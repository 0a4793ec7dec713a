// SPDX-License-Identifier: Apache-2.0
// Commits and fetches of single offsets, sent to a shard.
#pragma once

#include "cluster/image_state.h"
#include "tests/coordinator/classic_fixture.h"

namespace milena::testing {

constexpr ProducerIdentity kProducer{ProducerId(7), ProducerEpoch(0)};

struct Committing {
    std::string group = "g", topic = "t";
    int32_t partition = 0;
    int64_t offset = 42;
    std::string metadata = {};
    int32_t leader_epoch = -1;
    Uuid topic_id = {};
    std::string member_id = {};
    int32_t generation = -1;
    int16_t version = 9;
    int64_t retention_ms = -1;  ///< plain commits alone
    int64_t timestamp = -1;     ///< plain commits alone
    std::optional<std::string> instance_id = {};
};

struct Fetched {
    int64_t offset = -2;
    int32_t leader_epoch = -2;
    std::string metadata;
    ErrorCode error = ErrorCode::NONE;
};

class OffsetStoreTest : public ClassicGroups {
  public:
    ErrorCode commit(const Committing& asked) {
        protocol::OffsetCommitRequest request;
        fill(request, asked);
        request.retention_time_ms = asked.retention_ms;
        request.topics[0].partitions[0].commit_timestamp = asked.timestamp;
        ErrorCode error = ErrorCode::UNKNOWN_SERVER_ERROR;
        run(store().commit(request, asked.version,
                           [&](const protocol::OffsetCommitResponse& response) {
                               error = only_error(response, asked);
                           }));
        return error;
    }
    ErrorCode commit_in_transaction(const Committing& asked,
                                    ProducerIdentity producer = kProducer) {
        protocol::TxnOffsetCommitRequest request;
        fill(request, asked);
        request.producer_id = producer.id.value;
        request.producer_epoch = producer.epoch.value;
        ErrorCode error = ErrorCode::UNKNOWN_SERVER_ERROR;
        run(store().commit(request, asked.version,
                           [&](const protocol::TxnOffsetCommitResponse& response) {
                               error = only_error(response, asked);
                           }));
        return error;
    }
    void end(bool committed, ProducerIdentity producer = kProducer) {
        harness().end_transaction(producer, committed);
    }

    /// The whole request's error, or its only partition's.
    ErrorCode remove(std::string_view topic, int32_t partition, std::string_view group = "g") {
        protocol::OffsetDeleteRequest request;
        request.group_id = group;
        auto& of_topic = request.topics.emplace_back();
        of_topic.name = topic;
        of_topic.partitions.emplace_back().partition_index = partition;
        int16_t error = -1;
        run(store().remove(request, [&](const protocol::OffsetDeleteResponse& response) {
            error = response.error_code ? response.error_code
                                        : response.topics.at(0).partitions.at(0).error_code;
        }));
        return ErrorCode(error);
    }

    Fetched fetch(std::string_view topic, int32_t partition, bool stable = false,
                  std::string_view group = "g", const Uuid& topic_id = {}) {
        OffsetStore::GroupRequest request;
        request.group_id = group;
        request.topics.emplace();
        auto& of_topic = request.topics->emplace_back();
        of_topic.name = topic;
        of_topic.topic_id = topic_id;
        of_topic.partition_indexes = {partition};
        StringArena strings;
        const auto answer = store().fetch(request, stable, strings);
        EXPECT_EQ(answer.error_code, 0);
        const auto& found = answer.topics.at(0).partitions.at(0);
        EXPECT_EQ(found.partition_index, partition);
        return {found.committed_offset, found.committed_leader_epoch,
                std::string(found.metadata.value()), ErrorCode(found.error_code)};
    }
    int64_t committed(std::string_view topic = "t", int32_t partition = 0,
                      std::string_view group = "g") {
        return fetch(topic, partition, false, group).offset;
    }

    OffsetStore& store() { return harness().machine().offsets(); }
    const std::vector<CoordinatorRecord>& records() { return harness().last_records(); }

  private:
    template <class Request>
    static void fill(Request& request, const Committing& asked) {
        request.group_id = asked.group;
        request.member_id = asked.member_id;
        request.generation_id_or_member_epoch = asked.generation;
        if (asked.instance_id) request.group_instance_id = *asked.instance_id;
        auto& topic = request.topics.emplace_back();
        topic.name = asked.topic;
        topic.topic_id = asked.topic_id;
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = asked.partition;
        partition.committed_offset = asked.offset;
        partition.committed_leader_epoch = asked.leader_epoch;
        partition.committed_metadata = asked.metadata;
    }
    template <class Response>
    static ErrorCode only_error(const Response& response, const Committing& asked) {
        EXPECT_EQ(response.topics.size(), 1u);
        EXPECT_EQ(response.topics.at(0).name, asked.topic);
        EXPECT_EQ(response.topics.at(0).topic_id, asked.topic_id);
        EXPECT_EQ(response.topics.at(0).partitions.size(), 1u);
        EXPECT_EQ(response.topics.at(0).partitions.at(0).partition_index, asked.partition);
        return ErrorCode(response.topics.at(0).partitions.at(0).error_code);
    }
};

}  // namespace milena::testing
