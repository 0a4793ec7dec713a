// SPDX-License-Identifier: Apache-2.0
#include "storage/batch_filter.h"

#include "protocol/record_batch.h"
#include "storage/cleaned_records.h"
#include "storage/control_record.h"

namespace milena {
namespace {

bool has_delete_horizon(const BatchHeader& batch) {
    return (batch.attributes & RecordBatchLayout::kDeleteHorizonBit) != 0;
}

}  // namespace

bool BatchFilter::is_needed_empty(const BatchHeader& batch) const {
    if (batch.next_offset() == rules_.high_watermark) return true;
    if (batch.producer_id.value < 0) return false;
    const auto found = rules_.producers.find(batch.producer_id);
    if (found == rules_.producers.end()) return false;
    const LastOfProducer& last = found->second;
    if (last.data_offset != kNoOffset) return batch.last_offset() == last.data_offset;
    return batch.is_control() && batch.producer_epoch == last.epoch;
}

Result<BytesView> BatchFilter::filter(const BatchReader::Batch& batch) {
    const BatchHeader& header = batch.header;
    const bool is_control = header.is_control();
    const bool is_obsolete =
        is_control ? transactions_.is_of_empty_transaction(header, parse_marker(batch.bytes))
                   : transactions_.is_aborted(header);
    const bool had_horizon = has_delete_horizon(header);
    const bool horizon_passed = had_horizon && header.base_timestamp <= rules_.now;
    Choice choice;
    if (!is_obsolete || (is_control && !horizon_passed)) {
        auto chosen = choose(batch);
        if (!chosen) return chosen.error();
        choice = *chosen;
    }
    if (choice.kept == 0) return is_needed_empty(header) ? make_empty(batch) : BytesView();
    const bool gets_horizon =
        (choice.has_tombstones || (is_control && is_obsolete)) && !had_horizon;
    if (choice.kept == header.record_count && !gets_horizon) return batch.bytes;
    TimestampMs base = had_horizon ? header.base_timestamp : choice.first_timestamp;
    if (gets_horizon) base = TimestampMs(rules_.now.value + rules_.delete_retention_ms);
    return rewrite(batch, choice, base, had_horizon || gets_horizon);
}

Result<BatchFilter::Choice> BatchFilter::choose(const BatchReader::Batch& batch) {
    const BatchHeader& header = batch.header;
    const bool deletes_go = has_delete_horizon(header) && rules_.now >= header.base_timestamp;
    Choice choice;
    is_kept_.clear();
    CleanedRecordReader reader(batch);
    while (true) {
        auto record = reader.next();
        if (!record) return record.error();
        if (!*record) return choice;
        const bool kept = header.is_control() || keeps(**record, deletes_go);
        is_kept_.push_back(kept);
        if (!kept) continue;
        if (choice.kept++ == 0)
            choice.first_timestamp = choice.max_timestamp = (*record)->timestamp;
        choice.max_timestamp = std::max(choice.max_timestamp, (*record)->timestamp);
        choice.has_tombstones |= !(*record)->has_value;
    }
}

bool BatchFilter::keeps(const CleanedRecord& record, bool deletes_go) const {
    if (record.offset > map_.latest()) return true;
    if (!record.key) return false;
    const auto newest = map_.find(*record.key);
    if (newest && record.offset < *newest) return false;
    return record.has_value || !deletes_go;
}

BytesView BatchFilter::make_empty(const BatchReader::Batch& batch) {
    write_empty_batch(batch, out_);
    return out_;
}

Result<BytesView> BatchFilter::rewrite(const BatchReader::Batch& batch, const Choice& choice,
                                       TimestampMs base_timestamp, bool has_horizon) {
    CleanedBatchWriter writer(batch, base_timestamp, out_);
    CleanedRecordReader reader(batch);
    for (const bool kept : is_kept_) {
        auto record = reader.next();
        if (!record) return record.error();
        if (!kept) continue;
        if (auto appended = writer.append(**record); !appended) return appended.error();
    }
    const TimestampMs newest =
        batch.header.is_log_append_time() ? batch.header.max_timestamp : choice.max_timestamp;
    if (auto finished = writer.finish(has_horizon, newest); !finished) return finished.error();
    return BytesView(out_);
}

}  // namespace milena
