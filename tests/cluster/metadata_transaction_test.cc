// SPDX-License-Identifier: Apache-2.0
// A change that takes several metadata batches is there as a whole, or not at all.
#include "protocol/messages/begin_transaction_record.h"
#include "protocol/messages/end_transaction_record.h"
#include "protocol/messages/remove_topic_record.h"
#include "tests/cluster/node_fixture.h"

namespace milena::testing {
namespace {

class MetadataTransactionTest : public NodeFixture {
  protected:
    static constexpr int32_t kPartitions = 300;

    MetadataTransactionTest() { options_.metadata.batch_records_max = 40; }

    std::string log_path() {
        return directory_.path() + "/__cluster_metadata-0/00000000000000000000.log";
    }
    /// Where each batch ends, and the types of its records.
    struct Batch {
        int64_t end;
        std::vector<int16_t> types;
    };
    std::vector<Batch> batches() {
        std::vector<Batch> found;
        const Bytes content = *files_.read_file(log_path());
        for (BytesView rest = content; !rest.empty();) {
            const auto size = static_cast<size_t>(batch_size(rest));
            auto batch = parse_metadata_batch(rest.first(size));
            EXPECT_TRUE(batch);
            rest = rest.subspan(size);
            Batch& added = found.emplace_back();
            added.end = static_cast<int64_t>(content.size() - rest.size());
            for (const auto& entry : batch->entries)
                if (!entry.type) added.types.push_back(parse_framed_record(entry.value)->api_key);
        }
        return found;
    }
};

TEST_F(MetadataTransactionTest, ALargeChangeIsATransactionOfSeveralBatches) {
    start();
    const size_t before = batches().size();
    ASSERT_EQ(create("wide", kPartitions), ErrorCode::NONE);
    const auto all = batches();
    ASSERT_EQ(all.size(), before + 8);  // 1 + 1 + 300 + 1 records, 40 in a batch
    EXPECT_EQ(all[before].types.front(), protocol::BeginTransactionRecord::kApiKey);
    EXPECT_EQ(all.back().types.back(), protocol::EndTransactionRecord::kApiKey);
    restart();
    ASSERT_NE(node_->image()->topic("wide"), nullptr);
    EXPECT_EQ(node_->image()->topic("wide")->partitions.size(), 300u);
}

TEST_F(MetadataTransactionTest, OfATransactionCutShortNothingIsLeftWhereverItWasCut) {
    start();
    const size_t before = batches().size();
    ASSERT_EQ(create("wide", kPartitions), ErrorCode::NONE);
    const auto all = batches();
    // As a crash leaves it: the farewell of a clean stop would come behind the transaction.
    const Bytes whole = *files_.read_file(log_path());
    stop();
    for (size_t last = before; last + 1 < all.size(); ++last) {
        const auto end = static_cast<size_t>(all[last].end);
        ASSERT_TRUE(files_.replace_file(log_path(), as_text(BytesView(whole).first(end))));
        start();
        EXPECT_EQ(node_->image()->topic("wide"), nullptr) << "cut behind batch " << last;
        EXPECT_EQ(create("wide", 2), ErrorCode::NONE);
        restart();
        ASSERT_NE(node_->image()->topic("wide"), nullptr);
        EXPECT_EQ(node_->image()->topic("wide")->partitions.size(), 2u);
        stop();
    }
}

TEST_F(MetadataTransactionTest, ALaterBatchThatCanNotBeWrittenLeavesNothing) {
    start();
    const Bytes before = *files_.read_file(log_path());
    const Offset end = node_->image()->offset();
    files_.room_bytes = 4000;  // some batches fit
    EXPECT_EQ(create("wide", kPartitions), ErrorCode::KAFKA_STORAGE_ERROR);
    files_.room_bytes = -1;
    EXPECT_EQ(node_->image()->topic("wide"), nullptr);
    EXPECT_EQ(*files_.read_file(log_path()), before);
    ASSERT_EQ(create("after"), ErrorCode::NONE);
    EXPECT_EQ(node_->image()->offset(), end + 2);
    restart();
    EXPECT_EQ(node_->image()->topic("wide"), nullptr);
    EXPECT_NE(node_->image()->topic("after"), nullptr);
}

TEST_F(MetadataTransactionTest, ARecordThatCanNotBeReplayedStaysNeitherInTheLogNorInAnImage) {
    start();
    stop();
    options_.metadata.data_directory = directory_.path();
    auto store = MetadataStore::open(options_.metadata, files_, system_clock());
    ASSERT_TRUE(store) << store.error().to_string();
    ASSERT_TRUE((*store)->become_leader());
    const Bytes before = *files_.read_file(log_path());
    RecordList records;
    protocol::RemoveTopicRecord record;
    record.topic_id = Uuid::random();
    records.add(record, 0);
    EXPECT_FALSE((*store)->append(records));
    EXPECT_TRUE((*store)->is_broken());
    EXPECT_EQ(*files_.read_file(log_path()), before);
    EXPECT_FALSE((*store)->append(RecordList(records)));
}

}  // namespace
}  // namespace milena::testing
