// SPDX-License-Identifier: Apache-2.0
#include "protocol/message.h"

#include <gtest/gtest.h>

#include "protocol/messages/api_versions_request.h"
#include "protocol/messages/api_versions_response.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/fetch_response.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/metadata_request.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/produce_response.h"
#include "protocol/messages/response_header.h"

namespace milena::protocol {
namespace {

TEST(Message, DecodedStringsBorrowFromTheFrame) {
    FetchRequest request;
    request.rack_id = "rack";
    const Bytes bytes = encode_message(request, 18);
    const auto decoded = decode_message<FetchRequest>(bytes, 18);
    ASSERT_TRUE(decoded);
    const auto* text = reinterpret_cast<const uint8_t*>(decoded->rack_id.data());
    EXPECT_TRUE(text > bytes.data() && text < bytes.data() + bytes.size());
}

TEST(Message, BytesBehindTheMessageAreAnError) {
    Bytes bytes = encode_message(HeartbeatRequest{}, 0);
    bytes.push_back(0);
    const auto decoded = decode_message<HeartbeatRequest>(bytes, 0);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code(), ErrorCode::INVALID_REQUEST);
    EXPECT_EQ(decoded.error().message(), "HeartbeatRequest: 1 bytes are left behind the message");
}

TEST(Message, EveryTruncationIsAnErrorThatNamesTheField) {
    MetadataRequest request;
    request.topics.emplace().push_back({.name = "topic"});
    const Bytes bytes = encode_message(request, 12);
    for (size_t size = 0; size < bytes.size(); ++size) {
        const auto decoded = decode_message<MetadataRequest>(BytesView(bytes).first(size), 12);
        ASSERT_FALSE(decoded) << size;
        EXPECT_EQ(decoded.error().message().substr(0, 15), "MetadataRequest") << size;
    }
}

TEST(Message, AnUnknownVersionIsAnError) {
    const auto decoded = decode_message<MetadataRequest>({}, 99);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code(), ErrorCode::UNSUPPORTED_VERSION);
}

TEST(Message, AnArrayLongerThanTheFrameAllocatesNothing) {
    const Bytes bytes{0x7f, 0xff, 0xff, 0xff};
    const auto decoded = decode_message<MetadataRequest>(bytes, 0);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message(),
              "MetadataRequest.topics: an array has more than 1000000 elements");
}

TEST(Message, AnArrayWithoutRoomIsAnError) {
    const Bytes bytes{0x00, 0x00, 0x00, 0x03, 0x00, 0x00};  // a topic takes two bytes at least
    const auto decoded = decode_message<MetadataRequest>(bytes, 0);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message(),
              "MetadataRequest.topics: an array has more elements than the message has room for");
}

TEST(Message, NullWhereTheVersionHasNoneIsAnError) {
    const Bytes bytes{0xff, 0xff, 0xff, 0xff};
    EXPECT_FALSE(decode_message<MetadataRequest>(bytes, 0));
    const auto decoded = decode_message<MetadataRequest>(bytes, 1);
    ASSERT_TRUE(decoded);
    EXPECT_FALSE(decoded->topics.has_value());
}

TEST(Message, UnknownTaggedFieldsAreSkipped) {
    Bytes bytes = encode_message(HeartbeatRequest{.group_id = "g", .member_id = "m"}, 4);
    ASSERT_EQ(bytes.back(), 0);
    bytes.back() = 2;
    for (const int byte : {0x05, 0x02, 0xaa, 0xbb, 0x06, 0x00})
        bytes.push_back(static_cast<uint8_t>(byte));
    const auto decoded = decode_message<HeartbeatRequest>(bytes, 4);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    EXPECT_EQ(decoded->group_id, "g");
    EXPECT_EQ(decoded->member_id, "m");
}

TEST(Message, TooManyTaggedFieldsAreAnError) {
    Bytes bytes = encode_message(HeartbeatRequest{}, 4);
    bytes.back() = 0x91;  // 10001
    bytes.push_back(0x4e);
    bytes.resize(bytes.size() + 20002);
    const auto decoded = decode_message<HeartbeatRequest>(bytes, 4);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message(), "HeartbeatRequest: more than 10000 tagged fields");
}

TEST(Message, HeaderVersions) {
    EXPECT_EQ(ProduceRequest::header_version(8), 1);
    EXPECT_EQ(ProduceRequest::header_version(9), 2);
    EXPECT_EQ(ProduceResponse::header_version(8), 0);
    EXPECT_EQ(ProduceResponse::header_version(9), 1);
    EXPECT_EQ(ApiVersionsResponse::header_version(4), 0);
    EXPECT_EQ(ApiVersionsRequest::header_version(4), 2);
}

TEST(Message, ImportedOldVersionsWidenTheRange) {
    EXPECT_EQ(CreateTopicsRequest::kMinVersion, 0);
    EXPECT_EQ(CreateTopicsRequest::kKafkaMinVersion, 2);
    EXPECT_EQ(ProduceRequest::kMinVersion, ProduceRequest::kKafkaMinVersion);
    EXPECT_TRUE(InitProducerIdRequest::kLatestVersionUnstable);
}

TEST(Message, PrintsItsFields) {
    const HeartbeatRequest request{.group_id = "a\"b", .generation_id = 3, .member_id = "m"};
    EXPECT_EQ(request.to_string(),
              "HeartbeatRequest(group_id=\"a\\\"b\", generation_id=3, member_id=\"m\", "
              "group_instance_id=null)");
    MetadataRequest metadata;
    metadata.topics.emplace().push_back({.name = "t"});
    EXPECT_NE(metadata.to_string().find("topics=[(topic_id=AAAAAAAAAAAAAAAAAAAAAA, name=\"t\")]"),
              std::string::npos)
        << metadata.to_string();
}

FetchResponse response_with(Records records) {
    FetchResponse response;
    auto& topic = response.responses.emplace_back();
    topic.partitions.emplace_back().records = std::move(records);
    return response;
}

TEST(Message, FileSlicesBecomeCutsAndCountAsRecords) {
    const Bytes body(5, 0x55);
    const Bytes inline_bytes = encode_message(response_with(Records(body)), 16);
    const FileSlice slices[] = {{nullptr, 100, 3}, {nullptr, 0, 2}};
    const auto response = response_with(Records({slices[0], slices[1]}));
    const ResponseChain chain = encode_to_chain(response, 16);

    ASSERT_EQ(chain.cuts.size(), 2u);
    EXPECT_EQ(chain.cuts[0].slice, slices[0]);
    EXPECT_EQ(chain.cuts[0].buffer_offset, chain.cuts[1].buffer_offset);
    EXPECT_EQ(chain.size(), inline_bytes.size());
    Bytes whole = chain.buffer;
    whole.insert(whole.begin() + static_cast<ptrdiff_t>(chain.cuts[0].buffer_offset), body.begin(),
                 body.end());
    EXPECT_EQ(whole, inline_bytes);
}

TEST(Message, AFrameIsLengthHeaderAndMessage) {
    const ResponseHeader header{.correlation_id = 7};
    const auto response = response_with(Records({FileSlice{nullptr, 0, 1000}}));
    const ResponseChain chain = encode_frame(header, 1, response, 16);
    const auto length = load_big_endian<int32_t>(chain.buffer.data());
    EXPECT_EQ(static_cast<size_t>(length) + 4, chain.size());
    EXPECT_EQ(load_big_endian<int32_t>(chain.buffer.data() + 4), 7);
    const Bytes body = encode_message(FetchResponse{}, 16);
    EXPECT_EQ(chain.buffer.size(), 4 + header.encoded_size(1) + response.encoded_size(16));
}

}  // namespace
}  // namespace milena::protocol
