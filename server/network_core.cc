// SPDX-License-Identifier: Apache-2.0
#include "server/network_core.h"

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

namespace milena {

namespace asio = boost::asio;

namespace {

thread_local const NetworkCore* current_core = nullptr;

/// Shared by the handle that callers hold and the wait that is under way.
struct TimerState : std::enable_shared_from_this<TimerState> {
    TimerState(NetworkCore& owner, asio::io_context& context, std::function<void()> work)
        : core(owner), timer(context), task(std::move(work)) {}

    void start(std::chrono::steady_clock::time_point deadline) {
        if (cancelled) return;
        timer.expires_at(deadline);
        timer.async_wait([self = shared_from_this()](const boost::system::error_code&) {
            if (!self->cancelled.exchange(true)) std::exchange(self->task, nullptr)();
        });
    }

    void stop() {
        timer.cancel();
        task = nullptr;
    }

    NetworkCore& core;
    asio::steady_timer timer;
    std::function<void()> task;
    std::atomic<bool> cancelled{false};
};

class CoreTimer final : public Timer {
  public:
    explicit CoreTimer(std::shared_ptr<TimerState> state) : state_(std::move(state)) {}
    ~CoreTimer() override { cancel(); }

    void cancel() override {
        if (state_->cancelled.exchange(true)) return;
        if (state_->core.runs_here())
            state_->stop();
        else
            state_->core.post([state = state_] { state->stop(); });
    }

  private:
    std::shared_ptr<TimerState> state_;
};

}  // namespace

struct NetworkCore::Loop {
    asio::io_context context{1};
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
};

NetworkCore::NetworkCore(std::string name)
    : name_(std::move(name)),
      loop_(std::make_unique<Loop>()),
      scratch_(std::make_unique_for_overwrite<uint8_t[]>(kScratchBytes)) {
    loop_->work.emplace(loop_->context.get_executor());
}

NetworkCore::~NetworkCore() { stop(); }

void NetworkCore::start() {
    thread_ = std::thread([this] {
        current_core = this;
        pthread_setname_np(pthread_self(), name_.c_str());
        loop_->context.run();
    });
}

void NetworkCore::stop() {
    loop_->work.reset();
    loop_->context.stop();
    if (thread_.joinable()) thread_.join();
}

void NetworkCore::post(std::function<void()> task) { asio::post(loop_->context, std::move(task)); }

std::unique_ptr<Timer> NetworkCore::after(std::chrono::milliseconds delay,
                                          std::function<void()> task) {
    auto deadline = std::chrono::steady_clock::now() + delay;
    auto state = std::make_shared<TimerState>(*this, loop_->context, std::move(task));
    if (runs_here())
        state->start(deadline);
    else
        post([state, deadline] { state->start(deadline); });
    return std::make_unique<CoreTimer>(std::move(state));
}

bool NetworkCore::runs_here() const { return current_core == this; }

struct Socket::Watch {
    Watch(asio::io_context& context, int descriptor) : stream(context, descriptor) {}
    asio::posix::stream_descriptor stream;
};

Socket::Socket(NetworkCore& core, int descriptor)
    : watch_(std::make_unique<Watch>(core.loop_->context, descriptor)) {}

Socket::~Socket() { close(); }

int Socket::descriptor() const { return watch_->stream.native_handle(); }

void Socket::wait_readable(std::shared_ptr<SocketEvents> events) {
    watch_->stream.async_wait(asio::posix::stream_descriptor::wait_read,
                              [events = std::move(events)](const boost::system::error_code& error) {
                                  if (!error) events->on_readable();
                              });
}

void Socket::wait_writable(std::shared_ptr<SocketEvents> events) {
    watch_->stream.async_wait(asio::posix::stream_descriptor::wait_write,
                              [events = std::move(events)](const boost::system::error_code& error) {
                                  if (!error) events->on_writable();
                              });
}

void Socket::close() {
    boost::system::error_code ignored;
    if (watch_->stream.is_open()) watch_->stream.close(ignored);
}

}  // namespace milena
