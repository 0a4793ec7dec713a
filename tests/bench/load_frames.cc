// SPDX-License-Identifier: Apache-2.0
#include "load_frames.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "protocol/message.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/fetch_response.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/produce_response.h"
#include "protocol/messages/request_header.h"
#include "protocol/messages/response_header.h"
#include "protocol/record_batch_builder.h"

namespace milena::load {

namespace {

constexpr int16_t kProduceVersion = 9;
constexpr int16_t kFetchVersion = 12;

/// One batch of records of at most kRecordBytes.
Bytes batch_of(size_t bytes) {
    constexpr size_t kRecordBytes = 1000;
    constexpr size_t kOverheadOfBatch = 62;
    constexpr size_t kOverheadOfRecord = 10;
    auto now = std::chrono::system_clock::now().time_since_epoch();
    NewRecord record;
    record.timestamp =
        TimestampMs(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    RecordBatchBuilder builder{RecordBatchOptions{}};
    uint32_t random = 1;
    Bytes value;
    for (size_t left = bytes - std::min(bytes, kOverheadOfBatch); left > kOverheadOfRecord;) {
        value.resize(std::min(left, kRecordBytes) - kOverheadOfRecord);
        for (auto& byte : value)
            byte = static_cast<uint8_t>((random = random * 1664525 + 1013904223) >> 24);
        record.value = BytesView(value);
        if (!builder.append(record)) die("build a batch");
        left -= std::min(left, kRecordBytes);
    }
    return *builder.build();
}

template <class Body>
Bytes frame_of(const Body& body, int16_t version) {
    protocol::RequestHeader header;
    header.request_api_key = Body::kApiKey;
    header.request_api_version = version;
    header.correlation_id = 1;
    header.client_id = "load";
    return protocol::encode_frame(header, Body::header_version(version), body, version).buffer;
}

Bytes produce_frame(int partition, const Bytes& batch) {
    protocol::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 30'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "load";
    auto& data = topic.partition_data.emplace_back();
    data.index = partition;
    data.records = protocol::Records(BytesView(batch));
    return frame_of(request, kProduceVersion);
}

Bytes fetch_frame(int partition, int bytes) {
    protocol::FetchRequest request;
    request.max_wait_ms = 500;
    request.min_bytes = 1;
    request.max_bytes = 64 << 20;
    auto& topic = request.topics.emplace_back();
    topic.topic = "load";
    auto& asked = topic.partitions.emplace_back();
    asked.partition = partition;
    asked.fetch_offset = 0;
    asked.partition_max_bytes = bytes;
    return frame_of(request, kFetchVersion);
}

template <class Response>
Response body_of(BytesView answer, int16_t version) {
    protocol::Reader reader(answer);
    auto header =
        protocol::decode_next<protocol::ResponseHeader>(reader, Response::header_version(version));
    if (!header) die("read the header of an answer");
    auto body = protocol::decode_next<Response>(reader, version);
    if (!body) die("read an answer: " + body.error().to_string());
    return *body;
}

void check(int16_t error) {
    if (error != 0) die("the broker answered with error " + std::to_string(error));
}

}  // namespace

void die(const std::string& what) {
    std::fprintf(stderr, "load: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

std::vector<Bytes> produce_frames(int partitions, int bytes) {
    const Bytes batch = batch_of(static_cast<size_t>(bytes));
    std::vector<Bytes> frames;
    for (int i = 0; i < partitions; ++i) frames.push_back(produce_frame(i, batch));
    return frames;
}

std::vector<Bytes> fetch_frames(int partitions, int bytes) {
    std::vector<Bytes> frames;
    for (int i = 0; i < partitions; ++i) frames.push_back(fetch_frame(i, bytes));
    return frames;
}

void check_produced(BytesView answer) {
    const auto response = body_of<protocol::ProduceResponse>(answer, kProduceVersion);
    for (const auto& topic : response.responses)
        for (const auto& partition : topic.partition_responses) check(partition.error_code);
}

void check_fetched(BytesView answer) {
    const auto response = body_of<protocol::FetchResponse>(answer, kFetchVersion);
    check(response.error_code);
    for (const auto& topic : response.responses)
        for (const auto& partition : topic.partitions) {
            check(partition.error_code);
            if (partition.records.size() == 0) die("a fetch found no records");
        }
}

}  // namespace milena::load
