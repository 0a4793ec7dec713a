// SPDX-License-Identifier: Apache-2.0
#include "server/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "server/cold_slices.h"

namespace milena {

namespace {

/// Reads in a row before other connections of the core get their turn.
constexpr int kReadsInTurn = 4;
/// How soon a frame that found no memory asks again.
constexpr std::chrono::milliseconds kMemoryRetry{10};

}  // namespace

Connection::Connection(NetworkCore& core, int descriptor,
                       std::shared_ptr<ConnectionContext> context, ConnectionSetting& setting)
    : core_(core),
      socket_(core, descriptor),
      setting_(setting),
      context_(std::move(context)),
      last_active_(std::chrono::steady_clock::now()) {}

void Connection::start(std::function<void(Connection&)> on_closed) {
    on_closed_ = std::move(on_closed);
    wait_readable();
}

void Connection::drain() {
    draining_ = true;
    queue_.interrupt(Interrupt::kHurry);
    flush();
}

void Connection::close(const std::string& reason) {
    if (!is_open()) return;
    MILENA_LOG(Debug) << "Closing the connection of " << context_->remote_host << ": " << reason;
    auto self = shared_from_this();
    socket_.close();
    memory_timer_.reset();
    leftover_ = {};
    frame_ = {};
    queue_.interrupt(Interrupt::kGone);
    if (on_closed_) std::exchange(on_closed_, nullptr)(*this);
}

void Connection::refuse(const std::string& reason) {
    if (!is_open()) return;
    if (auto left_out = setting_.refusals.pass(std::chrono::steady_clock::now())) {
        const std::string more =
            *left_out > 0 ? " (and " + std::to_string(*left_out) + " other connections before)"
                          : "";
        MILENA_LOG(Info) << "Closing the connection of " << context_->remote_host
                         << ", its request can't be served: " << reason << more;
    }
    close(reason);
}

bool Connection::is_stalled_since(SteadyTime when) const {
    return has_frame_ && !memory_timer_ && last_active_ < when &&
           frame_.size() > FrameMemory::kSmallFrameBytes;
}

bool Connection::must_pause() const {
    return draining_ || queue_.in_flight() >= kRequestsInFlightMax ||
           queue_.request_bytes_in_flight() >= kRequestBytesInFlightMax ||
           queue_.unsent_bytes() >= kUnsentBytesMax;
}

void Connection::on_readable() {
    waits_readable_ = false;
    for (int turn = 0; turn < kReadsInTurn; ++turn)
        if (!read_some()) break;
    if (is_open()) resume_reading();
}

bool Connection::read_some() {
    if (!is_open() || must_pause() || !leftover_.empty()) return false;
    MutableBytesView scratch = core_.scratch();
    MutableBytesView space;
    if (has_frame_ && (space = frame_.space(1)).empty()) {
        wait_for_memory();
        return false;
    }
    // The rest of the frame goes where it belongs, what follows it into the scratch.
    iovec parts[2] = {{space.data(), space.size()}, {scratch.data(), scratch.size()}};
    bool fills_frame = has_frame_ && space.size() == frame_.size() - frame_.received();
    msghdr message{};
    message.msg_iov = has_frame_ ? parts : parts + 1;
    message.msg_iovlen = has_frame_ && fills_frame ? 2 : 1;
    ssize_t count = recvmsg(socket_.descriptor(), &message, 0);
    if (count < 0) {
        if (errno != EAGAIN && errno != EINTR) close(std::strerror(errno));
        return false;
    }
    if (count == 0) {
        close("the client closed it");
        return false;
    }
    last_active_ = std::chrono::steady_clock::now();
    auto received = static_cast<size_t>(count);
    size_t asked = (has_frame_ ? space.size() : 0) +
                   (message.msg_iov == parts && message.msg_iovlen == 1 ? 0 : scratch.size());
    if (has_frame_) {
        size_t into_frame = std::min(received, space.size());
        frame_.advance(into_frame);
        consume(scratch.first(received - into_frame));
    } else {
        consume(scratch.first(received));
    }
    return received == asked;
}

void Connection::consume(BytesView bytes) {
    auto self = shared_from_this();
    serving_ = true;
    while (is_open()) {
        if (has_frame_ && frame_.is_complete()) serve_frame();
        if (bytes.empty() || !is_open()) break;
        if (must_pause()) {
            leftover_.assign(bytes.begin(), bytes.end());
            break;
        }
        if (!has_frame_ && !take_length(bytes)) break;
        size_t part = std::min(bytes.size(), frame_.size() - frame_.received());
        MutableBytesView space = frame_.space(part);
        if (space.empty() && part > 0) {
            leftover_.assign(bytes.begin(), bytes.end());
            wait_for_memory();
            break;
        }
        std::copy_n(bytes.begin(), part, space.begin());
        frame_.advance(part);
        bytes = bytes.subspan(part);
        if (frame_.is_complete() && bytes.empty()) serve_frame();
    }
    serving_ = false;
    flush();
}

bool Connection::take_length(BytesView& bytes) {
    size_t part = std::min<size_t>(bytes.size(), sizeof length_ - length_received_);
    std::copy_n(bytes.begin(), part, length_ + length_received_);
    length_received_ += static_cast<uint8_t>(part);
    bytes = bytes.subspan(part);
    if (length_received_ < sizeof length_) return false;
    length_received_ = 0;
    auto length = load_big_endian<int32_t>(length_);
    if (length < 0 || length > setting_.request_bytes_max) {
        refuse("it announced a request of " + std::to_string(length) + " bytes; the largest is " +
               std::to_string(setting_.request_bytes_max) + " (socket.request.max.bytes)");
        return false;
    }
    frame_ = Frame(setting_.memory, static_cast<size_t>(length));
    has_frame_ = true;
    return true;
}

void Connection::serve_frame() {
    has_frame_ = false;
    Frame frame = std::move(frame_);
    frame_ = {};
    auto slot = queue_.reserve(frame.size());
    setting_.service.serve(
        std::make_shared<FrameRequest>(shared_from_this(), slot, std::move(frame)));
}

void Connection::resume_reading() {
    while (is_open() && !leftover_.empty() && !must_pause() && !memory_timer_)
        consume(std::exchange(leftover_, {}));
    if (is_open() && leftover_.empty() && !must_pause() && !memory_timer_) wait_readable();
}

void Connection::wait_readable() {
    if (std::exchange(waits_readable_, true)) return;
    socket_.wait_readable(shared_from_this());
}

void Connection::wait_for_memory() {
    memory_timer_ = core_.after(kMemoryRetry, [weak = weak_from_this()] {
        auto self = weak.lock();
        if (!self) return;
        self->memory_timer_.reset();
        self->resume_reading();
    });
}

void Connection::answer(ResponseQueue::Slot slot, protocol::ResponseChain chain) {
    if (!is_open()) return;
    queue_.fill(slot, std::move(chain));
    schedule_flush();
}

void Connection::skip(ResponseQueue::Slot slot) {
    if (!is_open()) return;
    queue_.skip(slot);
    schedule_flush();
}

void Connection::schedule_flush() {
    if (serving_ || std::exchange(flush_scheduled_, true)) return;
    core_.post([self = shared_from_this()] {
        self->flush_scheduled_ = false;
        self->flush();
        self->resume_reading();
    });
}

void Connection::flush() {
    if (!is_open() || waits_writable_ || warming_) return;
    switch (queue_.write_to(socket_.descriptor())) {
        case ResponseQueue::Progress::kIdle:
            if (draining_ && queue_.in_flight() == 0) close("the broker stops");
            break;
        case ResponseQueue::Progress::kYield:
            schedule_flush();
            break;
        case ResponseQueue::Progress::kBlocked:
            waits_writable_ = true;
            last_active_ = std::chrono::steady_clock::now();
            socket_.wait_writable(shared_from_this());
            break;
        case ResponseQueue::Progress::kCold:
            warm_front_slice();
            break;
        case ResponseQueue::Progress::kFailed:
            if (queue_.failure().starts_with("disk error")) {
                MILENA_LOG(Error) << queue_.failure();
            }
            close(queue_.failure());
            break;
    }
}

void Connection::on_writable() {
    waits_writable_ = false;
    last_active_ = std::chrono::steady_clock::now();
    flush();
    if (is_open()) resume_reading();
}

void Connection::warm_front_slice() {
    warming_ = true;
    setting_.pool.run([self = shared_from_this(), slice = queue_.front_slice()] {
        read_ahead(slice);
        self->core_.post([self] {
            self->warming_ = false;
            self->queue_.mark_warm();
            self->flush();
            self->resume_reading();
        });
    });
}

FrameRequest::FrameRequest(std::shared_ptr<Connection> connection, ResponseQueue::Slot slot,
                           Frame frame)
    : owner_(std::move(connection)), slot_(slot), held_frame_(std::move(frame)) {
    connection_ = owner_->context();
    frame_ = held_frame_.bytes();
}

void FrameRequest::set_header(int16_t api_key, int16_t version, int32_t correlation_id,
                              std::string_view client_id) {
    api_key_ = api_key;
    version_ = version;
    correlation_id_ = correlation_id;
    client_id_ = client_id;
}

Executor& FrameRequest::executor() { return owner_->core(); }

template <class Act>
void FrameRequest::on_core(Act act) {
    if (owner_->core().runs_here()) return act(*owner_);
    // A function must be copyable, an answer need not be copied.
    auto held = std::make_shared<Act>(std::move(act));
    owner_->core().post([owner = owner_, held] { (*held)(*owner); });
}

void FrameRequest::send(protocol::ResponseChain chain) {
    on_core([slot = slot_, chain = std::move(chain)](Connection& connection) mutable {
        connection.answer(slot, std::move(chain));
    });
}

void FrameRequest::skip_response() {
    on_core([slot = slot_](Connection& connection) { connection.skip(slot); });
}

void FrameRequest::close_connection(const std::string& reason) {
    on_core([reason](Connection& connection) { connection.refuse(reason); });
}

void FrameRequest::on_interrupt(std::function<void(Interrupt)> hook) {
    if (owner_->is_open()) return owner_->queue().on_interrupt(slot_, std::move(hook));
    hook(Interrupt::kGone);
}

}  // namespace milena
