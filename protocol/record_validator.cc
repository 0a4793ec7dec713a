// SPDX-License-Identifier: Apache-2.0
#include "protocol/record_validator.h"

#include <algorithm>

#include "protocol/record_batch_builder.h"

namespace milena {
namespace {

Error invalid(std::string message) { return Error(ErrorCode::INVALID_RECORD, std::move(message)); }

/// Checks records one by one and remembers those that are to blame.
class RecordChecker {
  public:
    RecordChecker(const RecordBatchView& batch, const ValidationOptions& options)
        : batch_(batch),
          options_(options),
          claims_log_append_time_(batch.timestamp_type() == TimestampType::kLogAppendTime) {}

    void check(bool has_key, int64_t timestamp_delta) {
        TimestampMs timestamp = record_timestamp(batch_, timestamp_delta);
        max_timestamp_ = std::max(max_timestamp_, timestamp);
        if (options_.compacted && !has_key) [[unlikely]]
            blame(ErrorCode::INVALID_RECORD, "a compacted topic takes no record without a key");
        else if (options_.timestamp_type == TimestampType::kCreateTime && timestamp != kNoTimestamp)
            check_range(timestamp);
        else if (claims_log_append_time_) [[unlikely]]
            blame(ErrorCode::INVALID_TIMESTAMP,
                  "only the broker sets the timestamp type LogAppendTime");
        count_++;
    }

    int32_t count() const { return count_; }
    TimestampMs max_timestamp() const { return max_timestamp_; }

    /// Hands out what was found wrong.
    Result<void> outcome(std::vector<RecordError>* errors) {
        if (blamed_ == 0) return {};
        std::string summary = std::to_string(blamed_) + " of " + std::to_string(count_) +
                              " records are invalid; record " +
                              std::to_string(errors_.front().batch_index) + ": " +
                              errors_.front().message;
        if (errors) *errors = std::move(errors_);
        return Error(code_, std::move(summary));
    }

  private:
    void check_range(TimestampMs timestamp) {
        // Any 64 bits may come from the wire: differences wrap, as they do in Java.
        uint64_t age =
            static_cast<uint64_t>(options_.now.value) - static_cast<uint64_t>(timestamp.value);
        bool too_old = static_cast<int64_t>(age) > options_.timestamp_before_max_ms;
        bool too_new = static_cast<int64_t>(0 - age) > options_.timestamp_after_max_ms;
        if (too_old || too_new) [[unlikely]]
            blame(ErrorCode::INVALID_TIMESTAMP,
                  "timestamp " + std::to_string(timestamp.value) + " lies too far " +
                      (too_old ? "before" : "after") + " the broker's time " +
                      std::to_string(options_.now.value));
    }

    void blame(ErrorCode code, std::string message) {
        blamed_++;
        // One bad timestamp makes the whole batch's error INVALID_TIMESTAMP.
        if (code_ != ErrorCode::INVALID_TIMESTAMP) code_ = code;
        if (errors_.size() < kRecordErrorsMax) errors_.push_back({count_, std::move(message)});
    }

    const RecordBatchView& batch_;
    const ValidationOptions& options_;
    bool claims_log_append_time_;
    int32_t count_ = 0;
    int32_t blamed_ = 0;
    TimestampMs max_timestamp_{kNoTimestamp};
    ErrorCode code_ = ErrorCode::NONE;
    std::vector<RecordError> errors_;
};

Result<void> check_client_batch(const RecordBatchView& batch) {
    int64_t offsets = int64_t{batch.last_offset_delta()} + 1;
    if (offsets <= 0)
        return invalid("the batch's last offset delta is " +
                       std::to_string(batch.last_offset_delta()));
    if (batch.record_count() <= 0)
        return invalid("the batch says it has " + std::to_string(batch.record_count()) +
                       " records");
    if (offsets != batch.record_count())
        return invalid("the batch says it has " + std::to_string(batch.record_count()) +
                       " records, but " + std::to_string(offsets) + " offsets");
    if (batch.is_control()) return invalid("a client must not write control records");
    if (batch.has_producer_id() && batch.base_sequence() < 0)
        return invalid("an idempotent producer's sequence must not be negative: " +
                       std::to_string(batch.base_sequence()));
    return {};
}

Error too_large(size_t bytes, const ValidationOptions& options) {
    return Error(ErrorCode::MESSAGE_TOO_LARGE, "the batch has " + std::to_string(bytes) +
                                                   " bytes, max.message.bytes is " +
                                                   std::to_string(options.message_bytes_max));
}

bool is_too_large(size_t bytes, const ValidationOptions& options) {
    return std::cmp_greater(bytes, options.message_bytes_max);
}

/// Everything that the batch's header tells.
Result<void> check_header(const RecordBatchView& batch, const ValidationOptions& options) {
    if (options.from_client && batch.base_offset() != Offset(0))
        return invalid("a produced batch starts at offset 0, not at " +
                       std::to_string(batch.base_offset().value));
    if (is_too_large(batch.size_bytes(), options)) return too_large(batch.size_bytes(), options);
    if (!batch.is_crc_valid())
        return Error(ErrorCode::CORRUPT_MESSAGE, "the batch's checksum does not fit its content");
    if (!batch.compression())
        return Error(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
                     "the batch has the unknown codec " +
                         std::to_string(batch.attributes() & RecordBatchLayout::kCompressionMask));
    if (options.from_client) return check_client_batch(batch);
    if (batch.record_count() <= 0) return invalid("the batch has no records");
    return {};
}

/// What becomes of a batch's codec, and whether that needs a new batch.
CompressionType target_codec(const RecordBatchView& batch, const ValidationOptions& options) {
    CompressionType source = *batch.compression();
    if (batch.is_control()) return source;
    return options.target_compression.value_or(source);
}

RecordBatchOptions rewrite_options(const RecordBatchView& batch, Offset first, LeaderEpoch epoch,
                                   const ValidationOptions& options) {
    RecordBatchOptions rewrite;
    rewrite.base_offset = first;
    rewrite.leader_epoch = epoch;
    rewrite.compression = target_codec(batch, options);
    if (rewrite.compression == CompressionType::kGzip)
        rewrite.compression_level = options.gzip_level;
    if (rewrite.compression == CompressionType::kLz4) rewrite.compression_level = options.lz4_level;
    if (rewrite.compression == CompressionType::kZstd)
        rewrite.compression_level = options.zstd_level;
    rewrite.timestamp_type = options.timestamp_type;
    rewrite.log_append_time = options.now;
    rewrite.producer_id = batch.producer_id();
    rewrite.producer_epoch = batch.producer_epoch();
    rewrite.base_sequence = batch.base_sequence();
    rewrite.transactional = batch.is_transactional();
    return rewrite;
}

/// One batch on its way from a producer's buffer into the log.
class BatchAppender {
  public:
    BatchAppender(const RecordBatchView& batch, const ValidationOptions& options,
                  std::vector<RecordError>* errors)
        : batch_(batch),
          options_(options),
          errors_(errors),
          reader_(batch, options.decompressed_message_bytes_max),
          checker_(batch, options) {}

    /// REQUIRES: `buffer` is where the batch's bytes are.
    Result<ValidatedBatch> stamp(MutableBytesView buffer, Offset first, LeaderEpoch epoch) {
        Result<void> checked = check_records();
        if (!checked) return checked.error();
        RecordBatchStamper stamper(buffer.first(batch_.size_bytes()));
        stamper.set_base_offset(first);
        stamper.set_leader_epoch(epoch);
        ValidatedBatch result = describe(first);
        stamper.set_max_timestamp(options_.timestamp_type, result.max_timestamp);
        result.bytes = batch_.bytes();
        return result;
    }

    Result<ValidatedBatch> rewrite(Offset first, LeaderEpoch epoch) {
        RecordBatchBuilder builder(rewrite_options(batch_, first, epoch, options_));
        Result<void> copied = copy_records(builder);
        if (!copied) return copied.error();
        ValidatedBatch result = describe(first);
        auto built = builder.build();
        if (!built) return built.error();
        if (is_too_large(built->size(), options_)) return too_large(built->size(), options_);
        result.replaced = std::move(*built);
        result.bytes = result.replaced;
        return result;
    }

  private:
    Result<void> check_records() {
        // Offsets within uncompressed batches are taken as they are, as Kafka takes them.
        bool check_offsets = *batch_.compression() != CompressionType::kNone;
        RecordOutline outline;
        for (;;) {
            auto more = reader_.next_outline(outline);
            if (!more) return more.error();
            if (!*more) return checker_.outcome(errors_);
            if (check_offsets && outline.offset_delta != checker_.count())
                return invalid("record " + std::to_string(checker_.count()) +
                               " has the offset delta " + std::to_string(outline.offset_delta));
            checker_.check(outline.key_length >= 0, outline.timestamp_delta);
        }
    }

    Result<void> copy_records(RecordBatchBuilder& builder) {
        for (;;) {
            auto more = reader_.next();
            if (!more) return more.error();
            if (!*more) return checker_.outcome(errors_);
            const RecordView& record = reader_.record();
            checker_.check(record.key.has_value(), record.timestamp_delta);
            Result<void> appended = builder.append_copy(record);
            if (!appended) return appended.error();
            // It only grows: nothing is gained by decompressing the rest.
            if (is_too_large(builder.size_bytes(), options_))
                return too_large(builder.size_bytes(), options_);
        }
    }

    ValidatedBatch describe(Offset first) const {
        bool stamps_time = options_.timestamp_type == TimestampType::kLogAppendTime;
        ValidatedBatch result;
        result.first_offset = first;
        result.last_offset = first + batch_.last_offset_delta();
        result.record_count = batch_.record_count();
        result.max_timestamp = stamps_time ? options_.now : checker_.max_timestamp();
        result.log_append_time = stamps_time ? options_.now : kNoTimestamp;
        return result;
    }

    const RecordBatchView& batch_;
    const ValidationOptions& options_;
    std::vector<RecordError>* errors_;
    RecordReader reader_;
    RecordChecker checker_;
};

}  // namespace

Result<RecordBatchView> check_produced_records(BytesView records, bool zstd_allowed) {
    RecordBatches batches(records);
    auto batch = batches.next();
    if (!batch) return batch.error();
    if (!*batch) return invalid("there is no record batch");
    if (!zstd_allowed && (*batch)->compression() == CompressionType::kZstd)
        return Error(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
                     "zstd needs version 7 of the Produce API");
    auto second = batches.next();
    if (!second) return second.error();
    if (*second) return invalid("there is more than one record batch");
    return **batch;
}

Result<ValidatedBatch> validate_and_assign(MutableBytesView records, Offset first,
                                           LeaderEpoch leader_epoch,
                                           const ValidationOptions& options,
                                           std::vector<RecordError>* errors) {
    auto batch = check_produced_records(records);
    if (!batch) return batch.error();
    Result<void> checked = check_header(*batch, options);
    if (!checked) return checked.error();
    BatchAppender appender(*batch, options, errors);
    if (target_codec(*batch, options) == batch->compression())
        return appender.stamp(records, first, leader_epoch);
    return appender.rewrite(first, leader_epoch);
}

}  // namespace milena
