// SPDX-License-Identifier: Apache-2.0
#include "cluster/record_list.h"

#include <optional>

namespace milena {
namespace {

constexpr uint32_t kFrameVersion = 1;
constexpr uint32_t kShortMax = 32767;

std::optional<uint32_t> take_unsigned_varint(BytesView& from) {
    uint32_t value = 0;
    for (size_t i = 0; i < 5 && i < from.size(); ++i) {
        value |= static_cast<uint32_t>(from[i] & 0x7f) << (7 * i);
        if (from[i] & 0x80) continue;
        from = from.subspan(i + 1);
        return value;
    }
    return std::nullopt;
}

}  // namespace

void put_unsigned_varint(Bytes& to, uint32_t value) {
    for (; value >= 0x80; value >>= 7) to.push_back(static_cast<uint8_t>(value | 0x80));
    to.push_back(static_cast<uint8_t>(value));
}

Bytes RecordList::frame(int16_t api_key, int16_t version) {
    Bytes value;
    put_unsigned_varint(value, kFrameVersion);
    put_unsigned_varint(value, static_cast<uint32_t>(api_key));
    put_unsigned_varint(value, static_cast<uint32_t>(version));
    return value;
}

Result<FramedRecord> parse_framed_record(BytesView value) {
    const auto frame_version = take_unsigned_varint(value);
    if (!frame_version) return Error(ErrorCode::CORRUPT_MESSAGE, "metadata record without a frame");
    if (*frame_version != kFrameVersion)
        return Error(ErrorCode::CORRUPT_MESSAGE, "metadata record with unknown frame version " +
                                                     std::to_string(*frame_version));
    const auto api_key = take_unsigned_varint(value);
    const auto version = api_key ? take_unsigned_varint(value) : std::nullopt;
    if (!version || *api_key > kShortMax || *version > kShortMax)
        return Error(ErrorCode::CORRUPT_MESSAGE, "metadata record with a broken frame");
    return FramedRecord{static_cast<int16_t>(*api_key), static_cast<int16_t>(*version), value};
}

}  // namespace milena
