// SPDX-License-Identifier: Apache-2.0
// One thread of the load generator: its connections, and the latencies that it saw.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace milena::load {

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
    int threads = 1;
};

/// A connected socket.
int connect_to(const Plan& plan);
/// Sends and receives whole, on a connection of its own.
Bytes ask_once(const Plan& plan, BytesView frame);

/// Microseconds, counted one by one; what is longer than kMax counts as kMax.
class Latencies {
  public:
    static constexpr size_t kMax = 1'000'000;
    void add(Clock::duration latency) {
        auto micros = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
        ++counts_[std::min(static_cast<size_t>(micros), kMax)];
        ++total_;
    }
    void add_all(const Latencies& others);
    size_t total() const { return total_; }
    /// The latency that `part` (0 to 1) of all do not exceed.
    size_t at(double part) const;

  private:
    std::vector<uint32_t> counts_ = std::vector<uint32_t>(kMax + 1);
    size_t total_ = 0;
};

/// Memory that was used, for others to use next.
class UsedMemory {
  public:
    explicit UsedMemory(size_t bytes);
    UsedMemory(const UsedMemory&) = delete;
    ~UsedMemory();
    void give_back(size_t bytes);

  private:
    static constexpr size_t kStepBytes = 256 * 1024;
    uint8_t* memory_ = nullptr;
    size_t left_;
    size_t owed_ = 0;
};

class Worker {
  public:
    /// `plan` is this worker's share. Its connections begin at number `first`: together the workers
    /// visit the partitions as one would. `answer_bytes` is the size that each answer must have,
    /// without its length; 0 if that may differ.
    Worker(const Plan& plan, const std::vector<Bytes>& frames, int first, int connections_in_all,
           size_t answer_bytes);
    ~Worker();
    Worker(const Worker&) = delete;

    /// Each answer brings the next request.
    void run_closed(Clock::time_point end);
    /// Requests leave by the clock, whatever is answered.
    void run_at_rate(Clock::time_point start, Clock::time_point end);

    const Latencies& latencies() const { return latencies_; }
    size_t bytes_received() const { return bytes_received_; }

  private:
    struct Peer {
        int descriptor = -1;
        size_t next_frame = 0;
        std::vector<Clock::time_point> sent;  // a ring of those without an answer
        size_t sent_first = 0;
        size_t sent_count = 0;
        uint8_t prefix[4];
        size_t prefix_received = 0;
        size_t body_left = 0;
    };

    /// Sends `count` requests in one call.
    void send_some(Peer& peer, int count, Clock::time_point due);
    void note_sent(Peer& peer, Clock::time_point due);
    /// Calls on_answers(peer, count, now) for each connection with answers that ended.
    template <class OnAnswers>
    void turn(Clock::time_point until, OnAnswers on_answers);
    /// One read; returns the answers that it completed, and when.
    int receive(Peer& peer, Clock::time_point& now);
    int take(Peer& peer, BytesView bytes, Clock::time_point now);
    /// The next `bytes` of an answer's body. True if they are the last.
    bool skip(Peer& peer, size_t bytes, Clock::time_point now);

    const Plan plan_;
    const std::vector<Bytes>& frames_;
    const size_t stride_;
    const size_t answer_bytes_;
    UsedMemory memory_;
    std::vector<Peer> peers_;
    Bytes buffer_;
    Latencies latencies_;
    size_t bytes_received_ = 0;
    int epoll_ = -1;
};

}  // namespace milena::load
