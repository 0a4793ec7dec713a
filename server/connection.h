// SPDX-License-Identifier: Apache-2.0
// One client's connection: bytes in, requests to the service, answers out.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/line_limit.h"
#include "server/frame_memory.h"
#include "server/network_core.h"
#include "server/request.h"
#include "server/response_queue.h"

namespace milena {

class Connection;

/// A request as the connection makes it; the service reads the header.
class FrameRequest final : public Request {
  public:
    FrameRequest(std::shared_ptr<Connection> connection, ResponseQueue::Slot slot, Frame frame);

    /// What the service found in the frame's header; `client_id` lies in the frame.
    void set_header(int16_t api_key, int16_t version, int32_t correlation_id,
                    std::string_view client_id);

    Executor& executor() override;
    void send(protocol::ResponseChain chain) override;
    void skip_response() override;
    void close_connection(const std::string& reason) override;
    void on_interrupt(std::function<void(Interrupt)> hook) override;

  private:
    /// Runs `act` on the connection's core, at once if this is it.
    template <class Act>
    void on_core(Act act);

    const std::shared_ptr<Connection> owner_;
    const ResponseQueue::Slot slot_;
    Frame held_frame_;
};

/// What serves requests. serve() is called on the request's core and must not block.
class RequestService {
  public:
    virtual ~RequestService() = default;
    virtual void serve(std::shared_ptr<FrameRequest> request) = 0;
};

/// What all connections of a server share; outlives them.
struct ConnectionSetting {
    RequestService& service;
    FrameMemory& memory;
    BlockingPool& pool;  ///< reads cold file slices
    int32_t request_bytes_max = 100 * 1024 * 1024;
    LineLimit refusals{};
};

/// Lives on one core: created, used and dropped there. Held by whoever waits for its socket, by its
/// requests and by the core's list.
class Connection final : public SocketEvents, public std::enable_shared_from_this<Connection> {
  public:
    /// Unanswered requests, and their bytes, beyond which no more is read.
    static constexpr size_t kRequestsInFlightMax = 128;
    static constexpr size_t kRequestBytesInFlightMax = 8 * 1024 * 1024;
    /// Bytes of answers that the peer has not taken, beyond which no more requests are served.
    static constexpr size_t kUnsentBytesMax = 2 * 1024 * 1024;

    Connection(NetworkCore& core, int descriptor, std::shared_ptr<ConnectionContext> context,
               ConnectionSetting& setting);

    /// `on_closed` is called once, on the core.
    void start(std::function<void(Connection&)> on_closed);
    /// Stops reading; what is in flight is answered, then it closes.
    void drain();
    void close(const std::string& reason);
    /// Closes because of what the client sent, and says so in the log.
    void refuse(const std::string& reason);

    NetworkCore& core() { return core_; }
    const std::shared_ptr<ConnectionContext>& context() const { return context_; }
    SteadyTime last_active() const { return last_active_; }
    /// Whether only the peer could make something happen: by a request, by the rest of one, or by
    /// reading its answers.
    bool waits_for_peer() const {
        return waits_writable_ || (queue_.in_flight() == 0 && !memory_timer_);
    }
    /// Whether a large frame has begun and its bytes fail to come.
    bool is_stalled_since(SteadyTime when) const;

    void on_readable() override;
    void on_writable() override;

    // For FrameRequest.
    void answer(ResponseQueue::Slot slot, protocol::ResponseChain chain);
    void skip(ResponseQueue::Slot slot);
    ResponseQueue& queue() { return queue_; }
    bool is_open() const { return socket_.descriptor() >= 0; }

  private:
    bool must_pause() const;
    /// One recv; false when the socket is drained, closed or paused.
    bool read_some();
    /// Serves what `bytes` completes, as far as the bounds allow; keeps the rest.
    void consume(BytesView bytes);
    bool take_length(BytesView& bytes);
    void serve_frame();
    void resume_reading();
    void wait_readable();
    void wait_for_memory();
    void schedule_flush();
    void flush();
    void warm_front_slice();

    NetworkCore& core_;
    Socket socket_;
    ConnectionSetting& setting_;
    std::shared_ptr<ConnectionContext> context_;
    std::function<void(Connection&)> on_closed_;
    ResponseQueue queue_;
    SteadyTime last_active_;

    Frame frame_;     // the one that is arriving, if has_frame_
    Bytes leftover_;  // read, but not looked at, because of a bound
    std::unique_ptr<Timer> memory_timer_;
    uint8_t length_[4];
    uint8_t length_received_ = 0;
    bool has_frame_ = false;
    bool serving_ = false;
    bool flush_scheduled_ = false;
    bool waits_readable_ = false;
    bool waits_writable_ = false;
    bool warming_ = false;
    bool draining_ = false;
};

}  // namespace milena
