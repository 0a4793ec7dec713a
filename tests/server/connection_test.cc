// SPDX-License-Identifier: Apache-2.0
#include "server/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <mutex>

namespace milena {
namespace {

/// Runs at once, in the caller.
class InlinePool final : public BlockingPool {
  public:
    void run(std::function<void()> work) override { work(); }
};

Bytes frame_of(std::string_view text) {
    Bytes frame(4 + text.size());
    store_big_endian(frame.data(), static_cast<int32_t>(text.size()));
    std::copy(text.begin(), text.end(), frame.begin() + 4);
    return frame;
}

protocol::ResponseChain answer_of(std::string_view text) { return {frame_of(text), {}}; }

/// Answers with what it got; "later ..." is kept until the test says, "skip" has no answer.
class EchoService final : public RequestService {
  public:
    void serve(std::shared_ptr<FrameRequest> request) override {
        std::string text(as_text(request->frame()));
        if (text == "skip") return request->skip_response();
        if (text == "close") return request->close_connection("asked to");
        if (!text.starts_with("later")) return request->send(answer_of(text));
        request->on_interrupt([this](Interrupt why) { interrupts.push_back(why); });
        std::lock_guard lock(mutex);
        kept.push_back(std::move(request));
        arrived.notify_all();
    }

    std::vector<std::shared_ptr<FrameRequest>> wait_for_kept(size_t count) {
        std::unique_lock lock(mutex);
        arrived.wait(lock, [&] { return kept.size() >= count; });
        return kept;
    }

    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<std::shared_ptr<FrameRequest>> kept;
    std::vector<Interrupt> interrupts;
};

class ConnectionTest : public testing::Test {
  protected:
    void SetUp() override {
        core.start();
        connect();
    }
    void TearDown() override {
        on_core([this] { connection->close("end of test"); });
        if (peer >= 0) ::close(peer);
        service.kept.clear();
        connection.reset();
        core.stop();
    }

    void connect() {
        int pair[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        fcntl(pair[0], F_SETFL, O_NONBLOCK);
        peer = pair[1];
        on_core([&] {
            connection = std::make_shared<Connection>(
                core, pair[0], std::make_shared<ConnectionContext>(), setting);
            connection->start([this](Connection&) { closed.set_value(); });
        });
    }

    void on_core(std::function<void()> task) {
        std::promise<void> done;
        core.post([&] {
            task();
            done.set_value();
        });
        done.get_future().wait();
    }

    void send(const Bytes& bytes) {
        ASSERT_EQ(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    void send(std::string_view text) { send(frame_of(text)); }

    std::string receive() {
        uint8_t prefix[4];
        EXPECT_EQ(recv(peer, prefix, 4, MSG_WAITALL), 4);
        std::string text(static_cast<size_t>(load_big_endian<int32_t>(prefix)), '\0');
        EXPECT_EQ(recv(peer, text.data(), text.size(), MSG_WAITALL),
                  static_cast<ssize_t>(text.size()));
        return text;
    }

    NetworkCore core{"test"};
    InlinePool pool;
    EchoService service;
    FrameMemory memory{64 << 20};
    ConnectionSetting setting{service, memory, pool, 32 << 20};
    std::shared_ptr<Connection> connection;
    std::promise<void> closed;
    int peer = -1;
};

TEST_F(ConnectionTest, AnswersPipelinedFramesInOrder) {
    Bytes all;
    for (int i = 0; i < 1000; ++i) {
        Bytes frame = frame_of("request " + std::to_string(i));
        all.insert(all.end(), frame.begin(), frame.end());
    }
    send(all);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(receive(), "request " + std::to_string(i));
}

TEST_F(ConnectionTest, TakesFramesInAnyPieces) {
    Bytes all = frame_of("abc");
    Bytes second = frame_of("defgh");
    all.insert(all.end(), second.begin(), second.end());
    for (uint8_t byte : all) send(Bytes{byte});
    EXPECT_EQ(receive(), "abc");
    EXPECT_EQ(receive(), "defgh");
}

TEST_F(ConnectionTest, LargeFramesArriveWhole) {
    std::string large(20 << 20, 'x');
    for (size_t i = 0; i < large.size(); i += 4099) large[i] = static_cast<char>('a' + i % 26);
    std::string received;
    std::thread reader([&] { received = receive(); });
    send(large);
    reader.join();
    EXPECT_TRUE(received == large);
}

TEST_F(ConnectionTest, LaterAnswersWaitForEarlierOnes) {
    send("later 1");
    send("2");
    send("later 3");
    auto kept = service.wait_for_kept(2);
    kept[1]->send(answer_of("three"));  // not on the core's thread
    kept[0]->send(answer_of("one"));
    EXPECT_EQ(receive(), "one");
    EXPECT_EQ(receive(), "2");
    EXPECT_EQ(receive(), "three");
}

TEST_F(ConnectionTest, SkippedRequestsLeaveNoGap) {
    send("1");
    send("skip");
    send("2");
    EXPECT_EQ(receive(), "1");
    EXPECT_EQ(receive(), "2");
}

TEST_F(ConnectionTest, SendsFileSlicesBetweenBytes) {
    char path[] = "/tmp/milena-slice-XXXXXX";
    ::close(mkstemp(path));
    auto file = *posix_file_system().open(path, OpenMode::kReadWrite);
    unlink(path);
    Bytes content(300'000);
    for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<uint8_t>(i * 7);
    ASSERT_TRUE(file->write_at(0, content));
    for (int64_t length : {100, 200'000}) {
        send("later");
        auto request = service.wait_for_kept(1)[0];
        service.kept.clear();
        protocol::ResponseChain chain{frame_of("headtail"), {}};
        chain.cuts.push_back({8, FileSlice{file, 5, length}});
        store_big_endian(chain.buffer.data(), static_cast<int32_t>(chain.size() - 4));
        request->send(std::move(chain));
        std::string expected = "head";
        expected += as_text(BytesView(content).subspan(5, static_cast<size_t>(length)));
        EXPECT_TRUE(receive() == expected + "tail") << length;
    }
}

TEST_F(ConnectionTest, FileShorterThanSliceClosesConnection) {
    char path[] = "/tmp/milena-slice-XXXXXX";
    ::close(mkstemp(path));
    auto file = *posix_file_system().open(path, OpenMode::kReadWrite);
    unlink(path);
    send("later");
    auto request = service.wait_for_kept(1)[0];
    protocol::ResponseChain chain{frame_of(""), {}};
    chain.cuts.push_back({4, FileSlice{file, 0, 100}});
    request->send(std::move(chain));
    closed.get_future().wait();
}

TEST_F(ConnectionTest, BadLengthsCloseTheConnection) {
    send(Bytes{0xff, 0xff, 0xff, 0xff});
    closed.get_future().wait();
}

TEST_F(ConnectionTest, TooLargeLengthsCloseTheConnection) {
    send(Bytes{0x7f, 0xff, 0xff, 0xff});
    closed.get_future().wait();
}

TEST_F(ConnectionTest, StopsServingAPeerThatDoesNotRead) {
    std::string text(100'000, 'x');
    Bytes frame = frame_of(text);
    fcntl(peer, F_SETFL, O_NONBLOCK);
    size_t sent = 0;
    // Everything in flight is bounded, so at some point nothing more is taken.
    for (int quiet = 0; quiet < 20;) {
        ssize_t count = ::send(peer, frame.data() + sent % frame.size(),
                               frame.size() - sent % frame.size(), MSG_NOSIGNAL);
        if (count > 0) {
            sent += static_cast<size_t>(count);
            quiet = 0;
        } else {
            ++quiet;
            on_core([] {});  // a turn in which it would have read
        }
        ASSERT_LT(sent, size_t{64} << 20);
    }
    EXPECT_LT(memory.used(), 16 << 20);
    fcntl(peer, F_SETFL, 0);
    for (size_t i = 0; i < sent / frame.size(); ++i) ASSERT_TRUE(receive() == text);
}

TEST_F(ConnectionTest, HalfARequestWaitsForThePeerAndAWholeOneDoesNot) {
    send(Bytes{0, 0, 0, 5, 'l', 'a'});
    while (memory.used() == 0) std::this_thread::yield();
    on_core([&] { EXPECT_TRUE(connection->waits_for_peer()); });
    send(Bytes{'t', 'e', 'r'});
    service.wait_for_kept(1);
    on_core([&] { EXPECT_FALSE(connection->waits_for_peer()); });
}

TEST_F(ConnectionTest, AnswersThatNobodyReadsWaitForThePeer) {
    send("later");
    auto request = service.wait_for_kept(1)[0];
    request->send(answer_of(std::string(8 << 20, 'x')));  // more than the socket takes
    bool waits = false;
    while (!waits) on_core([&] { waits = connection->waits_for_peer(); });
    on_core([&] { EXPECT_EQ(connection->queue().in_flight(), 1u); });
}

TEST_F(ConnectionTest, ClosingInterruptsThoseThatWait) {
    send("later");
    service.wait_for_kept(1);
    ::close(std::exchange(peer, -1));
    closed.get_future().wait();
    on_core([&] { EXPECT_EQ(service.interrupts, std::vector{Interrupt::kGone}); });
}

TEST_F(ConnectionTest, DrainingAnswersWhatIsInFlight) {
    send("later");
    auto request = service.wait_for_kept(1)[0];
    on_core([&] { connection->drain(); });
    EXPECT_EQ(service.interrupts, std::vector{Interrupt::kHurry});
    request->send(answer_of("last words"));
    EXPECT_EQ(receive(), "last words");
    closed.get_future().wait();
}

TEST_F(ConnectionTest, AnnouncedBytesTakeNoMemory) {
    Bytes start(4 + 10);
    store_big_endian(start.data(), 30 << 20);
    send(start);
    send(Bytes(1000));
    std::string text;
    do on_core([&] { text = std::to_string(memory.used()); });
    while (memory.used() == 0);
    EXPECT_LT(memory.used(), 64 * 1024);
}

TEST(FrameMemoryTest, OneLargeFrameAtATimeGoesBeyondTheBound) {
    FrameMemory memory(100'000);
    Frame first(memory, 1 << 20), second(memory, 1 << 20), small(memory, 1000);
    EXPECT_FALSE(first.space(500'000).empty());
    EXPECT_TRUE(second.space(500'000).empty());
    EXPECT_FALSE(small.space(1000).empty());
    first = Frame();
    EXPECT_EQ(memory.used(), 1000);
    EXPECT_FALSE(second.space(500'000).empty());
}

#ifndef __SANITIZE_ADDRESS__
TEST(FrameMemoryTest, BlocksOfFramesAreUsedAgain) {
    FrameMemory memory(1 << 20);
    const uint8_t* block = nullptr;
    {
        Frame frame(memory, 1500);
        EXPECT_EQ(frame.space(1500).size(), 1500u);
        block = frame.space(1500).data();
        EXPECT_EQ(memory.used(), 2048);
    }
    EXPECT_EQ(memory.used(), 0);
    Frame next(memory, 1400);
    EXPECT_EQ(next.space(1).data(), block);
    EXPECT_EQ(next.space(1).size(), 1400u);
}
#endif

TEST_F(ConnectionTest, ARefusalStandsInTheLog) {
    testing::internal::CaptureStderr();
    send("close");
    closed.get_future().wait();
    on_core([] {});
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("INFO"), std::string::npos);
    EXPECT_NE(log.find("asked to"), std::string::npos);
}

}  // namespace
}  // namespace milena
