// SPDX-License-Identifier: Apache-2.0
#include "protocol/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>

namespace milena {
namespace {

Bytes sequence(size_t size) {
    Bytes bytes(size);
    uint32_t state = 1;
    for (uint8_t& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<uint8_t>(state >> 24);
    }
    return bytes;
}

// RFC 3720, appendix B.4.
TEST(Crc32c, KnownVectors) {
    Bytes ascending(32);
    std::iota(ascending.begin(), ascending.end(), uint8_t{0});
    Bytes descending(ascending.rbegin(), ascending.rend());
    for (auto* compute : {crc32c, crc32c_portable}) {
        EXPECT_EQ(compute(as_bytes("123456789"), 0), 0xE3069283u);
        EXPECT_EQ(compute(Bytes(32, 0), 0), 0x8A9136AAu);
        EXPECT_EQ(compute(Bytes(32, 0xff), 0), 0x62A8AB43u);
        EXPECT_EQ(compute(ascending, 0), 0x46DD794Eu);
        EXPECT_EQ(compute(descending, 0), 0x113FDB5Cu);
        EXPECT_EQ(compute({}, 0), 0u);
    }
}

TEST(Crc32c, FastAgreesWithPortableAtEveryLaneBoundary) {
    Bytes bytes = sequence(30'000);
    for (size_t size : {1, 7, 8, 9, 255, 256, 767, 768, 769, 1535, 1536, 12287, 12288, 12289, 13056,
                        24576, 25344, 29'997})
        for (size_t start : {0, 1, 3}) {
            BytesView part = BytesView(bytes).subspan(start, size);
            EXPECT_EQ(crc32c(part), crc32c_portable(part)) << size << " from " << start;
        }
}

TEST(Crc32c, IsComputedInParts) {
    Bytes bytes = sequence(20'000);
    uint32_t whole = crc32c(bytes);
    for (size_t cut : {0, 1, 5, 1000, 12288, 19'999, 20'000}) {
        uint32_t head = crc32c(BytesView(bytes).first(cut));
        EXPECT_EQ(crc32c(BytesView(bytes).subspan(cut), head), whole) << cut;
    }
}

}  // namespace
}  // namespace milena
