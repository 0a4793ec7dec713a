// SPDX-License-Identifier: Apache-2.0
// Threads that move logs between data directories, a piece of each in turn.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/log_move.h"
#include "storage/throttle.h"

namespace milena {

/// Thread safe. Holds no more than the moves that there are; threads begin with the first of them.
class LogMover {
  public:
    struct Steps {
        /// The move may end: the cluster is to be told. `told` runs later, in any thread.
        std::function<void(const LogMove&, std::function<void(Result<void>)> told)> announce;
        std::function<Result<void>(LogMove&)> finish;
        std::function<void(LogMove&, const Error& cause)> fail;
    };

    /// `piece_bytes`: what is copied of one log before the next one has its turn.
    LogMover(const Clock& clock, int64_t piece_bytes, Steps steps)
        : clock_(clock), piece_bytes_max_(piece_bytes), steps_(std::move(steps)) {}
    ~LogMover() { stop(); }

    void add(std::shared_ptr<LogMove> move);
    /// Nothing moves by itself before this.
    void start(int threads);
    /// Nothing moves afterwards.
    void stop();
    /// Copies a piece of the next log in turn, or ends its move, in the calling thread. Whether
    /// there was one.
    bool advance_one();
    /// Of all moves together. Holds at once.
    void set_rate(double bytes_per_second);

  private:
    /// Each keeps two files open.
    static constexpr size_t kUnderWayMax = 64;

    void match_threads();
    void work();
    /// Until there is something to do; false when the mover stops.
    bool await_turn();
    /// The next one in turn; null if there is none, or when the mover stops.
    std::shared_ptr<LogMove> take();
    // REQUIRES: mutex_ held, for both.
    bool may_begin() const { return !waiting_.empty() && under_way_ < kUnderWayMax; }
    bool has_turn() const { return !begun_.empty() || may_begin(); }
    void advance(const std::shared_ptr<LogMove>& move);
    /// It goes on in its next turn.
    void come_again(std::shared_ptr<LogMove> move);
    void end(const std::shared_ptr<LogMove>& move, const Result<void>& finished);
    void announce(const std::shared_ptr<LogMove>& move);
    /// What was copied is paid for; false when the mover stops.
    bool pace(int64_t bytes);

    const Clock& clock_;
    const int64_t piece_bytes_max_;
    const Steps steps_;
    Throttle throttle_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    std::deque<std::shared_ptr<LogMove>> waiting_;  // not begun
    std::deque<std::shared_ptr<LogMove>> begun_;
    size_t under_way_ = 0;  // begun and not ended
    int64_t piece_bytes_ = piece_bytes_max_;
    int64_t rate_changes_ = 0;
    std::vector<std::thread> threads_;
    size_t threads_max_ = 0;
    bool stopping_ = false;
};

}  // namespace milena
