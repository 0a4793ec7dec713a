// SPDX-License-Identifier: Apache-2.0
#include "server/commands/probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "protocol/message.h"
#include "protocol/messages/metadata_request.h"
#include "protocol/messages/metadata_response.h"
#include "protocol/messages/request_header.h"

namespace milena {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Old enough to have no flexible header, new enough that no topics are asked for by none.
constexpr int16_t kMetadataVersion = 8;
constexpr int32_t kCorrelationId = 1;
/// Of an answer that is believed.
constexpr uint32_t kAnswerBytesMax = 1 << 20;

Error unhealthy(const std::string& what) { return Error(ErrorCode::NETWORK_EXCEPTION, what); }
Error unhealthy_errno(const std::string& what) { return unhealthy(what + ": " + strerror(errno)); }

/// A connection that is never waited for beyond its deadline.
class Dialogue {
  public:
    Dialogue(const addrinfo& address, steady_clock::time_point deadline)
        : socket_(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
          deadline_(deadline) {}
    Dialogue(const Dialogue&) = delete;
    ~Dialogue() {
        if (socket_ >= 0) close(socket_);
    }

    Result<void> connect(const addrinfo& address) {
        if (::connect(socket_, address.ai_addr, address.ai_addrlen) == 0) return {};
        if (errno != EINPROGRESS) return unhealthy_errno("can't connect");
        if (auto ready = await(POLLOUT); !ready) return ready;
        socklen_t size = sizeof errno;
        getsockopt(socket_, SOL_SOCKET, SO_ERROR, &errno, &size);
        if (errno != 0) return unhealthy_errno("can't connect");
        return {};
    }

    Result<void> send(BytesView bytes) {
        while (!bytes.empty()) {
            if (auto ready = await(POLLOUT); !ready) return ready;
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN) return unhealthy_errno("can't send");
            bytes = bytes.subspan(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
        }
        return {};
    }

    Result<Bytes> receive(size_t size) {
        Bytes bytes(size);
        for (size_t at = 0; at < size;) {
            if (auto ready = await(POLLIN); !ready) return ready.error();
            const ssize_t got = recv(socket_, bytes.data() + at, size - at, 0);
            if (got == 0) return unhealthy("the connection was closed");
            if (got < 0 && errno != EAGAIN) return unhealthy_errno("can't receive");
            at += static_cast<size_t>(std::max<ssize_t>(got, 0));
        }
        return bytes;
    }

  private:
    Result<void> await(int16_t events) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(deadline_ - steady_clock::now()).count();
        pollfd one{socket_, events, 0};
        if (left > 0 && poll(&one, 1, static_cast<int>(std::min<int64_t>(left, 1 << 30))) > 0)
            return {};
        return unhealthy("no answer in time");
    }

    const int socket_;
    const steady_clock::time_point deadline_;
};

Bytes metadata_frame() {
    protocol::RequestHeader header;
    header.request_api_key = protocol::MetadataRequest::kApiKey;
    header.request_api_version = kMetadataVersion;
    header.correlation_id = kCorrelationId;
    header.client_id = "milena-health";
    protocol::MetadataRequest request;
    request.topics.emplace();  // of no topic
    return protocol::encode_frame(header,
                                  protocol::MetadataRequest::header_version(kMetadataVersion),
                                  request, kMetadataVersion)
        .buffer;
}

/// `answer` is without its length.
Result<void> check_answer(BytesView answer) {
    constexpr size_t kHeaderSize = sizeof kCorrelationId;
    if (answer.size() < kHeaderSize || load_big_endian<int32_t>(answer.data()) != kCorrelationId)
        return unhealthy("the answer is not one of a broker");
    auto metadata = protocol::decode_message<protocol::MetadataResponse>(
        answer.subspan(kHeaderSize), kMetadataVersion);
    if (!metadata) return unhealthy("the answer is not one of a broker");
    if (metadata->brokers.empty()) return unhealthy("the cluster has no broker yet");
    return {};
}

Result<void> probe_address(const addrinfo& address, steady_clock::time_point deadline) {
    Dialogue dialogue(address, deadline);
    if (auto connected = dialogue.connect(address); !connected) return connected;
    if (auto sent = dialogue.send(metadata_frame()); !sent) return sent;
    auto length = dialogue.receive(sizeof(uint32_t));
    if (!length) return length.error();
    const uint32_t size = load_big_endian<uint32_t>(length->data());
    if (size > kAnswerBytesMax) return unhealthy("the answer is not one of a broker");
    auto answer = dialogue.receive(size);
    if (!answer) return answer.error();
    return check_answer(*answer);
}

Result<void> probe_name(const std::string& host, uint16_t port, steady_clock::time_point deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0) return unhealthy(gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
    Result<void> outcome = unhealthy("the name has no address");
    for (const addrinfo* one = found; one; one = one->ai_next) {
        outcome = probe_address(*one, deadline);
        if (outcome) break;
    }
    return outcome;
}

}  // namespace

Result<void> probe_broker(const std::string& host, uint16_t port, milliseconds limit) {
    const auto deadline = steady_clock::now() + limit;
    if (host != "localhost") return probe_name(host, port, deadline);
    // A container may lack the file that knows this name.
    if (probe_name("::1", port, deadline)) return {};
    return probe_name("127.0.0.1", port, deadline);
}

}  // namespace milena
