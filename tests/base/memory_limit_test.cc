// SPDX-License-Identifier: Apache-2.0
#include "base/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

namespace milena {
namespace {

class MemoryLimitTest : public testing::Test {
  protected:
    MemoryLimitTest() : mount_(testing::TempDir() + "milena-cgroup-XXXXXX") {
        mkdtemp(mount_.data());
    }
    ~MemoryLimitTest() override { std::filesystem::remove_all(mount_); }

    void put(const std::string& path, const std::string& content) {
        const std::filesystem::path file = mount_ + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << content << "\n";
    }

    std::string mount_;
    static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
};

TEST_F(MemoryLimitTest, VersionTwoAndItsAncestors) {
    EXPECT_EQ(cgroup_memory_limit("0::/a/b\n", mount_), kNone);
    put("/a/b/memory.max", "max");
    EXPECT_EQ(cgroup_memory_limit("0::/a/b\n", mount_), kNone);
    put("/a/memory.max", "67108864");
    EXPECT_EQ(cgroup_memory_limit("0::/a/b\n", mount_), 64 << 20);
    put("/a/b/memory.max", "1048576");
    EXPECT_EQ(cgroup_memory_limit("0::/a/b\n", mount_), 1 << 20);
    EXPECT_EQ(cgroup_memory_limit("0::/a\n", mount_), 64 << 20);
}

TEST_F(MemoryLimitTest, VersionOneIsAnotherTree) {
    const char* memberships = "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n";
    put("/cpu/docker/abc/memory.limit_in_bytes", "1");
    EXPECT_EQ(cgroup_memory_limit(memberships, mount_), kNone);
    put("/memory/docker/abc/memory.limit_in_bytes", "33554432");
    EXPECT_EQ(cgroup_memory_limit(memberships, mount_), 32 << 20);
}

TEST_F(MemoryLimitTest, WithinAContainerTheMountBeginsAtItsGroup) {
    put("/memory/memory.limit_in_bytes", "33554432");
    EXPECT_EQ(cgroup_memory_limit("4:memory:/docker/abc\n", mount_), 32 << 20);
    put("/memory.max", "16777216");
    EXPECT_EQ(cgroup_memory_limit("0::/\n", mount_), 16 << 20);
}

TEST(MemoryLimit, OfThisMachineIsPositive) { EXPECT_GT(usable_memory_bytes(), 1 << 20); }

}  // namespace
}  // namespace milena
