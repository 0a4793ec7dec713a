// SPDX-License-Identifier: Apache-2.0
#include "server/response_queue.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace milena {
namespace {

std::shared_ptr<File> file_of(int64_t size) {
    char path[] = "/tmp/milena-slice-XXXXXX";
    ::close(mkstemp(path));
    auto file = *posix_file_system().open(path, OpenMode::kReadWrite);
    unlink(path);
    EXPECT_TRUE(file->write_at(0, Bytes(static_cast<size_t>(size), 1)));
    return file;
}

TEST(ResponseQueueTest, AFastReaderOfMuchYieldsToOthers) {
    constexpr int64_t kSize = 3 * ResponseQueue::kTurnBytes;
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    int64_t received = 0;
    std::thread reader([&] {
        Bytes buffer(1 << 20);
        for (ssize_t count; (count = read(ends[1], buffer.data(), buffer.size())) > 0;)
            received += count;
    });

    ResponseQueue queue;
    protocol::ResponseChain answer{Bytes(8), {}};
    answer.cuts.push_back({4, FileSlice{file_of(kSize), 0, kSize}});
    queue.fill(queue.reserve(1), std::move(answer));
    // The socket blocks, so nothing but the bound ends a turn.
    EXPECT_EQ(queue.write_to(ends[0]), ResponseQueue::Progress::kYield);
    EXPECT_EQ(queue.write_to(ends[0]), ResponseQueue::Progress::kYield);
    EXPECT_EQ(queue.in_flight(), 1u);
    while (queue.write_to(ends[0]) == ResponseQueue::Progress::kYield) {
    }
    EXPECT_EQ(queue.in_flight(), 0u);
    close(ends[0]);
    reader.join();
    close(ends[1]);
    EXPECT_EQ(received, kSize + 8);
}

}  // namespace
}  // namespace milena
