// SPDX-License-Identifier: Apache-2.0
#include "tests/coordinator/offset_fixture.h"

#include "protocol/messages/offset_commit_value.h"

namespace milena::testing {
namespace {

using enum ErrorCode;

const Uuid kTopicId = *Uuid::parse("AAECAwQFBgcICQoLDA0ODw");
const Uuid kOtherId = *Uuid::parse("__ECAwQFBgcICQoLDA0ODw");

class Offsets : public OffsetStoreTest {
  public:
    /// An image with one topic, "t"; the next one continues where it ends.
    MetadataImagePtr image_with(const Uuid& id) {
        image_.add_topic("t", id);
        return image_.publish();
    }
    MetadataImagePtr image_without(const Uuid& id) {
        image_.remove_topic(id);
        return image_.publish();
    }
    bool has_group(std::string_view id = "g") { return groups().find(id); }

  private:
    ImageState image_{"cluster", 1};
};

TEST_F(Offsets, AreFetchedAsTheyWereCommitted) {
    EXPECT_EQ(commit({.offset = 42, .metadata = "half way", .leader_epoch = 5}), NONE);
    const Fetched found = fetch("t", 0);
    EXPECT_EQ(found.offset, 42);
    EXPECT_EQ(found.leader_epoch, 5);
    EXPECT_EQ(found.metadata, "half way");
    EXPECT_EQ(commit({.offset = 41}), NONE);
    EXPECT_EQ(committed(), 41);
}

TEST_F(Offsets, ThatWereNotCommittedAreNone) {
    commit({});
    for (const Fetched& none : {fetch("t", 1), fetch("u", 0), fetch("t", 0, false, "h")}) {
        EXPECT_EQ(none.offset, -1);
        EXPECT_EQ(none.leader_epoch, -1);
        EXPECT_EQ(none.metadata, "");
        EXPECT_EQ(none.error, NONE);
    }
}

TEST_F(Offsets, AreWrittenAsKafkaWritesThem) {
    commit({.group = "g",
            .topic = "t",
            .partition = 3,
            .offset = 258,
            .metadata = "m",
            .leader_epoch = 6,
            .topic_id = kTopicId});
    ASSERT_EQ(records().size(), 1u);
    const Bytes key{0, 1, 0, 1, 'g', 0, 1, 't', 0, 0, 0, 3};
    EXPECT_EQ(records()[0].key, key);
    Bytes value{0, 4, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 6, 2, 'm'};
    Bytes time(8);
    store_big_endian(time.data(), harness().clock().now().value);
    value.insert(value.end(), time.begin(), time.end());
    value.insert(value.end(), {1, 0, 16});  // one tagged field, number 0, of 16 bytes
    value.insert(value.end(), kTopicId.bytes.begin(), kTopicId.bytes.end());
    EXPECT_EQ(records()[0].value, value);
}

TEST_F(Offsets, WithAnExpiryAreWrittenInVersion1) {
    commit({.offset = 258, .leader_epoch = 6, .topic_id = kTopicId, .retention_ms = 1000});
    const Bytes& value = *records().at(0).value;
    ASSERT_EQ(value[1], 1);
    const auto decoded =
        protocol::decode_message<protocol::OffsetCommitValue>(BytesView(value).subspan(2), 1);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->commit_timestamp, harness().clock().now().value);
    EXPECT_EQ(decoded->expire_timestamp, harness().clock().now().value + 1000);
}

TEST_F(Offsets, MayNameTheirTime) {
    commit({.version = 1, .timestamp = 12345});
    EXPECT_EQ(store().table().find("g", "t", 0)->committed->committed_at.value, 12345);
}

TEST_F(Offsets, HaveBoundedMetadata) {
    options.offset_metadata_max_bytes = 4;
    EXPECT_EQ(commit({.metadata = "12345"}), OFFSET_METADATA_TOO_LARGE);
    EXPECT_TRUE(records().empty());
    EXPECT_EQ(commit({.metadata = "1234"}), NONE);
    EXPECT_EQ(commit({.metadata = "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F"}), NONE);  // four umlauts
    EXPECT_EQ(commit({.metadata = "\xF0\x9F\x98\x80\xF0\x9F\x98\x80"}), NONE);  // two of two units
    EXPECT_EQ(commit({.metadata = "1\xF0\x9F\x98\x80\xF0\x9F\x98\x80"}), OFFSET_METADATA_TOO_LARGE);
    EXPECT_EQ(commit_in_transaction({.metadata = "12345"}), OFFSET_METADATA_TOO_LARGE);
}

TEST_F(Offsets, OfUnknownGroupsNeedNoGeneration) {
    EXPECT_EQ(commit({.generation = 0, .version = 8}), ILLEGAL_GENERATION);
    EXPECT_EQ(commit({.generation = 0, .version = 9}), GROUP_ID_NOT_FOUND);
    EXPECT_EQ(commit_in_transaction({.generation = 0, .version = 5}), ILLEGAL_GENERATION);
    EXPECT_EQ(commit_in_transaction({.generation = 0, .version = 6}), GROUP_ID_NOT_FOUND);
    EXPECT_FALSE(has_group());
    EXPECT_EQ(commit({}), NONE);
    EXPECT_TRUE(has_group());
}

TEST_F(Offsets, OfMembersNeedTheirGeneration) {
    const auto member = stable_alone();
    EXPECT_EQ(commit({.member_id = member->member_id, .generation = member->generation}), NONE);
    EXPECT_EQ(commit({.member_id = member->member_id, .generation = 9}), ILLEGAL_GENERATION);
    EXPECT_EQ(commit({.member_id = "stranger", .generation = 1}), UNKNOWN_MEMBER_ID);
    EXPECT_EQ(commit({}), UNKNOWN_MEMBER_ID);  // the group has members
    EXPECT_EQ(commit_in_transaction({.member_id = "stranger", .generation = 1}), UNKNOWN_MEMBER_ID);
}

TEST_F(Offsets, OfOneTopicAreNotThoseOfTheNextOfItsName) {
    commit({.topic_id = kTopicId});
    EXPECT_EQ(fetch("t", 0, false, "g", kTopicId).offset, 42);
    EXPECT_EQ(fetch("t", 0, false, "g", kOtherId).offset, -1);
    EXPECT_EQ(fetch("t", 0).offset, 42);
    commit({.partition = 1});
    EXPECT_EQ(fetch("t", 1, false, "g", kOtherId).offset, 42);  // whose topic has no id
}

TEST_F(Offsets, AreAllFetched) {
    commit({.topic = "a", .partition = 1, .offset = 1, .metadata = "x"});
    commit({.topic = "a", .partition = 2, .offset = 2});
    commit({.topic = "b", .partition = 0, .offset = 3});
    commit_in_transaction({.topic = "b"});
    commit_in_transaction({.topic = "c"});
    OffsetStore::GroupRequest request;
    request.group_id = "g";
    request.topics.reset();
    for (const bool stable : {false, true}) {
        StringArena strings;
        const auto answer = store().fetch(request, stable, strings);
        std::map<std::string, std::map<int32_t, int64_t>> found;
        for (const auto& topic : answer.topics)
            for (const auto& partition : topic.partitions)
                found[std::string(topic.name)][partition.partition_index] =
                    partition.error_code ? -partition.error_code : partition.committed_offset;
        const int64_t unstable = -static_cast<int64_t>(UNSTABLE_OFFSET_COMMIT);
        const decltype(found) expected{{"a", {{1, 1}, {2, 2}}},
                                       {"b", {{0, stable ? unstable : 3}}}};
        EXPECT_EQ(found, expected);
    }
}

TEST_F(Offsets, OfATransactionCountWhenItIsCommitted) {
    commit({.offset = 1});
    EXPECT_EQ(commit_in_transaction({.offset = 2}), NONE);
    EXPECT_EQ(committed(), 1);
    EXPECT_EQ(fetch("t", 0, true).error, UNSTABLE_OFFSET_COMMIT);
    EXPECT_EQ(fetch("t", 0, true).offset, -1);
    end(true);
    EXPECT_EQ(committed(), 2);
    EXPECT_EQ(fetch("t", 0, true).offset, 2);
}

TEST_F(Offsets, OfAnAbortedTransactionNeverWere) {
    commit({.offset = 1});
    commit_in_transaction({.offset = 2});
    commit_in_transaction({.partition = 1, .offset = 2});
    end(false);
    EXPECT_EQ(fetch("t", 0, true).offset, 1);
    EXPECT_EQ(fetch("t", 1, true).offset, -1);
    EXPECT_EQ(store().table().find("g", "t", 1), nullptr);
}

TEST_F(Offsets, OfATransactionDoNotUndoLaterOnes) {
    commit_in_transaction({.offset = 2});
    commit({.offset = 3});
    end(true);
    EXPECT_EQ(committed(), 3);
}

TEST_F(Offsets, OfManyProducersWaitForEach) {
    const ProducerIdentity other{ProducerId(8), ProducerEpoch(0)};
    commit_in_transaction({.offset = 1});
    commit_in_transaction({.offset = 2}, other);
    end(true, other);
    EXPECT_EQ(committed(), 2);
    EXPECT_EQ(fetch("t", 0, true).error, UNSTABLE_OFFSET_COMMIT);
    end(true);  // the older record, which comes too late
    EXPECT_EQ(fetch("t", 0, true).offset, 2);
}

TEST_F(Offsets, AreDeleted) {
    EXPECT_EQ(remove("t", 0), GROUP_ID_NOT_FOUND);
    commit({});
    commit_in_transaction({.partition = 1});
    EXPECT_EQ(remove("t", 0), NONE);
    EXPECT_EQ(remove("t", 1), NONE);  // pending alone
    EXPECT_EQ(records().size(), 1u);
    EXPECT_EQ(remove("t", 1), NONE);
    EXPECT_TRUE(records().empty());
    end(true);
    EXPECT_EQ(committed("t", 0), -1);
    EXPECT_EQ(committed("t", 1), -1);
    EXPECT_TRUE(store().table().groups().empty());
}

TEST_F(Offsets, OfAGroupWithMembersAreNotDeleted) {
    stable_alone({.protocol_type = "connect"});
    EXPECT_EQ(remove("t", 0), NON_EMPTY_GROUP);
}

TEST_F(Offsets, GoWithTheirTopic) {
    harness().publish(image_with(kTopicId));
    commit({.partition = 0, .topic_id = kTopicId});
    commit({.partition = 1});                        // id not known
    commit({.partition = 2, .topic_id = kOtherId});  // of a namesake
    commit_in_transaction({.partition = 3, .topic_id = kTopicId});
    commit({.topic = "u", .topic_id = kTopicId});
    harness().publish(image_with(kTopicId));  // the same
    EXPECT_TRUE(records().empty());
    harness().publish(image_without(kTopicId));
    EXPECT_EQ(records().size(), 3u);
    EXPECT_EQ(committed("t", 0), -1);
    EXPECT_EQ(committed("t", 1), -1);
    EXPECT_EQ(committed("t", 2), 42);
    EXPECT_EQ(committed("u", 0), 42);
    end(true);
    EXPECT_EQ(committed("t", 3), -1);
}

TEST_F(Offsets, ExpireAfterTheirGroupIsIdle) {
    options.offsets_retention_ms = 1000;
    options.offsets_retention_check_interval_ms = 100;
    commit({.partition = 0});
    pass(milliseconds(500));
    commit({.partition = 1});
    pass(milliseconds(499));
    EXPECT_EQ(committed("t", 0), 42);
    pass(milliseconds(1));
    EXPECT_EQ(committed("t", 0), -1);
    EXPECT_EQ(committed("t", 1), 42);
    EXPECT_TRUE(has_group());
    pass(milliseconds(500));
    EXPECT_EQ(committed("t", 1), -1);
    EXPECT_FALSE(has_group());
    harness().restart();
    EXPECT_FALSE(has_group());
}

TEST_F(Offsets, ExpireWhenTheyAreToldTo) {
    options.offsets_retention_check_interval_ms = 100;
    commit({.retention_ms = 250});
    pass(milliseconds(299));
    EXPECT_EQ(committed(), 42);
    pass(milliseconds(1));
    EXPECT_EQ(committed(), -1);
}

TEST_F(Offsets, DoNotExpireWhileATransactionIsOpen) {
    options.offsets_retention_ms = 1000;
    options.offsets_retention_check_interval_ms = 100;
    commit({.offset = 1});
    commit_in_transaction({.offset = 2});
    pass(milliseconds(5000));
    EXPECT_EQ(committed(), 1);
    end(false);
    pass(milliseconds(100));
    EXPECT_EQ(committed(), -1);
    EXPECT_FALSE(has_group());
}

TEST_F(Offsets, OfMembersDoNotExpire) {
    options.offsets_retention_ms = 1000;
    options.offsets_retention_check_interval_ms = 100;
    const auto member = stable_alone({.protocol_type = "connect"});
    commit({.member_id = member->member_id, .generation = member->generation});
    for (int i = 0; i < 4; ++i) {
        pass(milliseconds(1000));
        EXPECT_EQ(heartbeat(*member), NONE);
    }
    EXPECT_EQ(committed(), 42);
    leave(*member);
    pass(milliseconds(1000));
    EXPECT_EQ(committed(), -1);
    EXPECT_FALSE(has_group());
}

TEST_F(Offsets, AreThereAfterARestart) {
    commit({.offset = 1, .metadata = "x", .leader_epoch = 2, .topic_id = kTopicId});
    commit({.partition = 1, .retention_ms = 99});
    commit_in_transaction({.offset = 3});
    const OffsetTable before = store().table();
    harness().restart();
    EXPECT_EQ(store().table(), before);
    EXPECT_EQ(fetch("t", 0, true).error, UNSTABLE_OFFSET_COMMIT);
    end(true);
    EXPECT_EQ(fetch("t", 0, true).offset, 3);
}

TEST_F(Offsets, OfAllFormatsAreRead) {
    const auto read = [this](Bytes key, Bytes value) {
        store().replay(key[1], {Offset(0), key, BytesView(value), {}});
        return committed();
    };
    const Bytes old_key{0, 0, 0, 1, 'g', 0, 1, 't', 0, 0, 0, 0};
    const Bytes key{0, 1, 0, 1, 'g', 0, 1, 't', 0, 0, 0, 0};
    const Bytes time(8, 1), empty{0, 0};
    const auto value = [&](uint8_t version, uint8_t offset, std::initializer_list<Bytes> parts) {
        Bytes bytes{0, version, 0, 0, 0, 0, 0, 0, 0, offset};
        for (const Bytes& part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
        return bytes;
    };
    EXPECT_EQ(read(old_key, value(0, 1, {empty, time})), 1);
    EXPECT_EQ(read(key, value(0, 2, {empty, time})), 2);
    EXPECT_EQ(read(key, value(1, 3, {empty, time, time})), 3);
    EXPECT_EQ(read(key, value(2, 4, {empty, time})), 4);
    EXPECT_EQ(read(key, value(3, 5, {{0, 0, 0, 1}, empty, time})), 5);
    EXPECT_EQ(read(key, value(4, 6, {{0, 0, 0, 1, 1}, time, {0}})), 6);
    EXPECT_EQ(read(key, value(5, 7, {{0, 0, 0, 1, 1}, time, {0}})), 6);  // of a later release
    EXPECT_EQ(read(key, value(3, 8, {})), 6);                            // damaged
}

TEST_F(Offsets, ThatAreNotWrittenSayWhy) {
    commit({});
    protocol::OffsetCommitRequest request;
    request.group_id = "g";
    request.topics.emplace_back().name = "t";
    request.topics[0].partitions.emplace_back();
    ErrorCode error = NONE;
    const Effects effects =
        store().commit(request, 9, [&](const protocol::OffsetCommitResponse& response) {
            error = ErrorCode(response.topics.at(0).partitions.at(0).error_code);
        });
    effects.replies.at(0)(Error(NOT_COORDINATOR));
    EXPECT_EQ(error, NOT_COORDINATOR);
}

}  // namespace
}  // namespace milena::testing
