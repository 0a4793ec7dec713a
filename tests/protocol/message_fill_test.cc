// SPDX-License-Identifier: Apache-2.0
// Every message in every version: what is encoded decodes to an equal value, and no damaged bytes
// do more than fail.
#include <gtest/gtest.h>

#include <random>

#include "protocol/message.h"
#include "tests/protocol/filler.h"

namespace milena::protocol {
namespace {

/// Calls `check.template operator()<M>(version)` for every message and version.
template <class Check>
void for_each_version(Check&& check) {
    for_each_message([&]<class M>() {
        for (int version = M::kMinVersion; version <= M::kMaxVersion; ++version)
            check.template operator()<M>(static_cast<int16_t>(version));
    });
}

template <class M>
std::string title(int16_t version, FillCase fill_case) {
    return std::string(M::kName) + " v" + std::to_string(version) + " case " +
           std::to_string(static_cast<int>(fill_case));
}

TEST(MessageFill, EveryMessageDecodesToWhatWasEncoded) {
    for_each_version([]<class M>(int16_t version) {
        for (int fill_case = 0; fill_case < kFillCases; ++fill_case) {
            Filler filler(static_cast<FillCase>(fill_case));
            M message;
            fill(message, version, filler);
            const Bytes bytes = encode_message(message, version);
            const auto decoded = decode_message<M>(bytes, version);
            ASSERT_TRUE(decoded) << title<M>(version, static_cast<FillCase>(fill_case))
                                 << decoded.error().to_string();
            EXPECT_TRUE(*decoded == message)
                << title<M>(version, static_cast<FillCase>(fill_case)) << ' ' << message.to_string()
                << " became " << decoded->to_string();
        }
    });
}

template <class M>
void expect_failure_or_stable(BytesView bytes, int16_t version) {
    const auto decoded = decode_message<M>(bytes, version);
    if (!decoded) {
        EXPECT_EQ(decoded.error().message().find(M::kName), 0u) << decoded.error().to_string();
        return;
    }
    const Bytes again = encode_message(*decoded, version);
    const auto decoded_again = decode_message<M>(again, version);
    ASSERT_TRUE(decoded_again) << title<M>(version, FillCase::kFull);
    EXPECT_EQ(encode_message(*decoded_again, version), again) << title<M>(version, FillCase::kFull);
}

TEST(MessageFill, TruncatedBytesFail) {
    for_each_version([]<class M>(int16_t version) {
        Filler filler(FillCase::kFull);
        M message;
        fill(message, version, filler);
        const Bytes bytes = encode_message(message, version);
        const size_t step = 1 + bytes.size() / 64;
        for (size_t size = 0; size < bytes.size(); size += step)
            EXPECT_FALSE(decode_message<M>(BytesView(bytes).first(size), version))
                << title<M>(version, FillCase::kFull) << " cut to " << size;
    });
}

TEST(MessageFill, DamagedBytesOnlyFail) {
    std::mt19937 random(20240607);
    for_each_version([&]<class M>(int16_t version) {
        Filler filler(FillCase::kFull);
        M message;
        fill(message, version, filler);
        const Bytes bytes = encode_message(message, version);
        for (int round = 0; round < 16 && !bytes.empty(); ++round) {
            Bytes damaged = bytes;
            for (int count = 1 + round % 4; count > 0; --count)
                damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
            expect_failure_or_stable<M>(damaged, version);
        }
    });
}

TEST(MessageFill, RandomBytesOnlyFail) {
    std::mt19937 random(7);
    for_each_version([&]<class M>(int16_t version) {
        for (int round = 0; round < 8; ++round) {
            Bytes bytes(random() % 200);
            // Small bytes: more of them are taken for a length, and lead further in.
            for (uint8_t& byte : bytes)
                byte = static_cast<uint8_t>(random() % (round % 2 ? 4 : 256));
            expect_failure_or_stable<M>(bytes, version);
        }
    });
}

}  // namespace
}  // namespace milena::protocol
