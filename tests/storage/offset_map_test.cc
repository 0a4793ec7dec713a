// SPDX-License-Identifier: Apache-2.0
#include "storage/offset_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace milena {
namespace {

bool put(OffsetMap& map, const std::string& key, Offset offset) {
    Offset replaced;
    return map.put(map.see(as_bytes(key)), offset, replaced) != OffsetMap::Put::kNoRoom;
}

std::optional<Offset> find(const OffsetMap& map, const std::string& key) {
    return map.find(map.see(as_bytes(key)));
}

TEST(OffsetMap, RemembersTheNewestOffsetOfEachKey) {
    constexpr uint32_t kSeed = 20260917;
    std::mt19937 random(kSeed);
    OffsetMap map(1 << 20, 0.9);
    const Offset base(5'000'000'000);
    map.start(base, 40'000);
    std::map<std::string, Offset> expected;
    for (int i = 0; i < 40'000; ++i) {
        const std::string key = "key-" + std::to_string(random() % 20'000);
        ASSERT_TRUE(put(map, key, base + i));
        expected[key] = base + i;
        EXPECT_EQ(map.latest(), base + i);
    }
    EXPECT_EQ(map.size(), static_cast<int64_t>(expected.size()));
    for (const auto& [key, offset] : expected) ASSERT_EQ(find(map, key), offset) << key;
    for (int i = 0; i < 20'000; ++i) ASSERT_FALSE(find(map, "other-" + std::to_string(i)));
}

TEST(OffsetMap, IsNeverFullerThanItMayBe) {
    OffsetMap map(1000 * OffsetMap::kEntryBytes, 0.9);
    map.start(Offset(0), 1'000'000);
    int64_t offset = 0;
    while (put(map, "key-" + std::to_string(offset), Offset(offset))) ++offset;
    EXPECT_EQ(offset, 900);
    EXPECT_EQ(map.size(), 900);
    EXPECT_EQ(map.latest(), Offset(899));
    EXPECT_TRUE(put(map, "key-17", Offset(1000))) << "a key that has its place";
    EXPECT_EQ(find(map, "key-17"), Offset(1000));
    for (int64_t i = 0; i < 900; ++i) ASSERT_TRUE(find(map, "key-" + std::to_string(i))) << i;
    EXPECT_FALSE(find(map, "key-900"));
}

TEST(OffsetMap, TakesOnlyTheRoomThatItsOffsetsNeed) {
    OffsetMap map(int64_t{1} << 40, 0.5);  // more than there is
    map.start(Offset(10), 100);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(put(map, std::to_string(i), Offset(10 + i)));
    map.start(Offset(10), 0);
    EXPECT_EQ(map.size(), 0);
    EXPECT_FALSE(find(map, "1"));
    EXPECT_EQ(map.latest(), Offset(9));
}

TEST(OffsetMap, AnOffsetThatIsTooFarAwayHasNoRoom) {
    OffsetMap map(1 << 20, 0.9);
    map.start(Offset(0), 10);
    EXPECT_TRUE(put(map, "near", Offset((int64_t{1} << 32) - 2)));
    EXPECT_FALSE(put(map, "far", Offset((int64_t{1} << 32) - 1)));
}

}  // namespace
}  // namespace milena
