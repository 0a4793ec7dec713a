// SPDX-License-Identifier: Apache-2.0
// Random histories of records: what replay makes of them, that snapshots lose nothing, and that
// images once published never change.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "cluster/record_list.h"
#include "cluster/replay.h"
#include "cluster/snapshot_records.h"
#include "protocol/messages/abort_transaction_record.h"
#include "protocol/messages/access_control_entry_record.h"
#include "protocol/messages/begin_transaction_record.h"
#include "protocol/messages/client_quota_record.h"
#include "protocol/messages/config_record.h"
#include "protocol/messages/end_transaction_record.h"
#include "protocol/messages/feature_level_record.h"
#include "protocol/messages/partition_change_record.h"
#include "protocol/messages/partition_record.h"
#include "protocol/messages/producer_ids_record.h"
#include "protocol/messages/remove_access_control_entry_record.h"
#include "protocol/messages/remove_topic_record.h"
#include "protocol/messages/topic_record.h"

namespace milena {
namespace {

using namespace protocol;

std::vector<Bytes> content(const ImageState& image) {
    const RecordList records = snapshot_records(image);
    return {records.values().begin(), records.values().end()};
}

/// What the topics should be, kept in the plainest way.
struct Model {
    struct Topic {
        std::string name;
        std::vector<int32_t> leader_epochs;
        std::map<std::string, std::string> configs;
    };
    std::map<Uuid, Topic> topics;
};

class History {
  public:
    explicit History(unsigned seed) : random_(seed) {
        FeatureLevelRecord level;
        level.name = "metadata.version";
        level.feature_level = 33;
        write(level, 0);
    }

    void step() {
        switch (pick(12)) {
            case 0:
            case 1:
            case 2:
                return add_topic();
            case 3:
                return remove_topic();
            case 4:
            case 5:
            case 6:
                return change_partition();
            case 7:
            case 8:
                return set_config();
            case 9:
                return change_acl();
            case 10:
                return set_quota();
            default:
                return allocate_ids();
        }
    }

    ImageState& image() { return image_; }
    const Model& model() const { return model_; }
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  private:
    template <class Record>
    void write(const Record& record, int16_t version) {
        RecordList list;
        list.add(record, version);
        auto applied = replayer_.apply(list.values()[0], Offset(offset_++), 1);
        ASSERT_TRUE(applied) << applied.error().to_string();
    }

    Uuid any_topic() {
        auto found = model_.topics.begin();
        std::advance(found, pick(static_cast<int>(model_.topics.size())));
        return found->first;
    }

    void add_topic() {
        Model::Topic topic;
        topic.name = "topic" + std::string(pick(2) ? "." : "_") + std::to_string(next_topic_++);
        TopicRecord record;
        record.name = topic.name;
        for (uint8_t& byte : record.topic_id.bytes) byte = static_cast<uint8_t>(random_());
        write(record, 0);
        const int partitions = 1 + pick(4);
        for (int32_t index = 0; index < partitions; ++index) {
            PartitionRecord partition;
            partition.topic_id = record.topic_id;
            partition.partition_id = index;
            partition.replicas = {1, 2};
            partition.isr = {1, 2};
            partition.leader = 1;
            partition.leader_epoch = 0;
            partition.partition_epoch = 0;
            partition.directories = {Uuid{}, Uuid{}};
            write(partition, 2);
            topic.leader_epochs.push_back(0);
        }
        model_.topics[record.topic_id] = std::move(topic);
    }

    void remove_topic() {
        if (model_.topics.empty()) return;
        RemoveTopicRecord record;
        record.topic_id = any_topic();
        write(record, 0);
        model_.topics.erase(record.topic_id);
    }

    void change_partition() {
        if (model_.topics.empty()) return;
        PartitionChangeRecord record;
        record.topic_id = any_topic();
        auto& epochs = model_.topics[record.topic_id].leader_epochs;
        record.partition_id = pick(static_cast<int>(epochs.size()));
        if (pick(2)) {
            record.leader = 1 + pick(2);
            ++epochs[static_cast<size_t>(record.partition_id)];
        } else {
            record.isr = std::vector<int32_t>{1};
            record.eligible_leader_replicas = std::vector<int32_t>{2};
        }
        write(record, 2);
    }

    void set_config() {
        if (model_.topics.empty()) return;
        auto& topic = model_.topics[any_topic()];
        const std::string key = "key" + std::to_string(pick(3));
        const std::string value = std::to_string(pick(100));
        const bool removes = pick(3) == 0;
        ConfigRecord record;
        record.resource_type = 2;
        record.resource_name = topic.name;
        record.name = key;
        record.value = value;
        if (removes) record.value = std::nullopt;
        write(record, 0);
        if (removes)
            topic.configs.erase(key);
        else
            topic.configs[key] = value;
    }

    void change_acl() {
        Uuid id{};
        id.bytes[15] = static_cast<uint8_t>(100 + pick(20));
        if (pick(3) == 0) {
            RemoveAccessControlEntryRecord record;
            record.id = id;
            return write(record, 0);
        }
        AccessControlEntryRecord record;
        record.id = id;
        record.resource_name = "r";
        record.principal = "User:a";
        record.host = "*";
        write(record, 0);
    }

    void set_quota() {
        ClientQuotaRecord record;
        auto& entity = record.entity.emplace_back();
        entity.entity_type = "user";
        entity.entity_name = pick(2) ? std::optional<std::string_view>("alice") : std::nullopt;
        record.key = "producer_byte_rate";
        record.value = pick(1000);
        record.remove = pick(4) == 0;
        write(record, 0);
    }

    void allocate_ids() {
        ProducerIdsRecord record;
        record.next_producer_id = image_.next_producer_id() + 1000;
        write(record, 0);
    }

    std::mt19937 random_;
    ImageState image_{"cluster", 1};
    Replayer replayer_{image_};
    Model model_;
    int64_t offset_ = 0;
    int next_topic_ = 0;
};

void expect_equal(const ImageState& image, const Model& model) {
    ASSERT_EQ(image.topic_count(), model.topics.size());
    std::vector<std::string> listed;
    image.visit_topics("", [&](const TopicState& topic) {
        listed.push_back(topic.name);
        return true;
    });
    EXPECT_TRUE(std::is_sorted(listed.begin(), listed.end()));
    EXPECT_EQ(listed.size(), model.topics.size());
    for (const auto& [id, expected] : model.topics) {
        const TopicState* topic = image.topic(id);
        ASSERT_NE(topic, nullptr);
        EXPECT_EQ(image.topic(expected.name), topic);
        ASSERT_EQ(topic->partitions.size(), expected.leader_epochs.size());
        for (size_t i = 0; i < expected.leader_epochs.size(); ++i)
            EXPECT_EQ(topic->partitions[i].leader_epoch, expected.leader_epochs[i]);
        const ConfigMap* configs = image.configs({ConfigResourceType::kTopic, expected.name});
        const ConfigMap wanted(expected.configs.begin(), expected.configs.end());
        EXPECT_EQ(configs ? *configs : ConfigMap(), wanted);
    }
}

class ImageHistory : public ::testing::TestWithParam<unsigned> {};

TEST_P(ImageHistory, ReplayAgreesWithAPlainModel) {
    History history(GetParam());
    for (int i = 0; i < 2000; ++i) history.step();
    expect_equal(history.image(), history.model());
}

TEST_P(ImageHistory, ASnapshotRebuildsTheImage) {
    History history(GetParam());
    for (int i = 0; i < 1000; ++i) history.step();
    ImageState rebuilt("cluster", 1);
    Replayer replayer(rebuilt);
    const auto before = content(*history.image().publish());
    for (const Bytes& value : before) ASSERT_TRUE(replayer.apply(value, Offset(7), 1));
    EXPECT_EQ(content(rebuilt), before);
    expect_equal(rebuilt, history.model());
}

TEST_P(ImageHistory, APublishedImageNeverChanges) {
    History history(GetParam());
    std::vector<std::pair<std::shared_ptr<const ImageState>, std::vector<Bytes>>> published;
    for (int i = 0; i < 600; ++i) {
        history.step();
        if (history.pick(20) != 0) continue;
        auto image = history.image().publish();
        auto bytes = content(*image);
        published.emplace_back(std::move(image), std::move(bytes));
    }
    ASSERT_GT(published.size(), 5u);
    for (const auto& [image, bytes] : published) EXPECT_EQ(content(*image), bytes);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ImageHistory, ::testing::Range(1u, 9u));

template <class Record>
Result<void> apply(Replayer& replayer, const Record& record, int64_t offset) {
    RecordList list;
    list.add(record, 0);
    return replayer.apply(list.values()[0], Offset(offset), 1);
}

TEST(ReplayerTest, ATransactionIsAppliedAtItsEndOrNotAtAll) {
    ImageState image("cluster", 1);
    Replayer replayer(image);
    TopicRecord topic;
    topic.name = "t";
    topic.topic_id.bytes[0] = 1;
    ASSERT_TRUE(apply(replayer, BeginTransactionRecord(), 0));
    ASSERT_TRUE(apply(replayer, topic, 1));
    EXPECT_EQ(image.topic("t"), nullptr);
    EXPECT_TRUE(replayer.in_transaction());
    ASSERT_TRUE(apply(replayer, AbortTransactionRecord(), 2));
    EXPECT_EQ(image.topic("t"), nullptr);
    EXPECT_FALSE(replayer.in_transaction());
    ASSERT_TRUE(apply(replayer, BeginTransactionRecord(), 3));
    ASSERT_TRUE(apply(replayer, topic, 4));
    ASSERT_TRUE(apply(replayer, EndTransactionRecord(), 5));
    EXPECT_NE(image.topic("t"), nullptr);
    EXPECT_EQ(image.offset(), Offset(5));
}

TEST(ReplayerTest, WhatItCannotKnowItRefuses) {
    ImageState image("cluster", 1);
    Replayer replayer(image);
    EXPECT_EQ(replayer.apply(Bytes{}, Offset(0), 1).error().code(), ErrorCode::CORRUPT_MESSAGE);
    EXPECT_EQ(replayer.apply(Bytes{1, 99, 0}, Offset(0), 1).error().code(),
              ErrorCode::UNSUPPORTED_VERSION);
    EXPECT_EQ(replayer.apply(Bytes{1, 2, 9}, Offset(0), 1).error().code(),
              ErrorCode::UNSUPPORTED_VERSION);
    EXPECT_FALSE(replayer.apply(Bytes{1, 2, 0, 5}, Offset(0), 1));
    RemoveTopicRecord record;
    record.topic_id.bytes[0] = 1;
    EXPECT_EQ(apply(replayer, record, 0).error().code(), ErrorCode::CORRUPT_MESSAGE);
}

}  // namespace
}  // namespace milena
