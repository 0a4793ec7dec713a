// SPDX-License-Identifier: Apache-2.0
// A metadata directory that Apache Kafka 4.4.0 wrote (formatted and started with a static quorum of
// node 1; topic alpha made with 2 partitions and retention.ms, then given a third; topic beta made
// and deleted; a quota and a SCRAM credential for user alice).
#include <filesystem>
#include <fstream>

#include "cluster/registration.h"
#include "cluster/snapshot_records.h"
#include "protocol/messages/client_quota_record.h"
#include "protocol/messages/user_scram_credential_record.h"
#include "storage/directory_files.h"
#include "tests/cluster/node_fixture.h"

namespace milena::testing {
namespace {

namespace fs = std::filesystem;

class GoldenTest : public NodeFixture {
  protected:
    void SetUp() override {
        const fs::path golden =
            fs::path(MILENA_SOURCE_DIR) / "tests/cluster/golden/apache-kafka-4.4.0";
        fs::copy(golden, directory_.path(), fs::copy_options::recursive);
    }
    Result<std::unique_ptr<MetadataStore>> open_store() {
        options_.metadata.data_directory = directory_.path();
        options_.metadata.cluster_id = kClusterId;
        return MetadataStore::open(options_.metadata, posix_file_system(), system_clock());
    }
};

TEST_F(GoldenTest, WhatApacheKafkaWroteIsUnderstood) {
    auto store = open_store();
    ASSERT_TRUE(store) << store.error().to_string();
    const ImageState& image = (*store)->state();
    EXPECT_EQ(image.metadata_version(), 33);
    EXPECT_EQ(image.topic("beta"), nullptr);
    const TopicState* alpha = image.topic("alpha");
    ASSERT_NE(alpha, nullptr);
    EXPECT_EQ(alpha->id.to_string(), "iZ63gTejRw2rLSeoQHlCAw");
    ASSERT_EQ(alpha->partitions.size(), 3u);
    EXPECT_EQ(alpha->partitions[2].replicas, std::vector{1});
    EXPECT_EQ(image.configs({ConfigResourceType::kTopic, "alpha"})->at("retention.ms"), "1000");
    ASSERT_TRUE(image.brokers().contains(1));
    EXPECT_EQ(image.brokers().at(1).epoch, 11);
    EXPECT_EQ(image.brokers().at(1).endpoints.at(0).host, "127.0.0.1");
    EXPECT_EQ(image.retained().count(
                  {protocol::ClientQuotaRecord::kApiKey, "user=alice\nproducer_byte_rate"}),
              1u);
    EXPECT_EQ(image.retained().count({protocol::UserScramCredentialRecord::kApiKey, "alice\n1"}),
              1u);
}

TEST_F(GoldenTest, OurFirstRecordsAreTheirsByteForByte) {
    std::vector<Bytes> theirs;
    auto log = MetadataLog::open(posix_file_system(), directory_.path() + "/__cluster_metadata-0");
    ASSERT_TRUE(log);
    ASSERT_TRUE((*log)->replay(Offset(0), [&](const MetadataBatch& batch) -> Result<void> {
        if (batch.at.base_offset != Offset(1)) return {};
        for (const auto& entry : batch.entries)
            theirs.emplace_back(entry.value.begin(), entry.value.end());
        return {};
    }));
    const RecordList ours = bootstrap_records(ControllerOptions(), {});
    EXPECT_EQ(std::vector<Bytes>(ours.values().begin(), ours.values().end()), theirs);
    // What their formatting tool left in the first snapshot makes the same.
    auto store = open_store();
    ASSERT_TRUE(store);
    const RecordList formatted =
        bootstrap_records(ControllerOptions(), (*store)->bootstrap_values());
    EXPECT_EQ(std::vector<Bytes>(formatted.values().begin(), formatted.values().end()), theirs);
}

TEST_F(GoldenTest, ANodeTakesTheDirectoryOver) {
    Uuid directory_id;
    {
        auto store = open_store();
        ASSERT_TRUE(store);
        directory_id = (*store)->state().brokers().at(1).log_directories.at(0);
    }
    ASSERT_TRUE(
        write_identity(posix_file_system(), directory_.path(), {kClusterId, 1, directory_id}));
    start();
    EXPECT_EQ(node_->image()->epoch(), 2);
    const TopicState* alpha = node_->image()->topic("alpha");
    ASSERT_NE(alpha, nullptr);
    auto partition = node_->partitions().find({alpha->id, 2});
    ASSERT_NE(partition, nullptr);
    EXPECT_TRUE(partition->is_leader());
    EXPECT_EQ(alpha->partitions[2].directories, std::vector{logs_->identities()[0].directory_id});
    ASSERT_EQ(create("gamma"), ErrorCode::NONE);
    restart();
    EXPECT_NE(node_->image()->topic("gamma"), nullptr);
}

TEST_F(GoldenTest, DamageIsCutOffWithAllBehindIt) {
    const std::string path = directory_.path() + "/__cluster_metadata-0/00000000000000000000.log";
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(200);
    file.put('\x7f');
    file.close();
    auto store = open_store();
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->end_offset(), Offset(1));
}

}  // namespace
}  // namespace milena::testing
