// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/connections.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace milena::bench {

namespace {

constexpr std::chrono::minutes kLongest{3};

int connect_to(const addrinfo& address) {
    const int descriptor = socket(address.ai_family, SOCK_STREAM, 0);
    if (descriptor < 0 || connect(descriptor, address.ai_addr, address.ai_addrlen) != 0)
        die("connect");
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

}  // namespace

void die(const std::string& what) {
    std::fprintf(stderr, "load: %s (%s)\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

double cpu_seconds(int pid) {
    clockid_t clock;
    timespec used{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        die("read the CPU time of the broker");
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

Connections::Connections(const std::string& host, const std::string& port, size_t count)
    : epoll_(epoll_create1(0)), peers_(count), buffer_(1 << 20) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) die("resolve");
    for (size_t i = 0; i < count; ++i) {
        peers_[i].descriptor = connect_to(*found);
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        epoll_ctl(epoll_, EPOLL_CTL_ADD, peers_[i].descriptor, &event);
    }
    freeaddrinfo(found);
}

Connections::~Connections() {
    for (const Peer& peer : peers_) close(peer.descriptor);
    close(epoll_);
}

void Connections::send(size_t connection, BytesView frame, Handler handler) {
    Peer& peer = peers_[connection];
    peer.waiting.push_back(std::move(handler));
    while (!frame.empty()) {
        const ssize_t sent = ::send(peer.descriptor, frame.data(), frame.size(), MSG_NOSIGNAL);
        if (sent < 0) die("send");
        frame = frame.subspan(static_cast<size_t>(sent));
    }
}

void Connections::after(std::chrono::milliseconds delay, std::function<void()> task) {
    timers_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
}

/// Returns the milliseconds until the next one; -1 if there is none.
int Connections::run_timers() {
    while (!timers_.empty()) {
        const auto left = timers_.begin()->first - std::chrono::steady_clock::now();
        if (left.count() > 0)
            return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
        const auto task = std::move(timers_.begin()->second);
        timers_.erase(timers_.begin());
        task();
    }
    return -1;
}

void Connections::run_until(const std::function<bool()>& is_done) {
    const auto end = std::chrono::steady_clock::now() + kLongest;
    while (!is_done()) {
        epoll_event events[64];
        const int wait_ms = run_timers();
        const int count = epoll_wait(epoll_, events, 64, wait_ms < 0 ? 1000 : wait_ms);
        for (int i = 0; i < count; ++i) receive(peers_[events[i].data.u64]);
        if (std::chrono::steady_clock::now() > end) die("this takes too long");
    }
}

void Connections::receive(Peer& peer) {
    const ssize_t count = recv(peer.descriptor, buffer_.data(), buffer_.size(), 0);
    if (count <= 0) die("the broker closed a connection");
    BytesView left(buffer_.data(), static_cast<size_t>(count));
    Bytes joined;
    if (!peer.received.empty()) {
        joined = std::exchange(peer.received, {});
        joined.insert(joined.end(), left.begin(), left.end());
        left = joined;
    }
    while (left.size() >= sizeof(int32_t)) {
        const auto size = static_cast<size_t>(load_big_endian<int32_t>(left.data()));
        if (left.size() < sizeof(int32_t) + size) break;
        const Handler handler = std::move(peer.waiting.front());
        peer.waiting.pop_front();
        handler(left.subspan(sizeof(int32_t), size));
        left = left.subspan(sizeof(int32_t) + size);
    }
    peer.received.assign(left.begin(), left.end());
}

}  // namespace milena::bench
