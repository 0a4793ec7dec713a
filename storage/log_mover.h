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

    LogMover(const Clock& clock, Steps steps) : clock_(clock), steps_(std::move(steps)) {}
    ~LogMover() { stop(); }

    void add(std::shared_ptr<LogMove> move);
    /// Nothing moves before this, nor after stop().
    void start(int threads);
    void stop();
    /// Of all moves together. Holds at once.
    void set_rate(double bytes_per_second);

  private:
    /// What is copied of one log before the next one has its turn.
    static constexpr int64_t kPieceBytes = 1 << 20;
    /// Each keeps two files open.
    static constexpr size_t kUnderWayMax = 64;

    void match_threads();
    void work();
    /// The next one in turn; null when the mover stops.
    std::shared_ptr<LogMove> take();
    bool may_begin() const { return !waiting_.empty() && under_way_ < kUnderWayMax; }
    void advance(const std::shared_ptr<LogMove>& move);
    /// It goes on in its next turn.
    void come_again(std::shared_ptr<LogMove> move);
    void end(const std::shared_ptr<LogMove>& move, const Result<void>& finished);
    void announce(const std::shared_ptr<LogMove>& move);
    /// What was copied is paid for; false when the mover stops.
    bool pace(int64_t bytes);

    const Clock& clock_;
    const Steps steps_;
    Throttle throttle_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    std::deque<std::shared_ptr<LogMove>> waiting_;  // not begun
    std::deque<std::shared_ptr<LogMove>> begun_;
    size_t under_way_ = 0;  // begun and not ended
    int64_t piece_bytes_ = kPieceBytes;
    int64_t rate_changes_ = 0;
    std::vector<std::thread> threads_;
    size_t threads_max_ = 0;
    bool stopping_ = false;
};

}  // namespace milena
