// SPDX-License-Identifier: Apache-2.0
// Whether a log that was opened after a failure is what it must be.
#pragma once

#include <set>
#include <sstream>

#include "protocol/record_reader.h"
#include "storage/partition_log.h"
#include "tests/power/log_model.h"

namespace milena {

/// Finds out, as consumers and producers would.
class LogCheck {
  public:
    /// `model`: as of the failure (LogModel::at). If the power failed, what was not promised may
    /// be gone, as in Apache Kafka also from between what is left.
    LogCheck(LogModel model, PartitionLog& log, bool power_failed)
        : model_(std::move(model)),
          log_(log),
          power_failed_(power_failed),
          start_(log.log_start_offset()),
          end_(log.log_end_offset()) {}

    /// Offsets of batches that were not promised, and are not there. After run().
    const std::set<Offset>& lost() const { return lost_; }

    /// What is wrong; empty if nothing is.
    std::string run() {
        check_borders();
        read_all();
        find_lost();
        if (model_.config.cleanup_compact)
            check_compacted();
        else
            check_whole();
        check_aborted();
        check_producers();
        check_epochs();
        check_lookups();
        return problems_.str();
    }

  private:
    struct Survivor {
        BatchHeader header;
        Bytes bytes;
        bool is_aborted = false;
    };

    std::ostream& problem() { return problems_ << "\n  " << log_.directory() << ": "; }

    void check_borders() {
        if (end_ < model_.promised_end())
            problem() << "ends at " << end_.value << ", but what was promised ends at "
                      << model_.promised_end().value;
        if (start_ < model_.start_at_least())
            problem() << "starts at " << start_.value << ", but records before "
                      << model_.start_at_least().value << " were deleted";
        if (start_ <= model_.start_at_most()) return;
        for (const KnownBatch& batch : model_.batches)
            if (batch.header.last_offset() >= model_.start_at_most() &&
                batch.header.base_offset < start_ && !may_be_lost(batch))
                problem() << "starts at " << start_.value << ", but only records before "
                          << model_.start_at_most().value << " may be gone";
    }

    bool may_be_lost(const KnownBatch& batch) const {
        return power_failed_ && batch.promised == kNever;
    }

    void find_lost() {
        std::set<Offset> left;
        for (const Survivor& survivor : survivors_) left.insert(survivor.header.base_offset);
        for (const KnownBatch& batch : model_.batches)
            if (may_be_lost(batch) &&
                (model_.config.cleanup_compact || batch.header.last_offset() >= start_) &&
                !left.contains(batch.header.base_offset))
                lost_.insert(batch.header.base_offset);
        std::erase_if(model_.batches, [&](const KnownBatch& batch) {
            return lost_.contains(batch.header.base_offset);
        });
    }

    void read_all() {
        for (Offset from = start_; from < end_;) {
            auto read = log_.read(from, 3000, end_, true, true);
            if (!read) {
                problem() << "can't be read at " << from.value << ": " << read.error().to_string();
                return;
            }
            if (read->records.length == 0) break;
            Bytes bytes(static_cast<size_t>(read->records.length));
            auto filled = read->records.file->read_at(read->records.position, bytes);
            if (!filled || *filled != bytes.size()) {
                problem() << "has less than a read at " << from.value << " announced";
                return;
            }
            if (!take(bytes, read->aborted)) return;
            if (survivors_.empty() || survivors_.back().header.next_offset() <= from) {
                problem() << "gives at " << from.value << " what lies before";
                return;
            }
            from = survivors_.back().header.next_offset();
        }
    }

    /// As a consumer with read_committed goes through what it fetched.
    bool take(const Bytes& bytes, std::vector<AbortedTransaction> aborted) {
        std::set<ProducerId> aborting;
        for (size_t at = 0; at < bytes.size();) {
            const BatchHeader header = BatchHeader::load(bytes.data() + at);
            if (bytes.size() - at < BatchHeader::kSize || !header.is_plausible() ||
                header.size_bytes > static_cast<int64_t>(bytes.size() - at)) {
                problem() << "gives garbage behind offset "
                          << (survivors_.empty() ? -1
                                                 : survivors_.back().header.last_offset().value);
                return false;
            }
            std::erase_if(aborted, [&](const AbortedTransaction& one) {
                if (one.first_offset > header.last_offset()) return false;
                aborting.insert(one.producer_id);
                return true;
            });
            Survivor survivor{header, {}, false};
            survivor.bytes.assign(bytes.begin() + static_cast<ptrdiff_t>(at),
                                  bytes.begin() + static_cast<ptrdiff_t>(at) + header.size_bytes);
            if (header.is_control())
                aborting.erase(header.producer_id);
            else
                survivor.is_aborted =
                    header.is_transactional() && aborting.contains(header.producer_id);
            survivors_.push_back(std::move(survivor));
            at += static_cast<size_t>(header.size_bytes);
        }
        return true;
    }

    void check_whole() {
        for (const KnownBatch& batch : model_.batches)
            if (batch.header.base_offset >= start_ && batch.header.base_offset < end_ &&
                std::ranges::none_of(
                    survivors_,
                    [&](const Survivor& one) {
                        return one.header.base_offset == batch.header.base_offset;
                    }))
                problem() << "lacks the batch at " << batch.header.base_offset.value;
        for (const Survivor& survivor : survivors_) {
            const Offset base = survivor.header.base_offset;
            const KnownBatch* known = model_.find(base);
            if (!known)
                problem() << "has a batch at " << base.value << " that was never written";
            else if (known->bytes != survivor.bytes)
                problem() << "has another batch at " << base.value << " than was written";
        }
    }

    using Records = std::map<Offset, std::pair<std::string, std::string>>;

    static Records records_of(BytesView bytes) {
        Records all;
        RecordBatches batches(bytes);
        auto batch = batches.next();
        if (!batch || !*batch || !(*batch)->is_crc_valid()) return {{Offset(-1), {}}};
        RecordReader reader(**batch);
        for (auto more = reader.next(); more && *more; more = reader.next())
            all[reader.record().offset] = {
                std::string(as_text(reader.record().key.value_or(BytesView()))),
                std::string(as_text(reader.record().value.value_or(BytesView())))};
        return all;
    }

    /// Of each key, the newest record that was promised or a newer one; of open transactions all
    /// that was; and nothing that was never written.
    void check_compacted() {
        Records written, wanted;
        std::map<std::string, Offset> newest_promised, newest_left;
        for (const KnownBatch& batch : model_.batches) {
            if (batch.header.base_offset >= end_ || batch.header.is_control()) continue;
            const auto committed = model_.is_committed(batch, end_);
            for (const auto& [offset, record] : records_of(batch.bytes)) {
                written[offset] = record;
                if (batch.promised == kNever) continue;
                if (!committed) wanted[offset] = record;
                if (committed.value_or(false)) newest_promised[record.first] = offset;
            }
        }
        for (const Survivor& survivor : survivors_) {
            if (survivor.header.is_control()) continue;
            for (const auto& [offset, record] : records_of(survivor.bytes)) {
                const auto known = written.find(offset);
                if (known == written.end() || known->second != record)
                    problem() << "has a record at " << offset.value << " that was never written";
                wanted.erase(offset);
                if (!survivor.is_aborted) newest_left[record.first] = offset;
            }
        }
        for (const auto& [offset, record] : wanted)
            problem() << "lacks the record of an open transaction at " << offset.value;
        for (const auto& [key, offset] : newest_promised)
            if (!newest_left.contains(key) || newest_left[key] < offset)
                problem() << "lacks the newest record of key " << key << ", at " << offset.value;
    }

    void check_aborted() {
        for (const Survivor& survivor : survivors_) {
            const KnownBatch* known = model_.find(survivor.header.base_offset);
            if (!known || survivor.header.is_control() || survivor.header.record_count == 0)
                continue;
            const bool is_aborted = !model_.is_committed(*known, end_).value_or(true);
            if (is_aborted != survivor.is_aborted)
                problem() << "says that the transaction at " << survivor.header.base_offset.value
                          << (survivor.is_aborted ? " was" : " was not") << " aborted";
        }
    }

    void check_producers() {
        std::map<ProducerId, ActiveProducer> active;
        for (const ActiveProducer& one : log_.active_producers()) active[one.producer_id] = one;
        const bool compacted = model_.config.cleanup_compact;
        std::optional<Offset> unstable;
        for (const auto& [id, known] : model_.producers(end_)) {
            const auto is_there = [&](const KnownBatch* batch) {
                return batch && (compacted || batch->header.base_offset >= start_);
            };
            if (!is_there(known.last)) continue;
            const auto found = active.find(id);
            if (found == active.end()) {
                problem() << "forgot producer " << id.value;
                continue;
            }
            if (is_there(known.last_data) &&
                found->second.last_sequence != known.last_data->header.last_sequence())
                problem() << "takes " << found->second.last_sequence
                          << " for the last sequence of producer " << id.value << ", it is "
                          << known.last_data->header.last_sequence();
            if (!known.first_of_open || is_there(known.first_of_open)) {
                const Offset open =
                    known.first_of_open ? known.first_of_open->header.base_offset : kNoOffset;
                if (found->second.current_transaction_start != open)
                    problem() << "takes " << found->second.current_transaction_start.value
                              << " for the start of the transaction of producer " << id.value
                              << ", it is " << open.value;
            }
        }
    }

    void check_epochs() {
        for (const Survivor& survivor : survivors_) {
            // What was about to be deleted may have lost its epoch already.
            const Offset kept = std::max(start_, model_.start_at_most());
            if (survivor.header.last_offset() < kept) continue;
            const auto epoch = log_.epoch_of(std::max(survivor.header.base_offset, kept));
            if (epoch == survivor.header.leader_epoch) continue;
            problem() << "takes " << epoch.value_or(kNoLeaderEpoch).value << " for the epoch at "
                      << survivor.header.base_offset.value << ", it is "
                      << survivor.header.leader_epoch.value;
            return;
        }
    }

    /// The indexes lead to where they should.
    void check_lookups() {
        for (size_t i = 1; i < survivors_.size(); ++i) {
            const Survivor& wanted = survivors_[i];
            const Offset offset = wanted.header.last_offset();
            auto read = log_.read(offset, 1, end_, true, false);
            Bytes head(BatchHeader::kSize);
            if (!read || !read->records.file ||
                !read->records.file->read_at(read->records.position, head) ||
                BatchHeader::load(head.data()).base_offset != wanted.header.base_offset)
                problem() << "does not find offset " << offset.value;
            if (!wanted.header.is_control() && wanted.header.record_count > 0)
                check_time(wanted.header.max_timestamp);
        }
    }

    void check_time(TimestampMs timestamp) {
        const auto first = std::find_if(survivors_.begin(), survivors_.end(), [&](const auto& one) {
            return one.header.max_timestamp >= timestamp && !one.header.is_control() &&
                   one.header.record_count > 0;
        });
        auto found = log_.offset_for_timestamp(timestamp);
        if (!found || !*found || (*found)->offset < first->header.base_offset ||
            (*found)->offset > first->header.last_offset())
            problem() << "finds " << (found && *found ? (*found)->offset.value : -1) << " for time "
                      << timestamp.value << ", it is in the batch at "
                      << first->header.base_offset.value;
    }

    LogModel model_;
    PartitionLog& log_;
    const bool power_failed_;
    const Offset start_;
    const Offset end_;
    std::vector<Survivor> survivors_;
    std::set<Offset> lost_;
    std::ostringstream problems_;
};

}  // namespace milena
