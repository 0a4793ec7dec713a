// SPDX-License-Identifier: Apache-2.0
#include "protocol/crc32c.h"

#include <array>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace milena {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // Castagnoli's, bit-reflected

using Table = std::array<uint32_t, 256>;

/// tables[n][b]: the checksum of byte b followed by n zero bytes.
constexpr std::array<Table, 8> make_slicing_tables() {
    std::array<Table, 8> tables{};
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc & 1) ? (crc >> 1) ^ kPolynomial : crc >> 1;
        tables[0][byte] = crc;
    }
    for (size_t n = 1; n < 8; n++)
        for (size_t byte = 0; byte < 256; byte++) {
            uint32_t crc = tables[n - 1][byte];
            tables[n][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
        }
    return tables;
}
constexpr std::array<Table, 8> kSlicing = make_slicing_tables();

uint64_t load_little_endian(const uint8_t* from) {
    uint64_t value;
    std::memcpy(&value, from, sizeof value);
    return std::endian::native == std::endian::little ? value : byteswap(value);
}

#ifdef __SSE4_2__

/// Product of two polynomials modulo Castagnoli's, all bit-reflected (1 << 31 is x^0).
constexpr uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        if (a & bit) product ^= b;
        b = (b & 1) ? (b >> 1) ^ kPolynomial : b >> 1;
    }
    return product;
}

/// Appends `ZeroBytes` zero bytes to a checksum, by four table look-ups.
template <size_t ZeroBytes>
class ZeroAppender {
    static_assert(std::has_single_bit(ZeroBytes));

  public:
    constexpr ZeroAppender() {
        uint32_t power = 1u << 30;  // x, squared until it is x^(8 * ZeroBytes)
        for (size_t bits = 1; bits < 8 * ZeroBytes; bits *= 2) power = multiply(power, power);
        for (size_t n = 0; n < 4; n++)
            for (uint32_t byte = 0; byte < 256; byte++)
                tables_[n][byte] = multiply(power, byte << (8 * n));
    }
    uint32_t operator()(uint64_t crc) const {
        return tables_[0][crc & 0xff] ^ tables_[1][crc >> 8 & 0xff] ^ tables_[2][crc >> 16 & 0xff] ^
               tables_[3][crc >> 24 & 0xff];
    }

  private:
    std::array<Table, 4> tables_{};
};

/// The instruction takes 3 cycles but one can start in each: three lanes side by side keep it busy.
/// Consumes whole triples of lanes from `at`.
template <size_t LaneBytes>
uint64_t crc_of_lanes(uint64_t crc, const uint8_t*& at, size_t& remaining) {
    static constexpr ZeroAppender<LaneBytes> append_lane;
    while (remaining >= 3 * LaneBytes) {
        uint64_t second = 0;
        uint64_t third = 0;
        for (const uint8_t* lane_end = at + LaneBytes; at < lane_end; at += 8) {
            crc = _mm_crc32_u64(crc, load_little_endian(at));
            second = _mm_crc32_u64(second, load_little_endian(at + LaneBytes));
            third = _mm_crc32_u64(third, load_little_endian(at + 2 * LaneBytes));
        }
        crc = append_lane(append_lane(crc) ^ second) ^ third;
        at += 2 * LaneBytes;
        remaining -= 3 * LaneBytes;
    }
    return crc;
}

uint32_t crc32c_sse42(BytesView bytes, uint32_t before) {
    uint64_t crc = ~before;
    const uint8_t* at = bytes.data();
    size_t remaining = bytes.size();
    crc = crc_of_lanes<4096>(crc, at, remaining);
    crc = crc_of_lanes<256>(crc, at, remaining);
    for (; remaining >= 8; at += 8, remaining -= 8)
        crc = _mm_crc32_u64(crc, load_little_endian(at));
    for (; remaining > 0; at++, remaining--) crc = _mm_crc32_u8(static_cast<uint32_t>(crc), *at);
    return ~static_cast<uint32_t>(crc);
}

#endif

}  // namespace

uint32_t crc32c_portable(BytesView bytes, uint32_t before) {
    uint32_t crc = ~before;
    const uint8_t* at = bytes.data();
    size_t remaining = bytes.size();
    for (; remaining >= 8; at += 8, remaining -= 8) {
        uint64_t word = load_little_endian(at) ^ crc;
        crc = 0;
        for (size_t n = 0; n < 8; n++) crc ^= kSlicing[7 - n][word >> (8 * n) & 0xff];
    }
    for (; remaining > 0; at++, remaining--) crc = (crc >> 8) ^ kSlicing[0][(crc ^ *at) & 0xff];
    return ~crc;
}

uint32_t crc32c(BytesView bytes, uint32_t before) {
#ifdef __SSE4_2__
    return crc32c_sse42(bytes, before);
#else
    return crc32c_portable(bytes, before);
#endif
}

}  // namespace milena
