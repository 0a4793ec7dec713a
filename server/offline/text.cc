// SPDX-License-Identifier: Apache-2.0
#include "server/offline/text.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace milena {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

/// Bytes of the UTF-8 sequence that `bytes` begin with; 0 if there is none.
size_t sequence_size(BytesView bytes) {
    const uint8_t head = bytes[0];
    if (head < 0x80) return 1;
    const size_t size = head >= 0xf0 ? 4 : head >= 0xe0 ? 3 : 2;
    if (head < 0xc2 || head > 0xf4 || bytes.size() < size) return 0;
    for (size_t i = 1; i < size; ++i)
        if ((bytes[i] & 0xc0) != 0x80) return 0;
    // Longer than needed, a surrogate, or beyond the last code point.
    const uint8_t next = bytes[1];
    if ((head == 0xe0 && next < 0xa0) || (head == 0xed && next > 0x9f) ||
        (head == 0xf0 && next < 0x90) || (head == 0xf4 && next > 0x8f))
        return 0;
    return size;
}

void put_hex(std::string& to, uint8_t byte) {
    to += kHexDigits[byte >> 4];
    to += kHexDigits[byte & 15];
}

/// Puts the character that has an escape of its own; false for others.
bool put_escape(std::string& to, uint8_t byte) {
    constexpr std::string_view kPlain = "\"\\\n\r\t";
    constexpr std::string_view kEscapes = "\"\\nrt";
    const size_t found = kPlain.find(static_cast<char>(byte));
    if (found == std::string_view::npos) return false;
    to += '\\';
    to += kEscapes[found];
    return true;
}

std::string base64(BytesView bytes) {
    constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (size_t at = 0; at < bytes.size(); at += 3) {
        const size_t left = std::min<size_t>(bytes.size() - at, 3);
        uint32_t group = 0;
        for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < left ? bytes[at + i] : 0u);
        for (size_t i = 0; i < 4; ++i)
            text += i <= left ? kDigits[group >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

}  // namespace

std::string time_text(TimestampMs time) {
    if (time == kNoTimestamp) return "none";
    const int64_t milliseconds = ((time.value % 1000) + 1000) % 1000;
    const std::time_t seconds = (time.value - milliseconds) / 1000;
    std::tm parts{};
    // Years that don't fit: what no clock has ever said.
    if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(time.value) + "ms";
    char date[64], text[80];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(milliseconds));
    return text;
}

bool is_utf8(BytesView bytes) {
    while (!bytes.empty()) {
        const size_t size = sequence_size(bytes);
        if (size == 0) return false;
        bytes = bytes.subspan(size);
    }
    return true;
}

std::string quoted(std::optional<BytesView> bytes) {
    if (!bytes) return "null";
    std::string text = "\"";
    for (BytesView rest = *bytes; !rest.empty();) {
        const size_t size = sequence_size(rest);
        if (size <= 1 && put_escape(text, rest[0])) {
            rest = rest.subspan(1);
        } else if (size == 0 || rest[0] < ' ' || rest[0] == 0x7f) {
            text += "\\x";
            put_hex(text, rest[0]);
            rest = rest.subspan(1);
        } else {
            text += as_text(rest.first(size));
            rest = rest.subspan(size);
        }
    }
    return text += '"';
}

std::string json_text(std::optional<BytesView> bytes) {
    if (!bytes) return "null";
    if (!is_utf8(*bytes)) return "{\"base64\":\"" + base64(*bytes) + "\"}";
    std::string text = "\"";
    for (const uint8_t byte : *bytes) {
        if (put_escape(text, byte)) continue;
        if (byte < ' ') {
            text += "\\u00";
            put_hex(text, byte);
        } else {
            text += static_cast<char>(byte);
        }
    }
    return text += '"';
}

}  // namespace milena
