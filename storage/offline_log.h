// SPDX-License-Identifier: Apache-2.0
// Stands for a log whose data directory is offline: everything is KAFKA_STORAGE_ERROR.
#pragma once

#include "storage/file_names.h"
#include "storage/log.h"

namespace milena {

/// Thread safe: it never changes.
class OfflineLog final : public Log {
  public:
    OfflineLog(PartitionName name, Uuid topic_id, LogConfig config)
        : name_(std::move(name)), topic_id_(topic_id), config_(std::move(config)) {}

    const std::string& topic() const override { return name_.topic; }
    int32_t partition() const override { return name_.partition; }
    Uuid topic_id() const override { return topic_id_; }
    std::string directory() const override { return {}; }
    Result<void> check_usable() const override { return error(); }

    Offset log_start_offset() const override { return Offset(0); }
    Offset log_end_offset() const override { return Offset(0); }
    Offset high_watermark() const override { return Offset(0); }
    Offset last_stable_offset() const override { return Offset(0); }
    int64_t size_bytes() const override { return 0; }
    bool advance_high_watermark(Offset) override { return false; }

    Result<ValidRecords> validate(MutableBytesView, const AppendSource&,
                                  std::vector<RecordError>*) const override {
        return error();
    }
    Result<AppendInfo> append(ValidRecords, LeaderEpoch) override { return error(); }
    Result<VerificationGuard> start_verification(const TransactionStart&) override {
        return error();
    }
    Result<void> check_transaction(ProducerId, ProducerEpoch,
                                   std::optional<VerificationGuard>) const override {
        return error();
    }
    Result<LogRead> read(Offset, int64_t, Offset, bool, bool) override { return error(); }
    Result<std::optional<TimestampedOffset>> offset_for_timestamp(TimestampMs) override {
        return error();
    }
    Result<std::optional<TimestampedOffset>> offset_of_max_timestamp() override { return error(); }

    std::optional<LeaderEpoch> latest_epoch() const override { return {}; }
    std::optional<LeaderEpoch> epoch_of(Offset) const override { return {}; }
    std::pair<LeaderEpoch, Offset> end_offset_for_epoch(LeaderEpoch) const override {
        return {kNoLeaderEpoch, kNoOffset};
    }
    /// The node leads, so that clients which ask it are told what is wrong.
    Result<void> start_epoch(LeaderEpoch) override { return {}; }
    Result<Offset> delete_records_before(Offset) override { return error(); }
    void sync(std::function<void(Result<void>)> done) override { done(error()); }
    Offset recovery_point() const override { return Offset(0); }
    std::vector<ActiveProducer> active_producers() const override { return {}; }
    void reconfigure(const LogConfig&) override {}
    LogConfig config() const override { return config_; }

  private:
    Error error() const {
        return Error(ErrorCode::KAFKA_STORAGE_ERROR,
                     "the data directory of " + name_.directory_name() + " is offline");
    }

    const PartitionName name_;
    const Uuid topic_id_;
    const LogConfig config_;
};

}  // namespace milena
