// SPDX-License-Identifier: Apache-2.0
// One partition's log: segments, offsets, producers, epochs. Everything above reads and writes
// records through it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"
#include "storage/log_config.h"

namespace milena {

struct RecordError;  // protocol/record_validator.h

enum class AppendOrigin { kClient, kCoordinator };

/// Shows that a producer's write was checked with the coordinator of its transaction. kNone shows
/// nothing.
enum class VerificationGuard : uint64_t { kNone = 0 };

/// A producer's first batch of a transaction, before it is appended.
struct TransactionStart {
    ProducerId producer_id;
    ProducerEpoch epoch;
    int32_t sequence = -1;
    /// Every end of a transaction gives the producer a new epoch (transaction.version 2).
    bool bumps_epoch = false;
};

/// Who appends, and what the rules of transactions need to know of it.
struct AppendSource {
    AppendSource(AppendOrigin from) : origin(from) {}  // most need no more

    AppendOrigin origin;
    /// For a batch that starts a transaction in this log: what start_verification() gave. Nothing:
    /// transactions need not be verified.
    std::optional<VerificationGuard> guard;
    /// Of a marker: by which version of transactions its epoch is to be judged.
    int16_t transaction_version = 0;
};

/// What an append did. For a duplicate of an idempotent producer: what the first append did.
struct AppendInfo {
    Offset first_offset;
    Offset last_offset;
    /// -1 unless the topic stamps LogAppendTime.
    TimestampMs log_append_time{-1};
    Offset log_start_offset;
    bool duplicate = false;
    /// flush.messages was reached: the caller acknowledges only after Log::sync reports success.
    bool needs_sync = false;
};

/// Records that Log::validate let through; offsets and epoch are still to be stamped.
struct ValidRecords {
    MutableBytesView in_place;  ///< of the caller's buffer
    Bytes rewritten;            ///< takes their place where the topic wants another codec
    /// -1 unless the topic stamps LogAppendTime.
    TimestampMs log_append_time{-1};
    AppendSource source = AppendOrigin::kClient;

    MutableBytesView bytes() { return rewritten.empty() ? in_place : MutableBytesView(rewritten); }
};

struct AbortedTransaction {
    ProducerId producer_id;
    Offset first_offset;
};

/// What a read found. `records` is empty at the end of the log.
struct LogRead {
    FileSlice records;
    /// With read_committed: aborted transactions that touch the slice.
    std::vector<AbortedTransaction> aborted;
};

struct TimestampedOffset {
    Offset offset;
    TimestampMs timestamp;
    LeaderEpoch leader_epoch;
};

/// A producer that the log remembers, for DescribeProducers.
struct ActiveProducer {
    ProducerId producer_id;
    int32_t epoch = 0;
    int32_t last_sequence = -1;
    TimestampMs last_timestamp{-1};
    int32_t coordinator_epoch = -1;
    Offset current_transaction_start{-1};
};

/// Thread safe. Writers (append, truncate, roll, delete) take the log's own mutex for one
/// operation; the offsets below and read() take none. All failures of the disk are
/// KAFKA_STORAGE_ERROR.
class Log {
  public:
    virtual ~Log() = default;

    virtual const std::string& topic() const = 0;
    virtual int32_t partition() const = 0;
    virtual Uuid topic_id() const = 0;
    /// The partition's own. It changes when the log moves to another data directory.
    virtual std::string directory() const = 0;
    /// KAFKA_STORAGE_ERROR after a failure of the disk, UNKNOWN_TOPIC_OR_PARTITION once deleted.
    virtual Result<void> check_usable() const { return {}; }

    virtual Offset log_start_offset() const = 0;
    /// The offset that the next record gets.
    virtual Offset log_end_offset() const = 0;
    virtual Offset high_watermark() const = 0;
    /// First offset of the earliest open transaction, at most the high watermark.
    virtual Offset last_stable_offset() const = 0;
    virtual int64_t size_bytes() const = 0;

    /// Moves the high watermark, bounded by log start and log end; returns whether it advanced.
    virtual bool advance_high_watermark(Offset to) = 0;

    /// Checks what a client produced; the dear part of an append, which takes no lock. Errors are
    /// Kafka's for Produce; `record_errors` (may be null) gets the records that caused
    /// INVALID_RECORD and such. The result points into `batches`.
    virtual Result<ValidRecords> validate(MutableBytesView batches, const AppendSource& source,
                                          std::vector<RecordError>* record_errors) const = 0;
    /// Stamps offsets and epoch into the records, and appends them.
    virtual Result<AppendInfo> append(ValidRecords records, LeaderEpoch epoch) = 0;

    /// Both.
    Result<AppendInfo> append_as_leader(MutableBytesView batches, LeaderEpoch epoch,
                                        const AppendSource& source,
                                        std::vector<RecordError>* record_errors) {
        auto valid = validate(batches, source, record_errors);
        if (!valid) return valid.error();
        return append(std::move(*valid), epoch);
    }

    /// A producer is about to start a transaction here. Its batch is refused unless it brings the
    /// guard, which a marker in between makes worthless: so nothing is appended to a transaction
    /// that its coordinator has ended. kNone if the transaction is open here already;
    /// INVALID_PRODUCER_EPOCH.
    virtual Result<VerificationGuard> start_verification(const TransactionStart& start) = 0;
    /// Whether a coordinator may append to the transaction of this producer: INVALID_PRODUCER_EPOCH
    /// or INVALID_TXN_STATE.
    virtual Result<void> check_transaction(ProducerId producer, ProducerEpoch epoch,
                                           std::optional<VerificationGuard> guard) const = 0;

    /// Whole batches from the one that holds `from`, at most `max_bytes` and below `end`; if
    /// `at_least_one`, the first batch even when it is larger. Never crosses a segment.
    /// OFFSET_OUT_OF_RANGE below log start or above log end.
    virtual Result<LogRead> read(Offset from, int64_t max_bytes, Offset end, bool at_least_one,
                                 bool with_aborted) = 0;

    /// First record with timestamp >= `timestamp`, or nothing.
    virtual Result<std::optional<TimestampedOffset>> offset_for_timestamp(
        TimestampMs timestamp) = 0;
    /// The record with the largest timestamp (ListOffsets -3), or nothing.
    virtual Result<std::optional<TimestampedOffset>> offset_of_max_timestamp() = 0;

    virtual std::optional<LeaderEpoch> latest_epoch() const = 0;
    /// Epoch that was leading at `offset`, if known.
    virtual std::optional<LeaderEpoch> epoch_of(Offset offset) const = 0;
    /// KIP-101: {epoch, end offset} of the largest epoch <= `requested`; {-1, -1} if undefined.
    virtual std::pair<LeaderEpoch, Offset> end_offset_for_epoch(LeaderEpoch requested) const = 0;
    /// A leader's first act in an epoch: remembers where the epoch starts.
    virtual Result<void> start_epoch(LeaderEpoch epoch) = 0;

    /// DeleteRecords: OFFSET_OUT_OF_RANGE above the high watermark. Returns the new log start.
    virtual Result<Offset> delete_records_before(Offset offset) = 0;

    /// Everything appended so far onto the device; group commit with other logs. `done` runs on a
    /// pool thread.
    virtual void sync(std::function<void(Result<void>)> done) = 0;
    /// First offset that may not be on the device yet.
    virtual Offset recovery_point() const = 0;

    virtual std::vector<ActiveProducer> active_producers() const = 0;
    virtual void reconfigure(const LogConfig& config) = 0;
    virtual LogConfig config() const = 0;
};

}  // namespace milena
