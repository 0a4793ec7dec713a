// SPDX-License-Identifier: Apache-2.0
#include "server/offline/record_text.h"

#include <cstdio>

#include "protocol/compression.h"
#include "server/offline/text.h"

namespace milena {
namespace {

std::string codec_text(const BatchHeader& header) {
    const int codec = header.attributes & RecordBatchLayout::kCompressionMask;
    if (codec > kCompressionTypeLast) return "unknown(" + number(codec) + ")";
    return std::string(compression_name(static_cast<CompressionType>(codec)));
}

std::string producer_text(const BatchHeader& header) {
    if (header.producer_id.value < 0) return {};
    std::string text = " producer=" + number(header.producer_id.value) +
                       " producer_epoch=" + number(header.producer_epoch.value);
    if (header.base_sequence >= 0)
        text +=
            " sequences=" + number(header.base_sequence) + ".." + number(header.last_sequence());
    return text;
}

std::string headers_text(const RecordView& record) {
    std::string text;
    for (const RecordHeader& header : record.headers())
        text +=
            (text.empty() ? "" : ", ") + quoted(as_bytes(header.key)) + "=" + quoted(header.value);
    return text.empty() ? text : " headers=[" + text + "]";
}

}  // namespace

std::string batch_line(const WalkedBatch& batch) {
    const BatchHeader& header = batch.header;
    char crc[16];
    std::snprintf(crc, sizeof crc, "%08x", header.crc);
    std::string text =
        "batch position=" + number(batch.position) + " bytes=" + number(header.size_bytes) +
        " offsets=" + number(header.base_offset.value) + ".." + number(header.last_offset().value) +
        " records=" + number(header.record_count) + " epoch=" + number(header.leader_epoch.value) +
        " time=" + time_text(header.max_timestamp) +
        (header.is_log_append_time() ? " of=append" : " of=create") +
        " codec=" + codec_text(header) + " crc=" + crc + producer_text(header);
    if (header.is_transactional()) text += " transactional";
    if (header.is_control()) text += " control";
    if ((header.attributes & RecordBatchLayout::kDeleteHorizonBit) != 0)
        text += " delete_horizon=" + time_text(header.base_timestamp);
    return text;
}

Result<std::string> record_line(const RecordView& record, Decoding decoding, bool is_control) {
    auto content = decode_record(decoding, is_control, record);
    if (!content) return content.error();
    return "offset=" + number(record.offset.value) + " time=" + time_text(record.timestamp) + " " +
           *content + headers_text(record);
}

}  // namespace milena
