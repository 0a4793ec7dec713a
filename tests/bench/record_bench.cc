// SPDX-License-Identifier: Apache-2.0
// What a Produce of one batch of about 1 MB costs in protocol/, by codec and record size.
#include <benchmark/benchmark.h>

#include "protocol/crc32c.h"
#include "protocol/record_batch_builder.h"
#include "protocol/record_validator.h"

namespace milena {
namespace {

constexpr size_t kBatchBytes = 1'000'000;
constexpr TimestampMs kNow{1'700'000'000'000};

/// Half of each value repeats: codecs find something to do.
Bytes make_batch(CompressionType codec, size_t record_bytes) {
    RecordBatchOptions options;
    options.compression = codec;
    RecordBatchBuilder builder(options);
    uint32_t seed = 1;
    Bytes value(record_bytes, 'v');
    for (size_t total = 0; total < kBatchBytes; total += record_bytes) {
        for (size_t at = 0; at < value.size() / 2; at++)
            value[at] = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
        if (!builder.append({kNow, std::nullopt, BytesView(value), {}})) std::abort();
    }
    return *builder.build();
}

void count_bytes(benchmark::State& state) {
    state.SetBytesProcessed(static_cast<int64_t>(kBatchBytes) * state.iterations());
}

void checksum(benchmark::State& state) {
    Bytes bytes(kBatchBytes, 1);
    for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes));
    count_bytes(state);
}
BENCHMARK(checksum);

void validate(benchmark::State& state) {
    auto codec = static_cast<CompressionType>(state.range(0));
    Bytes batch = make_batch(codec, static_cast<size_t>(state.range(1)));
    ValidationOptions options;
    options.now = kNow;
    for (auto _ : state) {
        auto outcome = validate_and_assign(batch, Offset(0), LeaderEpoch(0), options, nullptr);
        if (!outcome) std::abort();
        benchmark::DoNotOptimize(outcome->bytes);
    }
    count_bytes(state);
    state.SetLabel(std::string(compression_name(codec)));
}
BENCHMARK(validate)
    ->ArgsProduct({{0, 1, 2, 3, 4}, {100, 1'000}})
    ->Args({0, 10})
    ->Args({0, 100'000});

void rewrite_to(benchmark::State& state) {
    auto codec = static_cast<CompressionType>(state.range(0));
    Bytes batch = make_batch(CompressionType::kNone, 1'000);
    ValidationOptions options;
    options.now = kNow;
    options.target_compression = codec;
    for (auto _ : state) {
        auto outcome = validate_and_assign(batch, Offset(0), LeaderEpoch(0), options, nullptr);
        if (!outcome) std::abort();
        store_big_endian(batch.data(), int64_t{0});
    }
    count_bytes(state);
    state.SetLabel(std::string(compression_name(codec)));
}
BENCHMARK(rewrite_to)->DenseRange(1, 4);

}  // namespace
}  // namespace milena
