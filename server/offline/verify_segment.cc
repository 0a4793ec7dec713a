// SPDX-License-Identifier: Apache-2.0
#include "server/offline/verify_segment.h"

#include "protocol/record_reader.h"
#include "server/offline/index_check.h"
#include "server/offline/text.h"

namespace milena {
namespace {

std::string sibling(const SegmentFile& segment, std::string_view suffix) {
    return segment.path.substr(0, segment.path.size() - kLogSuffix.size()).append(suffix);
}

class SegmentCheck {
  public:
    SegmentCheck(Verification& run, const SegmentFile& segment, LogProgress& log)
        : run_(run),
          segment_(segment),
          log_(log),
          index_path_(sibling(segment, kOffsetIndexSuffix)),
          times_path_(sibling(segment, kTimeIndexSuffix)),
          aborted_path_(sibling(segment, kTransactionIndexSuffix)) {}

    Result<void> run() {
        auto batches = BatchWalk::open(run_.files, segment_.path);
        if (!batches) return batches.error();
        const int64_t size = batches->file_size();
        OffsetIndexCheck index(rows(index_path_, size, read_offset_index), segment_.base_offset);
        TimeIndexCheck times(rows(times_path_, size, read_time_index), segment_.base_offset);
        load_aborted();
        if (auto walked = walk(*batches, index, times); !walked) return walked;
        index.finish(size, log_.was_stopped && has_index_, index_damages_);
        times.finish(time_damages_);
        run_.report.damages(index_path_, index_damages_);
        run_.report.damages(times_path_, time_damages_);
        finish_aborted();
        ++run_.segments;
        run_.bytes += size;
        return {};
    }

  private:
    Result<void> walk(BatchWalk& walk, OffsetIndexCheck& index, TimeIndexCheck& times) {
        walk.expect_from(std::max(log_.next, segment_.base_offset));
        while (true) {
            auto step = walk.next();
            if (!step) return step.error();
            if (!*step) return {};
            run_.report.damages(segment_.path, (*step)->damages);
            if (!(*step)->batch) {
                log_.follows_batch = false;
                times.pass_damage();
                index.pass_damage(walk.position());
                continue;
            }
            const WalkedBatch& batch = *(*step)->batch;
            ++run_.batches;
            index.take(batch, index_damages_);
            times.take(batch, time_damages_);
            if (batch.is_intact)
                take(batch);
            else
                log_.follows_batch = false;
        }
    }

    /// The rows of an index, which must be there if the segment has records.
    template <class Row>
    std::vector<Row> rows(const std::string& path, int64_t size,
                          Result<Table<Row>> (*read)(FileSystem&, const std::string&)) {
        if (!run_.files.exists(path)) {
            if (size > 0 && !log_.is_metadata) run_.report.damage(path, "is missing");
            has_index_ = false;
            return {};
        }
        auto table = read(run_.files, path);
        if (!run_.is_readable(path, table)) return {};
        run_.report.damages(path, table->damages);
        return std::move(table->rows);
    }

    void take(const WalkedBatch& batch) {
        const BatchHeader& header = batch.header;
        check_gap(batch);
        log_.next = std::max(log_.next, header.next_offset());
        check_epoch(batch);
        if (header.is_transactional()) take_transactional(batch);
        if (run_.records) read_records(batch);
    }

    /// Only compaction leaves offsets out.
    void check_gap(const WalkedBatch& batch) {
        const Offset base = batch.header.base_offset;
        if (std::exchange(log_.follows_batch, true) && !log_.is_compacted && base > log_.next)
            run_.report.damage(segment_.path, batch.position,
                               "offsets " + number(log_.next.value) + " to " +
                                   number((base - 1).value) + " are missing in front of the batch");
    }

    void check_epoch(const WalkedBatch& batch) {
        const LeaderEpoch epoch = batch.header.leader_epoch;
        const Offset offset = batch.header.base_offset;
        if (!log_.has_epochs || epoch == log_.complained_epoch || epoch == kNoLeaderEpoch) return;
        LeaderEpoch known = kNoLeaderEpoch;
        for (const EpochStart& entry : log_.epochs)
            if (entry.start <= offset) known = entry.epoch;
        // Older than all that is known, or newer than what was written before a crash.
        if (known == epoch || known == kNoLeaderEpoch || (epoch > known && !log_.was_stopped))
            return;
        log_.complained_epoch = epoch;
        run_.report.damage(segment_.path, batch.position,
                           "the batch from offset " + number(offset.value) + " has leader epoch " +
                               number(epoch.value) + ", leader-epoch-checkpoint says " +
                               number(known.value));
    }

    void read_records(const WalkedBatch& batch) {
        auto view = RecordBatchView::parse(batch.bytes);
        if (!view) return run_.report.damage(segment_.path, batch.position, view.error().message());
        RecordReader reader(*view);
        RecordOutline outline;
        while (true) {
            auto more = reader.next_outline(outline);
            if (!more)
                return run_.report.damage(segment_.path, batch.position, more.error().message());
            if (!*more) return;
        }
    }

    // Aborted transactions: markers and the index must tell of the same.

    void load_aborted() {
        if (!run_.files.exists(aborted_path_)) return;
        auto table = read_transaction_index(run_.files, aborted_path_);
        if (!run_.is_readable(aborted_path_, table)) return;
        run_.report.damages(aborted_path_, table->damages);
        aborted_ = std::move(table->rows);
        confirmed_.resize(aborted_.size());
    }

    void take_transactional(const WalkedBatch& batch) {
        const BatchHeader& header = batch.header;
        if (!header.is_control()) {
            if (header.record_count > 0) log_.transactions.note_records(header);
            return;
        }
        const auto marker = parse_marker(batch.bytes);
        if (!marker) return;
        const auto first = log_.transactions.note_marker(header, *marker);
        if (!marker->aborted) return;
        for (size_t i = 0; i < aborted_.size(); ++i) {
            if (aborted_[i].producer_id != header.producer_id ||
                aborted_[i].last_offset != header.last_offset())
                continue;
            confirmed_[i] = true;
            return;
        }
        if (first)
            run_.report.damage(aborted_path_, "lacks the aborted transaction of producer " +
                                                  number(header.producer_id.value) +
                                                  " that ended at offset " +
                                                  number(header.last_offset().value));
    }

    void finish_aborted() {
        for (size_t i = 0; i < aborted_.size(); ++i)
            if (!confirmed_[i])
                run_.report.damage(
                    aborted_path_, static_cast<int64_t>(i) * AbortedTransactionEntry::kSize,
                    "no transaction of producer " + number(aborted_[i].producer_id.value) +
                        " was aborted at offset " + number(aborted_[i].last_offset.value));
    }

    Verification& run_;
    const SegmentFile& segment_;
    LogProgress& log_;
    const std::string index_path_, times_path_, aborted_path_;
    std::vector<Damage> index_damages_, time_damages_;
    bool has_index_ = true;
    std::vector<AbortedTransactionEntry> aborted_;
    std::vector<bool> confirmed_;
};

}  // namespace

void verify_segment(Verification& run, const SegmentFile& segment, LogProgress& log) {
    run.is_readable(segment.path, SegmentCheck(run, segment, log).run());
}

}  // namespace milena
