// SPDX-License-Identifier: Apache-2.0
// What the storage tests share: a directory of their own, a clock they set, a log and its records.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/thread_pool.h"
#include "protocol/record_batch_builder.h"
#include "protocol/record_validator.h"
#include "storage/partition_log.h"

namespace milena {

class TestClock final : public Clock {
  public:
    TimestampMs now() const override { return TimestampMs(now_ms.load()); }
    SteadyTime steady_now() const override {
        return SteadyTime(std::chrono::milliseconds(now_ms.load()));
    }
    std::atomic<int64_t> now_ms{1'700'000'000'000};
};

class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        const char* base = std::getenv("TEST_TMPDIR");
        path = std::string(base ? base : "/tmp") + "/milena-storage-XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) std::abort();
    }
    ~TemporaryDirectory() { (void)posix_file_system().remove_tree(path); }
    std::string path;
};

struct BatchSpec {
    int records = 1;
    size_t value_bytes = 10;
    int64_t timestamp = 1'700'000'000'000;
    int64_t producer = -1;
    int16_t epoch = -1;
    int32_t sequence = -1;
    bool transactional = false;
    CompressionType compression = CompressionType::kNone;
    std::optional<std::string> key = std::nullopt;
};

inline Bytes make_batch(const BatchSpec& spec) {
    RecordBatchOptions options;
    options.producer_id = ProducerId(spec.producer);
    options.producer_epoch = ProducerEpoch(spec.epoch);
    options.base_sequence = spec.sequence;
    options.transactional = spec.transactional;
    options.compression = spec.compression;
    RecordBatchBuilder builder(options);
    Bytes value(spec.value_bytes, 'v');
    for (int i = 0; i < spec.records; ++i)
        EXPECT_TRUE(builder.append({TimestampMs(spec.timestamp + i),
                                    spec.key ? std::optional(as_bytes(*spec.key)) : std::nullopt,
                                    BytesView(value),
                                    {}}));
    return builder.build().value();
}

/// The end of a producer's transaction, as a coordinator writes it.
inline Bytes make_marker(int64_t producer, int16_t epoch, bool commit) {
    RecordBatchOptions options;
    options.producer_id = ProducerId(producer);
    options.producer_epoch = ProducerEpoch(epoch);
    options.transactional = true;
    options.control = true;
    RecordBatchBuilder builder(options);
    const Bytes key{0, 0, 0, static_cast<uint8_t>(commit)};
    const Bytes value{0, 0, 0, 0, 0, 7};
    EXPECT_TRUE(
        builder.append({TimestampMs(1'700'000'000'000), BytesView(key), BytesView(value), {}}));
    return builder.build().value();
}

class LogTest : public testing::Test {
  protected:
    LogTest() {
        config.index_interval_bytes = 100;
        set_log_level(LogLevel::kOff);  // most of these tests break something on purpose
    }

    std::shared_ptr<PartitionLog> open(LogCheckpoint checkpoint = {}) {
        auto opened = try_open(checkpoint);
        if (!opened) throw std::runtime_error(opened.error().to_string());
        return *opened;
    }
    Result<std::shared_ptr<PartitionLog>> try_open(LogCheckpoint checkpoint = {}) {
        LogEnvironment environment{std::make_shared<FileCache>(*files, open_files_max), clock, pool,
                                   retired};
        auto log = PartitionLog::open(environment, directory(), {"orders", 0}, topic_id,
                                      std::make_shared<const LogConfig>(config), checkpoint);
        if (log)
            if (auto made = (*log)->make_directory(); !made) return made.error();
        return log;
    }
    std::string directory() const { return temporary.path + "/orders-0"; }

    Result<AppendInfo> append(PartitionLog& log, const BatchSpec& spec) {
        return append_bytes(log, make_batch(spec));
    }
    Result<AppendInfo> append_bytes(PartitionLog& log, Bytes batch,
                                    const AppendSource& source = AppendOrigin::kClient) {
        auto info = log.append_as_leader(batch, epoch, source, nullptr);
        if (info) log.advance_high_watermark(log.log_end_offset());
        return info;
    }
    static Result<void> sync(PartitionLog& log) {
        std::promise<Result<void>> promise;
        auto future = promise.get_future();
        log.sync([&](Result<void> result) { promise.set_value(std::move(result)); });
        return future.get();
    }
    static Bytes bytes_of(const FileSlice& slice) {
        Bytes bytes(static_cast<size_t>(slice.length));
        if (bytes.empty()) return bytes;
        EXPECT_EQ(*slice.file->read_at(slice.position, bytes), bytes.size());
        return bytes;
    }
    /// {base offset, last offset} of the batches in `bytes`.
    static std::vector<std::pair<int64_t, int64_t>> ranges(BytesView bytes) {
        std::vector<std::pair<int64_t, int64_t>> found;
        RecordBatches batches(bytes);
        while (true) {
            auto batch = batches.next();
            if (!batch || !*batch) break;
            EXPECT_TRUE((*batch)->is_crc_valid());
            found.emplace_back((*batch)->base_offset().value, (*batch)->last_offset().value);
        }
        EXPECT_EQ(batches.position(), bytes.size()) << "a batch was cut";
        return found;
    }
    /// All batches from `from` on, read slice by slice.
    static std::vector<std::pair<int64_t, int64_t>> read_all(PartitionLog& log, Offset from,
                                                             int64_t max_bytes = 1 << 20) {
        std::vector<std::pair<int64_t, int64_t>> all;
        while (from < log.log_end_offset()) {
            auto read = log.read(from, max_bytes, log.log_end_offset(), true, false);
            EXPECT_TRUE(read) << read.error().to_string();
            if (!read || read->records.length == 0) break;
            for (auto range : ranges(bytes_of(read->records))) all.push_back(range);
            from = Offset(all.back().second + 1);
        }
        return all;
    }

    TemporaryDirectory temporary;
    TestClock clock;
    ThreadPool pool{2};
    FileSystem* files = &posix_file_system();
    int open_files_max = 100;
    std::shared_ptr<RetiredFiles> retired = std::make_shared<RetiredFiles>();
    LogConfig config;
    Uuid topic_id = Uuid::random();
    LeaderEpoch epoch{3};
};

inline LogCheckpoint after_crash(Offset recovery_point = Offset(0)) {
    LogCheckpoint checkpoint;
    checkpoint.clean_shutdown = false;
    checkpoint.recovery_point = recovery_point;
    return checkpoint;
}

}  // namespace milena
