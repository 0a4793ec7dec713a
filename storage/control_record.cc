// SPDX-License-Identifier: Apache-2.0
#include "storage/control_record.h"

#include <algorithm>
#include <array>

#include "protocol/record_batch_builder.h"

namespace milena {
namespace {

constexpr int16_t kAbort = 0;
constexpr int16_t kCommit = 1;
constexpr int64_t kMarkerBytesMax = 1024;  // a control record has some 20 bytes

/// Skips or reads the fields of one record.
class Cursor {
  public:
    explicit Cursor(BytesView bytes) : rest_(bytes) {}

    void skip(size_t count) {
        if (count > rest_.size()) good_ = false;
        rest_ = rest_.subspan(std::min(count, rest_.size()));
    }
    int64_t zigzag() {
        uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) break;
            uint8_t byte = rest_[0];
            rest_ = rest_.subspan(1);
            value |= uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80)
                return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
        }
        good_ = false;
        return 0;
    }
    /// A field with its length before it.
    BytesView field() {
        int64_t length = zigzag();
        if (length < 0 || static_cast<uint64_t>(length) > rest_.size()) {
            good_ = false;
            return {};
        }
        BytesView found = rest_.first(static_cast<size_t>(length));
        rest_ = rest_.subspan(found.size());
        return found;
    }
    bool good() const { return good_; }

  private:
    BytesView rest_;
    bool good_ = true;
};

}  // namespace

std::optional<TransactionMarker> parse_marker(BytesView batch) {
    if (batch.size() <= static_cast<size_t>(BatchHeader::kSize)) return {};
    Cursor cursor(batch.subspan(BatchHeader::kSize));
    cursor.zigzag();  // length of the record
    cursor.skip(1);   // attributes
    cursor.zigzag();  // timestamp delta
    cursor.zigzag();  // offset delta
    BytesView key = cursor.field();
    BytesView value = cursor.field();
    if (!cursor.good() || key.size() < 4 || value.size() < 6) return {};
    auto type = load_big_endian<int16_t>(key.data() + 2);
    if (type != kAbort && type != kCommit) return {};
    return TransactionMarker{type == kAbort, load_big_endian<int32_t>(value.data() + 2)};
}

Result<std::optional<TransactionMarker>> read_marker(const File& file, const BatchPosition& batch) {
    if (batch.header.size_bytes > kMarkerBytesMax) return std::optional<TransactionMarker>();
    Bytes bytes(static_cast<size_t>(batch.header.size_bytes));
    auto read = file.read_at(batch.position, bytes);
    if (!read) return read.error();
    return parse_marker(BytesView(bytes).first(*read));
}

Result<Bytes> build_marker(ProducerId producer, ProducerEpoch epoch, TransactionMarker marker,
                           TimestampMs now) {
    std::array<uint8_t, 4> key{};
    store_big_endian(key.data() + 2, marker.aborted ? kAbort : kCommit);
    std::array<uint8_t, 6> value{};
    store_big_endian(value.data() + 2, marker.coordinator_epoch);
    RecordBatchOptions options;
    options.producer_id = producer;
    options.producer_epoch = epoch;
    options.transactional = true;
    options.control = true;
    RecordBatchBuilder builder(options);
    auto appended = builder.append({now, BytesView(key), BytesView(value), {}});
    if (!appended) return appended.error();
    return builder.build();
}

}  // namespace milena
