// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

#include <sys/random.h>

namespace milena {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr size_t kTextLength = 22;

}  // namespace

std::string Uuid::to_string() const {
    std::string text;
    text.reserve(kTextLength);
    uint32_t pending = 0;
    int pending_bits = 0;
    for (uint8_t byte : bytes) {
        pending = pending << 8 | byte;
        pending_bits += 8;
        while (pending_bits >= 6) text += kAlphabet[pending >> (pending_bits -= 6) & 63];
    }
    text += kAlphabet[pending << (6 - pending_bits) & 63];
    return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() != kTextLength) return std::nullopt;
    Uuid id;
    uint32_t pending = 0;
    int pending_bits = 0;
    size_t filled = 0;
    for (char c : text) {
        size_t digit = kAlphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        pending = pending << 6 | static_cast<uint32_t>(digit);
        pending_bits += 6;
        if (pending_bits >= 8 && filled < id.bytes.size()) {
            pending_bits -= 8;
            id.bytes[filled++] = static_cast<uint8_t>(pending >> pending_bits);
        }
    }
    return id;
}

Uuid Uuid::random() {
    Uuid id;
    do {
        if (getrandom(id.bytes.data(), id.bytes.size(), 0) != 16) __builtin_trap();
        id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0F) | 0x40);
        id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3F) | 0x80);
    } while (id.to_string().front() == '-');
    return id;
}

}  // namespace milena
