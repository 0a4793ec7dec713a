// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "protocol/reader.h"
#include "protocol/writer.h"

namespace milena::protocol {
namespace {

TEST(ReaderWriter, VarintsOfEveryLength) {
    for (const uint32_t value : {0u, 1u, 127u, 128u, 16383u, 16384u, 1u << 21, 1u << 28, ~0u}) {
        Bytes bytes(unsigned_varint_size(value));
        Writer writer(bytes);
        writer.write_unsigned_varint(value);
        EXPECT_EQ(writer.remaining(), 0u);
        Reader reader(bytes);
        EXPECT_EQ(reader.read_unsigned_varint("test"), value);
        EXPECT_EQ(reader.remaining(), 0u);
    }
}

TEST(ReaderWriter, SignedVarintsAreZigzag) {
    using Limits = std::numeric_limits<int64_t>;
    for (const int64_t value :
         {int64_t{0}, int64_t{-1}, int64_t{1}, int64_t{-65}, Limits::min(), Limits::max()}) {
        Bytes bytes(varlong_size(value));
        Writer(bytes).write_varlong(value);
        EXPECT_EQ(Reader(bytes).read_varlong("test"), value);
    }
    Bytes bytes(varint_size(-64));
    Writer(bytes).write_varint(-64);
    EXPECT_EQ(bytes, Bytes{0x7f});
    EXPECT_EQ(Reader(bytes).read_varint("test"), -64);
}

TEST(ReaderWriter, AVarintOfTooManyBitsIsAnError) {
    for (const Bytes& bytes :
         {Bytes{0xff, 0xff, 0xff, 0xff, 0x1f}, Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0x01}}) {
        Reader reader(bytes);
        reader.read_unsigned_varint("Message.field");
        ASSERT_FALSE(reader.ok());
        EXPECT_EQ(reader.error().message(), "Message.field: a varint has more than 32 bits");
    }
}

TEST(ReaderWriter, TheFirstErrorStays) {
    Reader reader(BytesView{});
    reader.read<int32_t>("Message.first");
    reader.read<int32_t>("Message.second");
    EXPECT_EQ(reader.error().message(), "Message.first: the message ends too early");
    EXPECT_EQ(reader.error().code(), ErrorCode::INVALID_REQUEST);
}

TEST(ReaderWriter, ATaggedFieldEndsWhereItSays) {
    const Bytes bytes{0x00, 0x02, 0xaa, 0xbb, 0xcc};
    Reader reader(bytes);
    const Reader::Tag tag = reader.begin_tag("Message");
    EXPECT_EQ(reader.remaining(), 2u);
    reader.read<int8_t>("Message.field");
    reader.end_tag(tag, "Message");
    ASSERT_FALSE(reader.ok());
    EXPECT_EQ(reader.error().message(), "Message: a tagged field is longer than its value");
}

TEST(ReaderWriter, ALongStringIsCutAtTheEndOfACharacter) {
    std::string text(kStringBytesMax - 1, 'a');
    text += "\u20ac";  // three bytes, of which one would fit
    Bytes bytes(string_size(false, text));
    Writer(bytes).write_string(false, text);
    Reader reader(bytes);
    EXPECT_EQ(reader.read_string(false, "test"), text.substr(0, kStringBytesMax - 1));
}

TEST(ReaderWriter, ACompactStringBeyondKafkasLimitIsAnError) {
    Bytes bytes(40000);
    Writer(bytes).write_unsigned_varint(static_cast<uint32_t>(kStringBytesMax) + 2);
    Reader reader(bytes);
    reader.read_string(true, "Message.field");
    ASSERT_FALSE(reader.ok());
    EXPECT_EQ(reader.error().message(), "Message.field: a string is longer than 32767 bytes");
}

TEST(ReaderWriter, WritingPastTheEndAborts) {
    Bytes bytes(3);
    Writer writer(bytes);
    EXPECT_DEATH(writer.write<int32_t>(1), "longer than its encoded_size");
}

}  // namespace
}  // namespace milena::protocol
