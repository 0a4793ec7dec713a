// SPDX-License-Identifier: Apache-2.0
// Batches for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/record_batch_builder.h"
#include "protocol/record_reader.h"

namespace milena {

inline constexpr CompressionType kAllCodecs[] = {CompressionType::kNone, CompressionType::kGzip,
                                                 CompressionType::kSnappy, CompressionType::kLz4,
                                                 CompressionType::kZstd};
inline constexpr TimestampMs kTestTime{1'700'000'000'000};

/// Reproducible bytes that no codec makes smaller.
inline Bytes noise(size_t size, uint32_t seed = 1) {
    Bytes bytes(size);
    for (uint8_t& byte : bytes) {
        seed = seed * 1664525 + 1013904223;
        byte = static_cast<uint8_t>(seed >> 24);
    }
    return bytes;
}

inline Bytes build_or_die(RecordBatchBuilder& builder) {
    auto built = builder.build();
    EXPECT_TRUE(built.has_value()) << built.error().to_string();
    return built ? *built : Bytes();
}

/// `count` records: key "key-N", value "value-N ..." of `value_bytes`, a header, a millisecond
/// apart.
inline Bytes make_batch(int count, const RecordBatchOptions& options = {},
                        size_t value_bytes = 20) {
    RecordBatchBuilder builder(options);
    Bytes header_value{1, 2, 3};
    for (int n = 0; n < count; n++) {
        std::string key = "key-" + std::to_string(n);
        std::string value = "value-" + std::to_string(n) + " ";
        value.resize(value_bytes, 'v');
        RecordHeader header{"header", BytesView(header_value)};
        TimestampMs time(kTestTime.value + n);
        EXPECT_TRUE(builder.append({time, as_bytes(key), as_bytes(value), {&header, 1}}));
    }
    return build_or_die(builder);
}

inline RecordBatchView view(const Bytes& batch) {
    auto parsed = RecordBatchView::parse(batch);
    EXPECT_TRUE(parsed.has_value()) << parsed.error().to_string();
    return *parsed;
}

template <class T>
void poke(Bytes& batch, size_t at, T value) {
    store_big_endian(batch.data() + at, value);
}
inline void mend_crc(Bytes& batch) {
    poke(batch, RecordBatchLayout::kCrc, record_batch_crc(batch));
}
/// Changes a field and makes the checksum right again.
template <class T>
Bytes with(Bytes batch, size_t at, T value) {
    poke(batch, at, value);
    mend_crc(batch);
    return batch;
}
/// The batch with other bytes in the place of its records.
inline Bytes with_records(const Bytes& batch, BytesView records) {
    Bytes changed(batch.begin(), batch.begin() + RecordBatchLayout::kRecords);
    changed.insert(changed.end(), records.begin(), records.end());
    poke(changed, RecordBatchLayout::kLength,
         static_cast<int32_t>(changed.size() - RecordBatchLayout::kPrefixBytes));
    mend_crc(changed);
    return changed;
}

inline Bytes compress(CompressionType codec, BytesView plain, std::optional<int> level = {}) {
    if (codec == CompressionType::kNone) return Bytes(plain.begin(), plain.end());
    Bytes out;
    auto compressor = take_compressor(codec);
    EXPECT_TRUE(compressor->start(level.value_or(default_compression_level(codec)), out));
    EXPECT_TRUE(compressor->write(plain, out));
    EXPECT_TRUE(compressor->finish(out));
    return out;
}

}  // namespace milena
