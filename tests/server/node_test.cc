// SPDX-License-Identifier: Apache-2.0
// A whole node, started and stopped in this process.
#include "server/node.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/request_header.h"
#include "protocol/record_batch_builder.h"

namespace milena {
namespace {

constexpr int kPartitions = 8;

Bytes batch_of_one() {
    RecordBatchBuilder builder{RecordBatchOptions{}};
    NewRecord record;
    record.timestamp = system_clock().now();
    record.value = as_bytes("value");
    EXPECT_TRUE(builder.append(record));
    return *builder.build();
}

template <class Body>
Bytes frame_of(const Body& body, int16_t version) {
    protocol::RequestHeader header;
    header.request_api_key = Body::kApiKey;
    header.request_api_version = version;
    header.client_id = "test";
    return protocol::encode_frame(header, Body::header_version(version), body, version).buffer;
}

Bytes create_frame() {
    protocol::CreateTopicsRequest request;
    request.timeout_ms = 10'000;
    auto& topic = request.topics.emplace_back();
    topic.name = "load";
    topic.num_partitions = kPartitions;
    topic.replication_factor = 1;
    auto& config = topic.configs.emplace_back();
    config.name = "flush.messages";
    config.value = "1";
    return frame_of(request, 7);
}

Bytes produce_frame(int partition, const Bytes& batch) {
    protocol::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 30'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "load";
    auto& data = topic.partition_data.emplace_back();
    data.index = partition;
    data.records = protocol::Records(BytesView(batch));
    return frame_of(request, 9);
}

/// Waits at the end of the log.
Bytes fetch_frame(int partition) {
    protocol::FetchRequest request;
    request.max_wait_ms = 30'000;
    request.min_bytes = 1 << 30;
    request.max_bytes = 1 << 30;
    auto& topic = request.topics.emplace_back();
    topic.topic = "load";
    auto& asked = topic.partitions.emplace_back();
    asked.partition = partition;
    asked.partition_max_bytes = 1 << 20;
    return frame_of(request, 12);
}

/// A blocking connection; false once it is closed.
class Peer {
  public:
    explicit Peer(uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(connect(descriptor_, generic, sizeof address), 0);
    }
    ~Peer() { ::close(descriptor_); }
    Peer(const Peer&) = delete;

    bool send(const Bytes& frame) {
        return ::send(descriptor_, frame.data(), frame.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(frame.size());
    }
    bool receive() {
        uint8_t length[4];
        if (recv(descriptor_, length, sizeof length, MSG_WAITALL) != sizeof length) return false;
        Bytes body(load_big_endian<uint32_t>(length));
        const auto size = static_cast<ssize_t>(body.size());
        return recv(descriptor_, body.data(), body.size(), MSG_WAITALL) == size;
    }

  private:
    const int descriptor_;
};

class NodeTest : public testing::Test {
  protected:
    NodeTest() {
        set_log_level(LogLevel::kError);
        std::string pattern = testing::TempDir() + "milena-node-XXXXXX";
        directory_ = mkdtemp(pattern.data());
        given_ = {{"listeners", "PLAINTEXT://127.0.0.1:0"},
                  {"log.dirs", directory_ + "/data"},
                  {"num.network.threads", "2"}};
    }
    ~NodeTest() override { std::filesystem::remove_all(directory_); }

    std::unique_ptr<Node> make() {
        auto settings = Settings::make(given_);
        EXPECT_TRUE(settings) << settings.error().message();
        return std::make_unique<Node>(std::move(*settings));
    }

    std::string directory_;
    ConfigMap given_;
};

/// Clients of several kinds, until their connections are closed.
class Load {
  public:
    explicit Load(uint16_t port) {
        for (int i = 0; i < 4; ++i) threads_.emplace_back([=, this] { produce(port, i); });
        for (int i = 0; i < 2; ++i) threads_.emplace_back([=] { wait_for_records(port, i); });
    }
    ~Load() {
        for (std::thread& thread : threads_) thread.join();
    }
    void await(int answers) {
        for (int seen; (seen = answers_.load()) < answers;) answers_.wait(seen);
    }

  private:
    void produce(uint16_t port, int first) {
        constexpr int kInFlight = 5;
        const Bytes batch = batch_of_one();
        Peer peer(port);
        for (int i = 0; peer.send(produce_frame((first + i) % kPartitions, batch)); ++i) {
            if (i < kInFlight) continue;
            if (!peer.receive()) return;
            ++answers_;
            answers_.notify_all();
        }
    }
    static void wait_for_records(uint16_t port, int first) {
        Peer peer(port);
        for (int i = 0; peer.send(fetch_frame((first + i) % kPartitions)) && peer.receive(); ++i) {
        }
    }

    std::atomic<int> answers_{0};
    std::vector<std::thread> threads_;
};

TEST_F(NodeTest, EndsUnderLoadWithAndWithoutAStop) {
    constexpr int kRounds = 8;
    for (int round = 0; round < kRounds; ++round) {
        auto node = make();
        auto started = node->start("");
        ASSERT_TRUE(started) << started.error().message();
        const uint16_t port = node->addresses().at(0).port;
        if (round == 0) {
            Peer peer(port);
            ASSERT_TRUE(peer.send(create_frame()) && peer.receive());
        }
        Load load(port);
        load.await(100);
        if (round % 2 == 0) {
            ASSERT_TRUE(node->stop());
        }
        node.reset();
    }
}

TEST_F(NodeTest, ContradictionsAreRefusedBeforeAnythingIsMade) {
    const auto refusal = [this](const std::string& key, const std::string& value) {
        const ConfigMap given = given_;
        given_[key] = value;
        auto started = make()->start("");
        given_ = given;
        EXPECT_FALSE(std::filesystem::exists(directory_ + "/data"));
        return started ? std::string() : started.error().message();
    };
    const std::string data = directory_ + "/data";
    EXPECT_NE(refusal("log.dirs", data + "," + directory_ + "/./data/").find("twice"),
              std::string::npos);
    EXPECT_NE(refusal("controller.quorum.voters", "2@localhost:9093").find("node.id=1"),
              std::string::npos);
    EXPECT_NE(refusal("controller.quorum.voters", "1@a:9093,2@b:9093").find("2 nodes"),
              std::string::npos);
    given_["controller.quorum.voters"] = "1@localhost:9093";
    EXPECT_TRUE(make()->start("wILax37pSb2Yd1HUb5gvjQ"));
}

TEST_F(NodeTest, AStartThatFailsHalfWayEndsCleanly) {
    auto node = make();
    ASSERT_TRUE(node->start(""));
    given_["log.dirs"] = "/proc/none";
    auto second = make();  // no directory can be made there
    EXPECT_FALSE(second->start(""));
    second.reset();
    given_["log.dirs"] = directory_ + "/other";
    given_["listeners"] = "PLAINTEXT://127.0.0.1:" + std::to_string(node->addresses().at(0).port);
    auto third = make();  // the port is in use
    EXPECT_FALSE(third->start(""));
}

}  // namespace
}  // namespace milena
