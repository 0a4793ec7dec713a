// SPDX-License-Identifier: Apache-2.0
// One request between its frame and its answer: what a handler gets.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/executor.h"
#include "base/strings.h"
#include "protocol/message.h"
#include "protocol/messages/response_header.h"

namespace milena {

struct ApiRow;

/// Why a request that waits is disturbed.
enum class Interrupt {
    kHurry,  ///< the broker stops: answer now
    kGone,   ///< the connection is closed: give up
};

/// Facts of the connection that handlers ask for.
struct ConnectionContext {
    std::string listener;    ///< name of the listener that accepted it
    std::string local_host;  ///< the address that the client dialled, as text
    uint16_t local_port = 0;
    std::string remote_host;
    std::string client_software_name;  ///< from ApiVersions v3+
    std::string client_software_version;
};

/// Lives on its connection's core until answered. Owns its frame, so whatever the decoded body
/// borrows lives as long. Exactly one of respond(), close_connection() or skip_response() ends it,
/// from any thread.
class Request : public std::enable_shared_from_this<Request> {
  public:
    virtual ~Request() = default;

    int16_t api_key() const { return api_key_; }
    int16_t version() const { return version_; }
    int32_t correlation_id() const { return correlation_id_; }
    std::string_view client_id() const { return client_id_; }
    const ConnectionContext& connection() const { return *connection_; }
    ConnectionContext& connection() { return *connection_; }
    /// The whole frame after its length; handlers may stamp offsets into record batches inside of
    /// it.
    MutableBytesView frame() { return frame_; }
    /// Strings that the answer borrows.
    StringArena& strings() { return strings_; }
    /// The connection's core: for timers and for coming back from other threads.
    virtual Executor& executor() = 0;

    /// Encodes `response` at this request's version and sends it in its turn.
    template <class Response>
    void respond(const Response& response) {
        protocol::ResponseHeader header;
        header.correlation_id = correlation_id_;
        send(
            protocol::encode_frame(header, Response::header_version(version_), response, version_));
    }
    /// Sends a whole frame made otherwise: length, header, body.
    virtual void send(protocol::ResponseChain chain) = 0;
    /// Produce with acks=0 has no answer.
    virtual void skip_response() = 0;
    /// What Kafka does with a request that it can't read. `reason` goes to the log.
    virtual void close_connection(const std::string& reason) = 0;
    /// Before it waits for long, a handler says what to do when waiting makes no sense any more.
    /// Called at most once, on the connection's core, where this must be called, too.
    virtual void on_interrupt(std::function<void(Interrupt)> hook) = 0;

  protected:
    int16_t api_key_ = -1;
    int16_t version_ = -1;
    int32_t correlation_id_ = 0;
    std::string_view client_id_;
    std::shared_ptr<ConnectionContext> connection_;
    MutableBytesView frame_;
    StringArena strings_;
};

/// A request with its decoded body. Copy the pointer into a callback to answer later.
template <class Body>
struct Call {
    std::shared_ptr<Request> request;
    std::shared_ptr<const Body> body;

    const Body& operator*() const { return *body; }
    const Body* operator->() const { return body.get(); }
    int16_t version() const { return request->version(); }
    StringArena& strings() const { return request->strings(); }
    template <class Response>
    void respond(const Response& response) const {
        request->respond(response);
    }
};

}  // namespace milena
