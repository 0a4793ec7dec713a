// SPDX-License-Identifier: Apache-2.0
#include "protocol/compression.h"

#include "tests/protocol/record_test_support.h"

namespace milena {
namespace {

constexpr CompressionType kCodecs[] = {CompressionType::kGzip, CompressionType::kSnappy,
                                       CompressionType::kLz4, CompressionType::kZstd};

/// Reads all in steps of `step`.
Result<Bytes> decompress(CompressionType codec, BytesView compressed, size_t step) {
    auto decompressor = take_decompressor(codec);
    if (auto started = decompressor->start(compressed); !started) return started.error();
    Bytes out;
    for (;;) {
        size_t at = out.size();
        out.resize(at + step);
        auto got = decompressor->read(MutableBytesView(out).subspan(at));
        if (!got) return got.error();
        out.resize(at + *got);
        if (*got == 0) return out;
    }
}

Bytes text(size_t size) {
    Bytes bytes = noise(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>('a' + byte % 4);
    return bytes;
}

TEST(Compression, EverySizeComesBackInEveryStep) {
    for (CompressionType codec : kCodecs)
        for (size_t size : {size_t{0}, size_t{1}, size_t{100}, size_t{32'768}, size_t{65'536},
                            size_t{65'537}, size_t{300'000}})
            for (const Bytes& plain : {text(size), noise(size), Bytes(size, 'x')})
                for (size_t step : {size_t{1000}, size_t{65'536}, size_t{1} << 20}) {
                    auto back = decompress(codec, compress(codec, plain), step);
                    ASSERT_TRUE(back) << compression_name(codec) << back.error().to_string();
                    EXPECT_EQ(*back, plain) << compression_name(codec) << ' ' << size;
                }
}

TEST(Compression, EveryLevelWorks) {
    Bytes plain = text(100'000);
    auto check = [&](CompressionType codec, int from, int to) {
        for (int level = from; level <= to; level++) {
            auto back = decompress(codec, compress(codec, plain, level), 1 << 16);
            ASSERT_TRUE(back) << level;
            EXPECT_EQ(*back, plain) << compression_name(codec) << level;
        }
    };
    check(CompressionType::kGzip, -1, 9);
    check(CompressionType::kLz4, 1, 17);
    for (int level : {-131072, -1, 1, 3, 22}) check(CompressionType::kZstd, level, level);
    EXPECT_LT(compress(CompressionType::kGzip, plain, 9).size(),
              compress(CompressionType::kGzip, plain, 1).size());
    EXPECT_LT(compress(CompressionType::kLz4, plain, 17).size(),
              compress(CompressionType::kLz4, plain, kLz4LevelDefault).size());
}

TEST(Compression, WhatEndsEarlyIsAnErrorOrShorter) {
    for (CompressionType codec : kCodecs) {
        Bytes compressed = compress(codec, text(70'000));
        for (size_t size = 0; size < compressed.size(); size += 1 + compressed.size() / 97) {
            auto back = decompress(codec, BytesView(compressed).first(size), 4096);
            EXPECT_LT(back ? back->size() : 0, 70'000u) << compression_name(codec) << ' ' << size;
        }
    }
}

TEST(Compression, GarbageIsAnError) {
    for (CompressionType codec : kCodecs)
        for (uint32_t seed = 1; seed < 50; seed++) {
            auto back = decompress(codec, noise(100, seed), 4096);
            ASSERT_FALSE(back) << compression_name(codec);
            EXPECT_EQ(back.error().code(), ErrorCode::INVALID_RECORD);
        }
}

TEST(Compression, SnappyTakesARawBlockAndConcatenatedStreams) {
    // One literal of five bytes: length 5, tag (5 - 1) << 2.
    auto raw = decompress(CompressionType::kSnappy, as_bytes("\x05\x10hello"), 100);
    ASSERT_TRUE(raw);
    EXPECT_EQ(as_text(*raw), "hello");
    Bytes twice = compress(CompressionType::kSnappy, as_bytes("one"));
    Bytes second = compress(CompressionType::kSnappy, as_bytes("two"));
    twice.insert(twice.end(), second.begin(), second.end());
    auto both = decompress(CompressionType::kSnappy, twice, 100);
    ASSERT_TRUE(both) << both.error().to_string();
    EXPECT_EQ(as_text(*both), "onetwo");
}

TEST(Compression, SnappyDoesNotBelieveALength) {
    // A block of 6 bytes that claims 4 GiB - 1.
    auto back = decompress(CompressionType::kSnappy, as_bytes("\xff\xff\xff\xff\x0f\x01"), 100);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code(), ErrorCode::INVALID_RECORD);
}

TEST(Compression, Lz4RefusesBlocksThatDependOnEachOther) {
    Bytes frame = compress(CompressionType::kLz4, as_bytes("hello"));
    frame[4] = 0x40;  // flags: linked blocks
    frame[6] = 0xc0;  // their checksum, xxh32(40 40) >> 8
    auto back = decompress(CompressionType::kLz4, frame, 100);
    ASSERT_FALSE(back);
    EXPECT_NE(back.error().message().find("depend"), std::string::npos) << back.error().message();
}

TEST(Compression, GzipMembersMayFollowEachOtherAndGarbageBehindIsIgnored) {
    Bytes twice = compress(CompressionType::kGzip, as_bytes("one"));
    Bytes second = compress(CompressionType::kGzip, as_bytes("two"));
    twice.insert(twice.end(), second.begin(), second.end());
    twice.push_back('z');
    auto both = decompress(CompressionType::kGzip, twice, 100);
    ASSERT_TRUE(both) << both.error().to_string();
    EXPECT_EQ(as_text(*both), "onetwo");
}

TEST(Compression, ContextsAreUsedAgainAfterAnError) {
    for (CompressionType codec : kCodecs) {
        EXPECT_FALSE(decompress(codec, noise(50), 10));
        auto back = decompress(codec, compress(codec, as_bytes("fine")), 10);
        ASSERT_TRUE(back);
        EXPECT_EQ(as_text(*back), "fine");
    }
}

}  // namespace
}  // namespace milena
