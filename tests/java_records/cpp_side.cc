// SPDX-License-Identifier: Apache-2.0
// Writes and dumps record batches with our classes; RecordJavaSide.java does the same with Kafka's.
//   record_cpp_side write DIRECTORY     one file a codec and level
//   record_cpp_side dump FILE...        what is in them, a line a batch and a line a record
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "protocol/crc32c.h"
#include "protocol/record_batch_builder.h"

namespace milena {
namespace {

constexpr int64_t kTime = 1'700'000'000'000;

[[noreturn]] void fail(const std::string& reason) {
    std::fprintf(stderr, "%s\n", reason.c_str());
    std::exit(1);
}
template <class T>
T value_of(Result<T> result) {
    if (!result) fail(result.error().to_string());
    return std::move(*result);
}
void check(const Result<void>& result) {
    if (!result) fail(result.error().to_string());
}

Bytes noise(size_t size, uint32_t seed) {
    Bytes bytes(size);
    for (uint8_t& byte : bytes) {
        seed = seed * 1664525 + 1013904223;
        byte = static_cast<uint8_t>(seed >> 24);
    }
    return bytes;
}

RecordBatchOptions options_of(int shape, CompressionType codec, int level) {
    RecordBatchOptions options;
    options.compression = codec;
    options.compression_level = level;
    if (shape == 1) {
        options.base_offset = Offset(1000);
        options.leader_epoch = LeaderEpoch(7);
    }
    if (shape == 2) {
        options.producer_id = ProducerId(42);
        options.producer_epoch = ProducerEpoch(3);
        options.base_sequence = 5;
        options.transactional = true;
    }
    if (shape == 3) {
        options.timestamp_type = TimestampType::kLogAppendTime;
        options.log_append_time = TimestampMs(kTime + 77);
    }
    return options;
}

void append_nulls_and_headers(RecordBatchBuilder& builder) {
    const Bytes header_value{1, 2, 3};
    const RecordHeader headers[] = {
        {"h", BytesView(header_value)}, {"", std::nullopt}, {"e", BytesView()}};
    check(builder.append({TimestampMs(kTime), std::nullopt, std::nullopt, {}}));
    check(builder.append({TimestampMs(kTime - 5), BytesView(), BytesView(), headers}));
    check(builder.append({TimestampMs(kTime + 100'000), as_bytes("k"), std::nullopt, {}}));
}

void append_many(RecordBatchBuilder& builder) {
    for (int n = 0; n < 1000; n++) {
        std::string key = "key-" + std::to_string(n);
        std::string value;
        for (int repeat = 0; repeat < 10; repeat++) value += "value-" + std::to_string(n) + " ";
        check(builder.append({TimestampMs(kTime + n), as_bytes(key), as_bytes(value), {}}));
    }
}

void append_noise(RecordBatchBuilder& builder) {
    for (uint32_t n = 1; n <= 3; n++) {
        Bytes value = noise(200'000, n);
        check(builder.append({TimestampMs(kTime), std::nullopt, BytesView(value), {}}));
    }
}

Bytes batch_of(int shape, CompressionType codec, int level) {
    RecordBatchBuilder builder(options_of(shape, codec, level));
    if (shape == 0)
        check(builder.append({TimestampMs(kTime), as_bytes("key"), as_bytes("value"), {}}));
    if (shape == 1) append_nulls_and_headers(builder);
    if (shape == 2) append_many(builder);
    if (shape == 3) append_noise(builder);
    return value_of(builder.build());
}

/// COMMIT of coordinator epoch 9.
Bytes marker() {
    RecordBatchOptions options;
    options.base_offset = Offset(60);
    options.leader_epoch = LeaderEpoch(7);
    options.producer_id = ProducerId(42);
    options.producer_epoch = ProducerEpoch(3);
    options.transactional = true;
    options.control = true;
    RecordBatchBuilder builder(options);
    const Bytes key{0, 0, 0, 1};
    const Bytes value{0, 0, 0, 0, 0, 9};
    check(builder.append({TimestampMs(kTime), BytesView(key), BytesView(value), {}}));
    return value_of(builder.build());
}

void write_file(const std::string& directory, CompressionType codec, int level) {
    std::string name =
        directory + "/" + std::string(compression_name(codec)) + "-" + std::to_string(level);
    std::ofstream file(name, std::ios::binary);
    for (int shape = 0; shape < 4; shape++) file << as_text(batch_of(shape, codec, level));
    if (codec == CompressionType::kNone) file << as_text(marker());
    if (!file.flush()) fail("cannot write " + name);
}

void write_all(const std::string& directory) {
    write_file(directory, CompressionType::kNone, 0);
    write_file(directory, CompressionType::kSnappy, 0);
    for (int level : {-1, 1, 9}) write_file(directory, CompressionType::kGzip, level);
    for (int level : {1, 9, 17}) write_file(directory, CompressionType::kLz4, level);
    for (int level : {1, 3, 19}) write_file(directory, CompressionType::kZstd, level);
}

std::string content(const std::optional<BytesView>& bytes) {
    if (!bytes) return "null";
    char crc[16];
    std::snprintf(crc, sizeof crc, "%" PRIx32, crc32c(*bytes));
    return std::to_string(bytes->size()) + ":" + crc;
}

void dump_records(const RecordBatchView& batch) {
    RecordReader reader(batch);
    while (value_of(reader.next())) {
        const RecordView& record = reader.record();
        std::printf("record %" PRId64 " %" PRId64 " key %s value %s", record.offset.value,
                    record.timestamp.value, content(record.key).c_str(),
                    content(record.value).c_str());
        for (const RecordHeader& header : record.headers())
            std::printf(" header %s=%s", std::string(header.key).c_str(),
                        content(header.value).c_str());
        std::printf("\n");
    }
}

void dump(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    RecordBatches batches(bytes);
    while (auto next = value_of(batches.next())) {
        const RecordBatchView& batch = *next;
        if (!batch.is_crc_valid()) fail(name + ": wrong checksum");
        auto text = [](bool yes) { return yes ? "true" : "false"; };
        std::printf("batch %" PRId64 "..%" PRId64 " epoch %d codec %d type %d transactional %s",
                    batch.base_offset().value, batch.last_offset().value,
                    batch.leader_epoch().value, static_cast<int>(*batch.compression()),
                    static_cast<int>(batch.timestamp_type()), text(batch.is_transactional()));
        std::printf(" control %s max %" PRId64 " producer %" PRId64
                    " %d %d..%d count %d bytes=%zu\n",
                    text(batch.is_control()), batch.max_timestamp().value,
                    batch.producer_id().value, batch.producer_epoch().value, batch.base_sequence(),
                    batch.last_sequence(), batch.record_count(), batch.size_bytes());
        dump_records(batch);
    }
    if (batches.position() != bytes.size()) fail(name + ": bytes behind the last batch");
}

}  // namespace
}  // namespace milena

int main(int count, char** arguments) {
    if (count > 2 && std::string(arguments[1]) == "write")
        milena::write_all(arguments[2]);
    else
        for (int n = 2; n < count; n++) milena::dump(arguments[n]);
}
