// SPDX-License-Identifier: Apache-2.0
// Finding records by their time.
#include <algorithm>

#include "protocol/record_reader.h"
#include "storage/partition_log.h"

namespace milena {
namespace {

/// The whole batch, read into memory.
Result<Bytes> read_batch(Segment& segment, const BatchPosition& batch) {
    auto file = segment.log_file();
    if (!file) return file.error();
    Bytes bytes(static_cast<size_t>(batch.header.size_bytes));
    auto read = (*file)->read_at(batch.position, bytes);
    if (!read) return read.error();
    bytes.resize(*read);
    return bytes;
}

/// The first record of `batch` from `from` on that is not older than `timestamp`.
Result<std::optional<TimestampedOffset>> first_record_since(BytesView batch, TimestampMs timestamp,
                                                            Offset from) {
    auto view = RecordBatchView::parse(batch);
    if (!view) return Error(ErrorCode::CORRUPT_MESSAGE, view.error().message());
    RecordReader records(*view);
    while (true) {
        auto more = records.next();
        if (!more) return Error(ErrorCode::CORRUPT_MESSAGE, more.error().message());
        if (!*more) return std::optional<TimestampedOffset>();
        const RecordView& record = records.record();
        if (record.timestamp >= timestamp && record.offset >= from)
            return std::optional<TimestampedOffset>(
                {record.offset, record.timestamp, view->leader_epoch()});
    }
}

}  // namespace

Result<std::optional<TimestampedOffset>> PartitionLog::search_records(Segment& segment,
                                                                      TimestampMs timestamp,
                                                                      Offset from) const {
    const std::optional<TimestampedOffset> nothing;
    while (true) {
        auto batch = segment.find_batch_by_time(timestamp, from);
        if (!batch) return batch.error();
        if (!*batch) return nothing;
        auto bytes = read_batch(segment, **batch);
        if (!bytes) return bytes.error();
        auto found = first_record_since(*bytes, timestamp, from);
        if (!found || *found) return found;
        from = (*batch)->header.next_offset();  // its newest record lies before `from`
    }
}

/// Looks again if segments have left the log meanwhile: their files may be gone.
template <class Search>
Result<std::optional<TimestampedOffset>> PartitionLog::search_segments(const Search& search) const {
    while (true) {
        if (auto usable = check_usable(); !usable) return usable.error();
        const auto seen = segments();
        auto found = search(*seen);
        if (found || seen == segments()) return found;
    }
}

Result<std::optional<TimestampedOffset>> PartitionLog::offset_for_timestamp(TimestampMs timestamp) {
    using Found = Result<std::optional<TimestampedOffset>>;
    return search_segments([&](const SegmentList& segments) -> Found {
        for (const auto& segment : segments) {
            if (segment->size() == 0) continue;
            auto newest = segment->max_timestamp();
            if (!newest) return newest.error();
            if (*newest < timestamp) continue;
            auto found = search_records(*segment, timestamp, log_start_offset());
            if (!found || *found) return found;
        }
        return std::optional<TimestampedOffset>();
    });
}

Result<std::optional<TimestampedOffset>> PartitionLog::offset_of_max_timestamp() {
    using Found = Result<std::optional<TimestampedOffset>>;
    return search_segments([&](const SegmentList& segments) -> Found {
        std::shared_ptr<Segment> newest;
        TimestampMs newest_timestamp = kNoTimestamp;
        for (const auto& segment : segments) {
            auto timestamp = segment->max_timestamp();
            if (!timestamp) return timestamp.error();
            if (*timestamp <= newest_timestamp) continue;
            newest = segment;
            newest_timestamp = *timestamp;
        }
        if (!newest) return std::optional<TimestampedOffset>();
        return search_records(*newest, newest_timestamp, log_start_offset());
    });
}

}  // namespace milena
