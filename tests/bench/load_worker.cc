// SPDX-License-Identifier: Apache-2.0
#include "load_worker.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "load_frames.h"

namespace milena::load {

namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr int kEventsMax = 64;
constexpr size_t kRequestsAtRateMax = 1'000'000;
/// Requests that leave together: the first ones of a connection, or after answers that came
/// together.
constexpr int kSentTogetherMax = 64;

size_t bytes_to_write(const Plan& plan) {
    bool known = plan.produces && plan.requests_max < std::numeric_limits<size_t>::max();
    return known ? plan.requests_max * static_cast<size_t>(plan.bytes) : 0;
}

void send_whole(int descriptor, msghdr& message) {
    while (message.msg_iovlen > 0) {
        ssize_t count = sendmsg(descriptor, &message, MSG_NOSIGNAL);
        if (count < 0) die("send");
        for (auto sent = static_cast<size_t>(count); sent > 0;) {
            iovec& part = *message.msg_iov;
            size_t step = std::min(sent, part.iov_len);
            part.iov_base = static_cast<uint8_t*>(part.iov_base) + step;
            part.iov_len -= step;
            sent -= step;
            if (part.iov_len > 0) break;
            ++message.msg_iov;
            --message.msg_iovlen;
        }
    }
}

}  // namespace

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

Bytes ask_once(const Plan& plan, BytesView frame) {
    int descriptor = connect_to(plan);
    for (size_t sent = 0; sent < frame.size();) {
        ssize_t count = send(descriptor, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) die("send");
        sent += static_cast<size_t>(count);
    }
    auto receive = [&](size_t size) {
        Bytes bytes(size);
        if (recv(descriptor, bytes.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size))
            die("the broker closed a connection");
        return bytes;
    };
    const Bytes length = receive(sizeof(int32_t));
    Bytes answer = receive(static_cast<size_t>(load_big_endian<int32_t>(length.data())));
    close(descriptor);
    return answer;
}

void Latencies::add_all(const Latencies& others) {
    for (size_t i = 0; i <= kMax; ++i) counts_[i] += others.counts_[i];
    total_ += others.total_;
}

size_t Latencies::at(double part) const {
    auto wanted = static_cast<size_t>(part * static_cast<double>(total_));
    size_t seen = 0;
    for (size_t i = 0; i <= kMax; ++i)
        if ((seen += counts_[i]) > wanted) return i;
    return kMax;
}

UsedMemory::UsedMemory(size_t bytes) : left_(bytes) {
    if (bytes == 0) return;
    memory_ = static_cast<uint8_t*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
    if (memory_ == MAP_FAILED) die("map memory");
}

UsedMemory::~UsedMemory() {
    if (left_ > 0) munmap(memory_, left_);
}

void UsedMemory::give_back(size_t bytes) {
    owed_ += bytes;
    if (owed_ < kStepBytes || left_ < kStepBytes) return;
    size_t step = std::min(owed_, left_) / kStepBytes * kStepBytes;
    munmap(memory_, step);
    memory_ += step;
    left_ -= step;
    owed_ -= step;
}

Worker::Worker(const Plan& plan, const std::vector<Bytes>& frames, int first,
               int connections_in_all, size_t answer_bytes)
    : plan_(plan),
      frames_(frames),
      stride_(static_cast<size_t>(connections_in_all) + 1),
      answer_bytes_(answer_bytes),
      memory_(bytes_to_write(plan)),
      peers_(static_cast<size_t>(plan.connections)),
      buffer_(kBufferBytes),
      epoll_(epoll_create1(0)) {
    for (size_t i = 0; i < peers_.size(); ++i) {
        peers_[i].descriptor = connect_to(plan);
        peers_[i].next_frame = static_cast<size_t>(first) + i;
        peers_[i].sent.resize(static_cast<size_t>(std::max(plan.in_flight, 1)));
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, peers_[i].descriptor, &event);
    }
}

Worker::~Worker() {
    for (Peer& peer : peers_) close(peer.descriptor);
    close(epoll_);
}

void Worker::note_sent(Peer& peer, Clock::time_point due) {
    if (peer.sent_count == peer.sent.size()) {  // only at a rate, when answers are late
        std::rotate(peer.sent.begin(), peer.sent.begin() + static_cast<ptrdiff_t>(peer.sent_first),
                    peer.sent.end());
        peer.sent_first = 0;
        peer.sent.resize(peer.sent.size() * 2);
    }
    peer.sent[(peer.sent_first + peer.sent_count++) % peer.sent.size()] = due;
}

void Worker::send_some(Peer& peer, int count, Clock::time_point due) {
    iovec parts[kSentTogetherMax];
    msghdr message{};
    message.msg_iov = parts;
    while (count > 0) {
        size_t together = static_cast<size_t>(std::min(count, kSentTogetherMax));
        for (size_t i = 0; i < together; ++i) {
            const Bytes& frame = frames_[peer.next_frame % frames_.size()];
            parts[i] = {const_cast<uint8_t*>(frame.data()), frame.size()};
            peer.next_frame += stride_;
            memory_.give_back(frame.size());
            note_sent(peer, due);
        }
        message.msg_iov = parts;
        message.msg_iovlen = together;
        send_whole(peer.descriptor, message);
        count -= static_cast<int>(together);
    }
}

void Worker::run_closed(Clock::time_point end) {
    size_t sent = 0;
    for (Peer& peer : peers_) {
        send_some(peer, plan_.in_flight, Clock::now());
        sent += static_cast<size_t>(plan_.in_flight);
    }
    for (size_t open = sent; open > 0;)
        turn(Clock::time_point::max(), [&](Peer& peer, int count, Clock::time_point now) {
            open -= static_cast<size_t>(count);
            if (now >= end || sent >= plan_.requests_max) return;
            send_some(peer, count, now);
            sent += static_cast<size_t>(count);
            open += static_cast<size_t>(count);
        });
}

void Worker::run_at_rate(Clock::time_point start, Clock::time_point end) {
    auto step =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / plan_.rate));
    size_t open = 0;
    size_t next = 0;
    end = std::min(end, start + step * static_cast<int64_t>(std::min<size_t>(plan_.requests_max,
                                                                             kRequestsAtRateMax)));
    for (auto due = start; due < end || open > 0;) {
        for (auto now = Clock::now(); due <= now && due < end; due += step, ++open)
            send_some(peers_[next++ % peers_.size()], 1, due);
        turn(due < end ? due : Clock::time_point::max(),
             [&](Peer&, int count, Clock::time_point) { open -= static_cast<size_t>(count); });
    }
}

template <class OnAnswers>
void Worker::turn(Clock::time_point until, OnAnswers on_answers) {
    epoll_event events[kEventsMax];
    timespec left{};
    bool forever = until == Clock::time_point::max();
    if (!forever) {
        auto nanos = std::max<int64_t>((until - Clock::now()).count(), 0);
        left = {nanos / 1'000'000'000, nanos % 1'000'000'000};
    }
    int count = epoll_pwait2(epoll_, events, kEventsMax, forever ? nullptr : &left, nullptr);
    for (int i = 0; i < count; ++i) {
        Peer& peer = peers_[events[i].data.u64];
        Clock::time_point now;
        if (int answers = receive(peer, now)) on_answers(peer, answers, now);
    }
}

int Worker::receive(Peer& peer, Clock::time_point& now) {
    // What is too long for the buffer is thrown away by the kernel: nobody would look at it.
    bool skips = peer.body_left > buffer_.size();
    ssize_t count = recv(peer.descriptor, buffer_.data(), skips ? peer.body_left : buffer_.size(),
                         skips ? MSG_TRUNC : 0);
    if (count <= 0) die("the broker closed a connection");
    now = Clock::now();
    auto received = static_cast<size_t>(count);
    bytes_received_ += received;
    if (!skips) return take(peer, BytesView(buffer_).first(received), now);
    return skip(peer, received, now) ? 1 : 0;
}

int Worker::take(Peer& peer, BytesView bytes, Clock::time_point now) {
    int answers = 0;
    while (!bytes.empty()) {
        if (peer.body_left == 0) {
            peer.prefix[peer.prefix_received++] = bytes.front();
            bytes = bytes.subspan(1);
            if (peer.prefix_received < sizeof peer.prefix) continue;
            peer.prefix_received = 0;
            peer.body_left = static_cast<size_t>(load_big_endian<int32_t>(peer.prefix));
            if (answer_bytes_ > 0 && peer.body_left != answer_bytes_)
                die("an answer is unlike the first one");
            continue;
        }
        size_t part = std::min(peer.body_left, bytes.size());
        bytes = bytes.subspan(part);
        if (skip(peer, part, now)) ++answers;
    }
    return answers;
}

bool Worker::skip(Peer& peer, size_t bytes, Clock::time_point now) {
    peer.body_left -= bytes;
    if (peer.body_left > 0) return false;
    latencies_.add(now - peer.sent[peer.sent_first]);
    peer.sent_first = (peer.sent_first + 1) % peer.sent.size();
    --peer.sent_count;
    return true;
}

}  // namespace milena::load
