// SPDX-License-Identifier: Apache-2.0
// What a compaction leaves of each batch.
//
// A record stays if none after it has its key. A tombstone stays for delete.retention.ms after it
// was first seen here: its batch then gets a delete horizon (an attribute; the base timestamp holds
// the time), and when that has passed, the tombstone goes with the next compaction. So does the
// marker of a transaction that has no records left. A batch keeps its offsets, its producer and its
// sequence, however few records it keeps; the last batch of a producer stays even without any, as
// that is where the log knows the producer's sequence from.
#pragma once

#include <unordered_map>
#include <vector>

#include "storage/cleaned_records.h"
#include "storage/cleaned_transactions.h"
#include "storage/offset_map.h"
#include "storage/partition_log.h"
#include "storage/superseded_records.h"

namespace milena {

struct FilterRules {
    TimestampMs now;
    int64_t delete_retention_ms = 0;
    Offset high_watermark;
    std::unordered_map<ProducerId, LastOfProducer> producers;
};

/// Not thread safe.
class BatchFilter {
  public:
    BatchFilter(const OffsetMap& map, const SupersededRecords& superseded,
                CleanedTransactions& transactions, const FilterRules& rules)
        : map_(map), superseded_(superseded), transactions_(transactions), rules_(rules) {}

    /// What is to be written for `batch`: itself, a smaller one (valid until the next call), or
    /// nothing. Looks at its CRC only if it looks at its records, as it is what vouches for the
    /// batch otherwise. CORRUPT_MESSAGE if these can't be read. REQUIRES: batches come in order.
    Result<BytesView> filter(const BatchReader::Batch& batch);

  private:
    struct Choice {
        int32_t kept = 0;
        bool has_tombstones = false;
        TimestampMs first_timestamp;
        TimestampMs max_timestamp;
    };
    /// What is known of a record before the map is asked.
    struct Seen {
        Offset offset;
        TimestampMs timestamp;
        std::optional<OffsetMap::Key> key;
        bool has_value;
    };
    /// How many are asked about together.
    static constexpr size_t kTogether = 64;

    /// Number of records that stay, if that is known without a look at them.
    std::optional<int64_t> count_kept(const BatchHeader& batch) const;
    Result<Choice> choose(const BatchReader::Batch& batch, const RecordBytes& records);
    Seen see(const CleanedRecord& record) const;
    void choose_among_seen(const BatchHeader& batch, bool deletes_go, Choice& choice);
    bool keeps(const Seen& record, bool deletes_go) const;
    bool is_needed_empty(const BatchHeader& batch) const;
    BytesView make_empty(const BatchReader::Batch& batch);
    Result<BytesView> rewrite(const BatchReader::Batch& batch, const RecordBytes& records,
                              const Choice& choice, TimestampMs base_timestamp, bool has_horizon);

    const OffsetMap& map_;
    const SupersededRecords& superseded_;
    CleanedTransactions& transactions_;
    const FilterRules& rules_;
    Inflater inflater_;
    std::vector<Seen> seen_;
    std::vector<bool> is_kept_;  // of the batch's records
    Bytes out_;
};

}  // namespace milena
