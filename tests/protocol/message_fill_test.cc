// SPDX-License-Identifier: Apache-2.0
// Every message in every version: what is encoded is decoded without loss, and no damaged bytes do
// more than fail. That the bytes are Kafka's is what tests/java_equality shows.
#include <gtest/gtest.h>

#include <random>

#include "tests/protocol/any_message.h"

namespace milena::protocol {
namespace {

TEST(MessageFill, EveryMessageIsDecodedWithoutLoss) {
    int count = 0;
    for_each_version([&](const AnyMessage& message, int16_t version) {
        for (int fill_case = 0; fill_case < kFillCases; ++fill_case, ++count) {
            SCOPED_TRACE(message.title(version) + " case " + std::to_string(fill_case));
            const Bytes bytes = message.filled(version, static_cast<FillCase>(fill_case));
            const auto again = message.recode(bytes, version);
            ASSERT_TRUE(again) << again.error().to_string();
            EXPECT_EQ(*again, bytes) << message.print(bytes, version);
        }
    });
    EXPECT_GT(count, 2000);
}

TEST(MessageFill, FilledMessagesDiffer) {
    int alike = 0;
    for_each_version([&](const AnyMessage& message, int16_t version) {
        const Bytes full = message.filled(version, FillCase::kFull);
        if (full == message.filled(version, FillCase::kDefaults)) ++alike;
    });
    EXPECT_LT(alike, 100);  // those without fields
}

TEST(MessageFill, TruncatedBytesFail) {
    for_each_version([](const AnyMessage& message, int16_t version) {
        const Bytes bytes = message.filled(version, FillCase::kFull);
        const size_t step = 1 + bytes.size() / 64;
        for (size_t size = 0; size < bytes.size(); size += step)
            EXPECT_FALSE(message.recode(BytesView(bytes).first(size), version))
                << message.title(version) << " cut to " << size;
    });
}

void expect_failure_or_stable(const AnyMessage& message, BytesView bytes, int16_t version) {
    SCOPED_TRACE(message.title(version));
    const auto once = message.recode(bytes, version);
    if (!once) {
        const std::string text(once.error().message());
        EXPECT_TRUE(text.starts_with(message.name) || text == "bytes are left") << text;
        return;
    }
    const auto twice = message.recode(*once, version);
    ASSERT_TRUE(twice) << twice.error().to_string();
    EXPECT_EQ(*twice, *once);
}

TEST(MessageFill, DamagedBytesOnlyFail) {
    std::mt19937 random(20240607);
    for_each_version([&](const AnyMessage& message, int16_t version) {
        const Bytes bytes = message.filled(version, FillCase::kFull);
        for (int round = 0; round < 16 && !bytes.empty(); ++round) {
            Bytes damaged = bytes;
            for (int count = 1 + round % 4; count > 0; --count)
                damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
            expect_failure_or_stable(message, damaged, version);
        }
    });
}

TEST(MessageFill, RandomBytesOnlyFail) {
    std::mt19937 random(7);
    for_each_version([&](const AnyMessage& message, int16_t version) {
        for (int round = 0; round < 8; ++round) {
            Bytes bytes(random() % 200);
            // Small bytes: more of them are taken for a length, and lead further in.
            for (uint8_t& byte : bytes)
                byte = static_cast<uint8_t>(random() % (round % 2 ? 4 : 256));
            expect_failure_or_stable(message, bytes, version);
        }
    });
}

}  // namespace
}  // namespace milena::protocol
