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

Error damaged(const BatchHeader& batch) {
    return Error(
        ErrorCode::CORRUPT_MESSAGE,
        "the batch at offset " + std::to_string(batch.base_offset.value) + " has a wrong CRC");
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
    const auto known = count_kept(header);
    const bool is_uniform = known && (*known == 0 || *known == header.record_count);
    if (!is_uniform && record_batch_crc(batch.bytes) != header.crc) return damaged(header);
    const bool is_control = header.is_control();
    const bool is_obsolete =
        is_control ? transactions_.is_of_empty_transaction(header, parse_marker(batch.bytes))
                   : transactions_.is_aborted(header);
    const bool had_horizon = has_delete_horizon(header);
    const bool horizon_passed = had_horizon && header.base_timestamp <= rules_.now;
    const auto without = [&] { return is_needed_empty(header) ? make_empty(batch) : BytesView(); };
    if (is_obsolete && (!is_control || horizon_passed)) return without();
    if (is_uniform) return *known == 0 ? without() : batch.bytes;
    const RecordBytes records = inflater_.inflate(batch);
    auto choice = choose(batch, records);
    if (!choice) return choice.error();
    if (choice->kept == 0) return without();
    const bool gets_horizon =
        (choice->has_tombstones || (is_control && is_obsolete)) && !had_horizon;
    if (choice->kept == header.record_count && !gets_horizon) return batch.bytes;
    TimestampMs base = had_horizon ? header.base_timestamp : choice->first_timestamp;
    if (gets_horizon) base = TimestampMs(rules_.now.value + rules_.delete_retention_ms);
    return rewrite(batch, records, *choice, base, had_horizon || gets_horizon);
}

std::optional<int64_t> BatchFilter::count_kept(const BatchHeader& batch) const {
    const bool is_known = superseded_.covers(batch.base_offset, batch.last_offset()) &&
                          batch.last_offset() <= map_.latest() &&
                          superseded_.is_plain(batch.last_offset());
    if (!is_known) return {};
    return batch.record_count -
           superseded_.superseded_between(batch.base_offset, batch.last_offset());
}

Result<BatchFilter::Choice> BatchFilter::choose(const BatchReader::Batch& batch,
                                                const RecordBytes& records) {
    const BatchHeader& header = batch.header;
    const bool deletes_go = has_delete_horizon(header) && rules_.now >= header.base_timestamp;
    Choice choice;
    is_kept_.clear();
    seen_.clear();
    CleanedRecordReader reader(header, records);
    while (true) {
        auto record = reader.next();
        if (!record) return record.error();
        if (*record) seen_.push_back(see(**record));
        if (*record && seen_.size() < kTogether) continue;
        choose_among_seen(header, deletes_go, choice);
        if (!*record) return choice;
    }
}

BatchFilter::Seen BatchFilter::see(const CleanedRecord& record) const {
    Seen seen{record.offset, record.timestamp, {}, record.has_value};
    if (!superseded_.covers(record.offset) && record.key) seen.key = map_.see(*record.key);
    return seen;
}

void BatchFilter::choose_among_seen(const BatchHeader& batch, bool deletes_go, Choice& choice) {
    for (const Seen& record : seen_) {
        const bool kept = batch.is_control() || keeps(record, deletes_go);
        is_kept_.push_back(kept);
        if (!kept) continue;
        if (choice.kept++ == 0) choice.first_timestamp = choice.max_timestamp = record.timestamp;
        choice.max_timestamp = std::max(choice.max_timestamp, record.timestamp);
        choice.has_tombstones |= !record.has_value;
    }
    seen_.clear();
}

bool BatchFilter::keeps(const Seen& record, bool deletes_go) const {
    if (record.offset > map_.latest()) return true;
    if (superseded_.covers(record.offset)) {
        if (superseded_.is_superseded(record.offset)) return false;
    } else {
        if (!record.key) return false;
        const auto newest = map_.find(*record.key);
        if (newest && record.offset < *newest) return false;
    }
    return record.has_value || !deletes_go;
}

BytesView BatchFilter::make_empty(const BatchReader::Batch& batch) {
    write_empty_batch(batch, out_);
    return out_;
}

Result<BytesView> BatchFilter::rewrite(const BatchReader::Batch& batch, const RecordBytes& records,
                                       const Choice& choice, TimestampMs base_timestamp,
                                       bool has_horizon) {
    CleanedBatchWriter writer(batch, base_timestamp, out_);
    CleanedRecordReader reader(batch.header, records);
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
