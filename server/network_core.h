// SPDX-License-Identifier: Apache-2.0
// One network thread: its event loop, its timers, its sockets. The only place that knows Asio.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "base/executor.h"

namespace milena {

/// Told when its socket can be read or written. Called on the socket's core.
class SocketEvents {
  public:
    virtual ~SocketEvents() = default;
    virtual void on_readable() = 0;
    virtual void on_writable() = 0;
};

/// An event loop on a thread of its own. Tasks run in order; the calls of Executor are for any
/// thread.
class NetworkCore : public Executor {
  public:
    /// Bytes of the buffer that all connections of the core read into.
    static constexpr size_t kScratchBytes = 64 * 1024;

    /// `name` is the thread's, up to 15 characters.
    explicit NetworkCore(std::string name);
    ~NetworkCore() override;
    NetworkCore(const NetworkCore&) = delete;

    void start();
    /// Drops what is still queued and joins the thread. Not to be called on the core itself.
    void stop();

    void post(std::function<void()> task) override;
    std::unique_ptr<Timer> after(std::chrono::milliseconds delay,
                                 std::function<void()> task) override;
    bool runs_here() const override;

    /// Shared by all that runs on the core: its content is lost when a task returns.
    MutableBytesView scratch() { return {scratch_.get(), kScratchBytes}; }
    /// How many connections live here; the acceptor picks the core with the fewest.
    std::atomic<int>& connection_count() { return connection_count_; }

  private:
    friend class Socket;
    struct Loop;

    const std::string name_;
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<uint8_t[]> scratch_;
    std::atomic<int> connection_count_{0};
    std::thread thread_;
};

/// A non-blocking descriptor whose readiness a core watches. Used on that core only. Owns the
/// descriptor.
class Socket {
  public:
    Socket(NetworkCore& core, int descriptor);
    ~Socket();
    Socket(const Socket&) = delete;

    /// -1 once closed.
    int descriptor() const;
    /// One call of on_readable() follows, unless the socket is closed before. `events` is held
    /// until then.
    void wait_readable(std::shared_ptr<SocketEvents> events);
    /// The same for on_writable().
    void wait_writable(std::shared_ptr<SocketEvents> events);
    void close();

  private:
    struct Watch;
    std::unique_ptr<Watch> watch_;
};

}  // namespace milena
