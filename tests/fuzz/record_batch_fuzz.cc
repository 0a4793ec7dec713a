// SPDX-License-Identifier: Apache-2.0
// Any bytes as a produced batch. The first byte chooses the codec that the topic wants; the
// checksum is mended, or nothing would come behind it.
#include <cstdlib>

#include "protocol/record_validator.h"

using namespace milena;

namespace {

/// What was accepted can be read again, to the end.
void check_accepted(const ValidatedBatch& accepted) {
    auto batch = RecordBatchView::parse(accepted.bytes);
    if (!batch || !batch->is_crc_valid() || batch->last_offset() != accepted.last_offset) abort();
    RecordReader reader(*batch);
    int32_t count = 0;
    for (;; count++) {
        auto more = reader.next();
        if (!more) abort();
        if (!*more) break;
        (void)reader.record().headers();
    }
    if (count != accepted.record_count) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    ValidationOptions options;
    options.now = TimestampMs(1'700'000'000'000);
    options.message_bytes_max = 1 << 20;
    options.decompressed_message_bytes_max = 1 << 20;
    options.compacted = (data[0] & 0x10) != 0;
    options.timestamp_after_max_ms = std::numeric_limits<int64_t>::max();
    if (data[0] & 0x20) options.timestamp_type = TimestampType::kLogAppendTime;
    int target = data[0] & 0x07;
    if (target <= kCompressionTypeLast)
        options.target_compression = static_cast<CompressionType>(target);

    Bytes bytes(data + 1, data + size);
    if (auto batch = RecordBatchView::parse(bytes))
        store_big_endian(bytes.data() + RecordBatchLayout::kCrc, record_batch_crc(batch->bytes()));
    std::vector<RecordError> errors;
    auto outcome = validate_and_assign(bytes, Offset(10), LeaderEpoch(1), options, &errors);
    if (outcome) check_accepted(*outcome);
    return 0;
}
