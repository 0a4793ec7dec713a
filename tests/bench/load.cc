// SPDX-License-Identifier: Apache-2.0
// A light load generator: prebuilt frames over raw sockets, one thread, so that the broker is what
// is measured. Prints one line: what was done per second, latencies, and the broker's CPU time.
//
//   load HOST PORT PID produce|fetch SECONDS CONNECTIONS IN_FLIGHT BYTES PARTITIONS [RATE [COUNT]]
//
// The topic "load" must exist. BYTES are those of a record batch (produce) or partition_max_bytes
// (fetch). RATE (requests a second over all connections), unless 0, makes it an open loop: latency
// counts from when a request was due. After COUNT requests it ends, however few seconds it took.
//
// What COUNT requests will write is touched before, and given back to the kernel step by step as
// they are sent, so that the page cache grows into memory that was used: on a virtual machine the
// first touch of a page costs up to ten times the write.
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/request_header.h"
#include "protocol/record_batch_builder.h"

namespace milena {
namespace {

using Clock = std::chrono::steady_clock;

struct Plan {
    std::string host;
    std::string port;
    int broker_pid = 0;
    bool produces = true;
    double seconds = 5;
    int connections = 8;
    int in_flight = 1;
    int bytes = 1024;
    int partitions = 64;
    double rate = 0;
    size_t requests_max = std::numeric_limits<size_t>::max();
};

[[noreturn]] void die(const std::string& what) {
    std::fprintf(stderr, "load: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

/// One batch of records of at most kRecordBytes.
Bytes batch_of(size_t bytes) {
    constexpr size_t kRecordBytes = 1000;
    constexpr size_t kOverheadOfBatch = 62;
    constexpr size_t kOverheadOfRecord = 10;
    auto now = std::chrono::system_clock::now().time_since_epoch();
    NewRecord record;
    record.timestamp =
        TimestampMs(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    RecordBatchBuilder builder{RecordBatchOptions{}};
    uint32_t random = 1;
    Bytes value;
    for (size_t left = bytes - std::min(bytes, kOverheadOfBatch); left > kOverheadOfRecord;) {
        value.resize(std::min(left, kRecordBytes) - kOverheadOfRecord);
        for (auto& byte : value)
            byte = static_cast<uint8_t>((random = random * 1664525 + 1013904223) >> 24);
        record.value = BytesView(value);
        if (!builder.append(record)) die("build a batch");
        left -= std::min(left, kRecordBytes);
    }
    return *builder.build();
}

template <class Body>
Bytes frame_of(const Body& body, int16_t version) {
    protocol::RequestHeader header;
    header.request_api_key = Body::kApiKey;
    header.request_api_version = version;
    header.correlation_id = 1;
    header.client_id = "load";
    return protocol::encode_frame(header, Body::header_version(version), body, version).buffer;
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

Bytes fetch_frame(int partition, int bytes) {
    protocol::FetchRequest request;
    request.max_wait_ms = 500;
    request.min_bytes = 1;
    request.max_bytes = 64 << 20;
    auto& topic = request.topics.emplace_back();
    topic.topic = "load";
    auto& asked = topic.partitions.emplace_back();
    asked.partition = partition;
    asked.fetch_offset = 0;
    asked.partition_max_bytes = bytes;
    return frame_of(request, 12);
}

/// Seconds of CPU that a process has used.
double cpu_seconds(int pid) {
    clockid_t clock;
    timespec used{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        die("read the CPU time of the broker");
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

int connect_to(const Plan& plan) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(plan.host.c_str(), plan.port.c_str(), &hints, &found) != 0) die("resolve");
    int descriptor = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(descriptor, found->ai_addr, found->ai_addrlen) != 0) die("connect");
    freeaddrinfo(found);
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

/// Memory that was used, for others to use next.
class UsedMemory {
  public:
    explicit UsedMemory(size_t bytes) : left_(bytes) {
        if (bytes == 0) return;
        memory_ = static_cast<uint8_t*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
        if (memory_ == MAP_FAILED) die("map memory");
    }
    void give_back(size_t bytes) {
        owed_ += bytes;
        if (owed_ < kStepBytes || left_ < kStepBytes) return;
        size_t step = std::min(owed_, left_) / kStepBytes * kStepBytes;
        munmap(memory_, step);
        memory_ += step;
        left_ -= step;
        owed_ -= step;
    }

  private:
    static constexpr size_t kStepBytes = 256 * 1024;
    uint8_t* memory_ = nullptr;
    size_t left_;
    size_t owed_ = 0;
};

class Load {
  public:
    explicit Load(const Plan& plan) : plan_(plan), memory_(bytes_to_write(plan)) {
        Bytes batch = plan.produces ? batch_of(static_cast<size_t>(plan.bytes)) : Bytes();
        for (int i = 0; i < plan.partitions; ++i)
            frames_.push_back(plan.produces ? produce_frame(i, batch) : fetch_frame(i, plan.bytes));
        epoll_ = epoll_create1(0);
        peers_.resize(static_cast<size_t>(plan.connections));
        for (size_t i = 0; i < peers_.size(); ++i) {
            peers_[i].descriptor = connect_to(plan);
            peers_[i].next_frame = i;
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            epoll_ctl(epoll_, EPOLL_CTL_ADD, peers_[i].descriptor, &event);
        }
    }

    void run() {
        double cpu_before = cpu_seconds(plan_.broker_pid);
        start_ = Clock::now();
        end_ = start_ + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(plan_.seconds));
        if (plan_.rate > 0)
            run_at_rate();
        else
            run_closed();
        double took = std::chrono::duration<double>(Clock::now() - start_).count();
        report(took, cpu_seconds(plan_.broker_pid) - cpu_before);
    }

  private:
    struct Peer {
        int descriptor = -1;
        size_t next_frame = 0;
        std::deque<Clock::time_point> sent;
        uint8_t prefix[4];
        size_t prefix_received = 0;
        size_t body_left = 0;
    };

    static size_t bytes_to_write(const Plan& plan) {
        bool known = plan.produces && plan.requests_max < std::numeric_limits<size_t>::max();
        return known ? plan.requests_max * static_cast<size_t>(plan.bytes) : 0;
    }

    void send_one(Peer& peer, Clock::time_point due) {
        const Bytes& frame = frames_[peer.next_frame % frames_.size()];
        memory_.give_back(frame.size());
        peer.next_frame += peers_.size() + 1;
        size_t sent = 0;
        while (sent < frame.size()) {
            ssize_t count =
                send(peer.descriptor, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
            if (count < 0) die("send");
            sent += static_cast<size_t>(count);
        }
        peer.sent.push_back(due);
    }

    void run_closed() {
        for (Peer& peer : peers_)
            for (int i = 0; i < plan_.in_flight; ++i) send_one(peer, Clock::now());
        size_t sent = peers_.size() * static_cast<size_t>(plan_.in_flight);
        for (size_t open = sent; open > 0;)
            wait(-1, [&](Peer& peer) {
                if (sent < plan_.requests_max && Clock::now() < end_) {
                    send_one(peer, Clock::now());
                    ++sent;
                } else {
                    --open;
                }
            });
    }

    void run_at_rate() {
        auto step = std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(1 / plan_.rate));
        size_t open = 0;
        size_t turn = 0;
        for (auto due = start_; due < end_ || open > 0;) {
            auto now = Clock::now();
            while (due <= now && due < end_) {
                send_one(peers_[turn++ % peers_.size()], due);
                ++open;
                due += step;
            }
            // Sleeps by polling: a coarse timer would be measured, too.
            wait(due < end_ ? 0 : -1, [&](Peer&) { --open; });
        }
    }

    template <class OnAnswer>
    void wait(int timeout_ms, OnAnswer on_answer) {
        epoll_event events[64];
        int count = epoll_wait(epoll_, events, 64, timeout_ms);
        for (int i = 0; i < count; ++i) receive(peers_[events[i].data.u64], on_answer);
    }

    template <class OnAnswer>
    void receive(Peer& peer, OnAnswer on_answer) {
        static std::vector<uint8_t> buffer(1 << 20);
        ssize_t count = recv(peer.descriptor, buffer.data(), buffer.size(), 0);
        if (count <= 0) die("the broker closed a connection");
        bytes_received_ += static_cast<size_t>(count);
        for (size_t at = 0; at < static_cast<size_t>(count);) {
            if (peer.body_left == 0) {
                peer.prefix[peer.prefix_received++] = buffer[at++];
                if (peer.prefix_received < 4) continue;
                peer.prefix_received = 0;
                peer.body_left = static_cast<size_t>(load_big_endian<int32_t>(peer.prefix));
                continue;
            }
            size_t part = std::min(peer.body_left, static_cast<size_t>(count) - at);
            at += part;
            peer.body_left -= part;
            if (peer.body_left > 0) continue;
            latencies_.push_back(
                std::chrono::duration<double, std::micro>(Clock::now() - peer.sent.front())
                    .count());
            peer.sent.pop_front();
            on_answer(peer);
        }
    }

    void report(double seconds, double cpu) {
        std::sort(latencies_.begin(), latencies_.end());
        auto at = [&](double part) {
            return latencies_[static_cast<size_t>(part *
                                                  static_cast<double>(latencies_.size() - 1))];
        };
        auto count = static_cast<double>(latencies_.size());
        double bytes = plan_.produces ? count * plan_.bytes : static_cast<double>(bytes_received_);
        std::printf(
            "%.0f requests/s %.1f MB/s p50 %.0f p99 %.0f p99.9 %.0f us cpu %.2f us/request "
            "%.3f s/GB\n",
            count / seconds, bytes / seconds / 1e6, at(0.5), at(0.99), at(0.999), cpu / count * 1e6,
            cpu / (bytes / 1e9));
    }

    const Plan plan_;
    UsedMemory memory_;
    std::vector<Bytes> frames_;
    std::vector<Peer> peers_;
    std::vector<double> latencies_;
    size_t bytes_received_ = 0;
    Clock::time_point start_;
    Clock::time_point end_;
    int epoll_ = -1;
};

}  // namespace
}  // namespace milena

int main(int argc, char** argv) {
    using namespace milena;
    if (argc < 10) {
        std::fprintf(stderr, "see the head of load.cc\n");
        return 2;
    }
    Plan plan;
    plan.host = argv[1];
    plan.port = argv[2];
    plan.broker_pid = std::atoi(argv[3]);
    plan.produces = std::string(argv[4]) == "produce";
    plan.seconds = std::atof(argv[5]);
    plan.connections = std::atoi(argv[6]);
    plan.in_flight = std::atoi(argv[7]);
    plan.bytes = std::atoi(argv[8]);
    plan.partitions = std::atoi(argv[9]);
    if (argc > 10) plan.rate = std::atof(argv[10]);
    if (argc > 11) plan.requests_max = std::strtoull(argv[11], nullptr, 10);
    Load(plan).run();
}
