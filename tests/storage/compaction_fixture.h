// SPDX-License-Identifier: Apache-2.0
// Logs with keys, and what is left of them.
#pragma once

#include "protocol/record_reader.h"
#include "storage/compaction.h"
#include "tests/storage/fixtures.h"

namespace milena {

/// One record, as a consumer sees it.
struct SeenRecord {
    int64_t offset = -1;
    std::string key;
    std::string value;  ///< "null" for a tombstone
    bool operator==(const SeenRecord&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const SeenRecord& record) {
    return out << record.offset << ":" << record.key << "=" << record.value;
}

struct SeenBatch {
    int64_t base = -1, last = -1;
    int32_t records = 0;
    bool control = false, horizon = false;
    bool operator==(const SeenBatch&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const SeenBatch& batch) {
    return out << batch.base << "-" << batch.last << " of " << batch.records
               << (batch.control ? " control" : "") << (batch.horizon ? " horizon" : "");
}

class CompactionTest : public LogTest {
  protected:
    using Pairs = std::vector<std::pair<std::string, std::optional<std::string>>>;

    CompactionTest() {
        config.cleanup_delete = false;
        config.cleanup_compact = true;
        config.segment_bytes = 1 << 20;
        config.min_cleanable_dirty_ratio = 0;
    }
    Bytes batch_of(const Pairs& pairs, BatchSpec spec = {}) const {
        RecordBatchOptions options;
        options.producer_id = ProducerId(spec.producer);
        options.producer_epoch = ProducerEpoch(spec.epoch);
        options.base_sequence = spec.sequence;
        options.transactional = spec.transactional;
        options.compression = spec.compression;
        RecordBatchBuilder builder(options);
        int64_t timestamp = spec.timestamp;
        for (const auto& [key, value] : pairs)
            EXPECT_TRUE(builder.append({TimestampMs(timestamp++),
                                        as_bytes(key),
                                        value ? std::optional(as_bytes(*value)) : std::nullopt,
                                        {}}));
        return builder.build().value();
    }
    void put(PartitionLog& log, const Pairs& pairs, const BatchSpec& spec = {}) {
        ASSERT_TRUE(append_bytes(log, batch_of(pairs, spec)));
    }
    /// What follows goes into another segment.
    void roll(PartitionLog& log) {
        LogConfig rolling = config;
        constexpr int64_t kRollBytesMax = 80;
        rolling.segment_bytes =
            static_cast<int32_t>(std::max(log.segment_list()->back()->size(), kRollBytesMax));
        log.reconfigure(rolling);
        put(log, {{"roll", "x"}});
        log.reconfigure(config);
    }
    /// Removes the log once none of its syncs writes there any more.
    void discard(std::shared_ptr<PartitionLog> log) {
        ASSERT_TRUE(sync(*log));
        log = nullptr;
        ASSERT_TRUE(files->remove_tree(directory()));
    }
    static std::vector<SeenRecord> records(PartitionLog& log, bool committed_only = false) {
        std::vector<SeenRecord> all;
        visit(log, [&](const RecordBatchView& batch, const LogRead& read) {
            if (batch.is_control()) return;
            if (committed_only && was_aborted(batch, read)) return;
            RecordReader reader(batch);
            while (true) {
                auto more = reader.next();
                ASSERT_TRUE(more) << more.error().to_string();
                if (!*more) return;
                const RecordView& record = reader.record();
                all.push_back({record.offset.value, std::string(as_text(*record.key)),
                               record.value ? std::string(as_text(*record.value)) : "null"});
            }
        });
        return all;
    }
    static std::vector<SeenBatch> batches(PartitionLog& log) {
        std::vector<SeenBatch> all;
        visit(log, [&](const RecordBatchView& batch, const LogRead&) {
            all.push_back({batch.base_offset().value, batch.last_offset().value,
                           batch.record_count(), batch.is_control(), batch.has_delete_horizon()});
        });
        return all;
    }
    /// One run over all that may be compacted.
    Result<std::optional<CompactionOutcome>> compact(PartitionLog& log,
                                                     std::optional<Offset> checkpoint = {},
                                                     int64_t map_bytes = 1 << 20,
                                                     int64_t superseded_bytes = 1 << 20) {
        OffsetMap map(map_bytes, 0.9);
        auto range = find_compaction_range(log, checkpoint, clock.now());
        if (!range) return range.error();
        CompactionOptions options;
        options.superseded_bytes = superseded_bytes;
        return Compaction(log, *files, map, options).run(*range, clock.now());
    }

  private:
    template <class Visit>
    static void visit(PartitionLog& log, const Visit& visit) {
        for (Offset from = log.log_start_offset(); from < log.log_end_offset();) {
            auto read = log.read(from, 1 << 20, log.log_end_offset(), true, true);
            ASSERT_TRUE(read) << read.error().to_string();
            if (read->records.length == 0) return;
            const Bytes bytes = bytes_of(read->records);
            RecordBatches batches(bytes);
            for (auto batch = batches.next(); batch && *batch; batch = batches.next()) {
                EXPECT_TRUE((*batch)->is_crc_valid());
                visit(**batch, *read);
                from = (*batch)->last_offset() + 1;
            }
        }
    }
    /// As a consumer finds out; enough for producers with one transaction in a slice.
    static bool was_aborted(const RecordBatchView& batch, const LogRead& read) {
        return batch.is_transactional() &&
               std::any_of(read.aborted.begin(), read.aborted.end(), [&](const auto& one) {
                   return one.producer_id == batch.producer_id() &&
                          one.first_offset <= batch.base_offset();
               });
    }
};

}  // namespace milena
