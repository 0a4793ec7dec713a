// SPDX-License-Identifier: Apache-2.0
// For loads that follow a protocol: sockets of one thread, each answer given to whoever asked.
// Light, so that the broker is what is measured.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "protocol/message.h"
#include "protocol/messages/request_header.h"
#include "protocol/messages/response_header.h"

namespace milena::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

[[noreturn]] void die(const std::string& what);
/// Seconds of CPU that a process has used.
double cpu_seconds(int pid);

template <class Request>
Bytes frame_of(const Request& request, int16_t version) {
    protocol::RequestHeader header;
    header.request_api_key = Request::kApiKey;
    header.request_api_version = version;
    header.correlation_id = 1;
    header.client_id = "load";
    return protocol::encode_frame(header, Request::header_version(version), request, version)
        .buffer;
}

class Connections {
  public:
    /// Of an answer: its frame, without the length.
    using Handler = std::function<void(BytesView)>;

    Connections(const std::string& host, const std::string& port, size_t count);
    ~Connections();
    Connections(const Connections&) = delete;

    size_t size() const { return peers_.size(); }
    void send(size_t connection, BytesView frame, Handler handler);
    void after(std::chrono::milliseconds delay, std::function<void()> task);
    /// Until `is_done`; ends the program if that takes longer than any load should.
    void run_until(const std::function<bool()>& is_done);

    /// One question and its answer, which borrows from the frame and lives for the call.
    template <class Response, class Request>
    void ask(size_t connection, const Request& request, int16_t version,
             std::function<void(const Response&)> done) {
        send(connection, frame_of(request, version),
             [version, done = std::move(done)](BytesView frame) {
                 done(read<Response>(frame, version));
             });
    }
    template <class Response>
    static Response read(BytesView frame, int16_t version) {
        protocol::Reader reader(frame);
        const auto header = protocol::decode_next<protocol::ResponseHeader>(
            reader, Response::header_version(version));
        if (!header) die("an answer has no header");
        auto response = protocol::decode_next<Response>(reader, version);
        if (!response) die("an answer can't be read: " + response.error().to_string());
        return std::move(*response);
    }

  private:
    struct Peer {
        int descriptor = -1;
        std::deque<Handler> waiting;
        Bytes received;
    };

    void receive(Peer& peer);
    int run_timers();

    int epoll_ = -1;
    std::vector<Peer> peers_;
    std::multimap<SteadyTime, std::function<void()>> timers_;
    Bytes buffer_;
};

}  // namespace milena::bench
