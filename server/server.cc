// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>

#include "base/log.h"
#include "server/listener_socket.h"

namespace milena {

namespace {

constexpr std::chrono::milliseconds kSweepInterval{1000};
/// Bytes of a begun large frame must keep coming while others wait for its memory.
constexpr std::chrono::seconds kStallMax{10};
/// Until accepting is tried again, when it failed or the server is full.
constexpr std::chrono::milliseconds kAcceptRetry{50};
constexpr int kAcceptsInTurn = 64;

}  // namespace

/// Accepts for one address; lives on the first core.
class Server::Acceptor final : public SocketEvents, public std::enable_shared_from_this<Acceptor> {
  public:
    Acceptor(Server& server, NetworkCore& core, int descriptor, std::string listener)
        : server_(server), core_(core), socket_(core, descriptor), listener_(std::move(listener)) {}

    void wait() { socket_.wait_readable(shared_from_this()); }
    void close() {
        retry_.reset();
        socket_.close();
    }

    void on_writable() override {}
    void on_readable() override {
        for (int turn = 0; turn < kAcceptsInTurn; ++turn) {
            if (server_.is_full()) return wait_a_while();
            int descriptor =
                accept4(socket_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (descriptor >= 0) {
                server_.accept(descriptor, listener_);
            } else if (errno == EAGAIN) {
                break;
            } else if (errno != ECONNABORTED && errno != EINTR) {
                MILENA_LOG(Warn) << "Can't accept a connection: " << std::strerror(errno);
                return wait_a_while();
            }
        }
        wait();
    }

  private:
    /// Clients wait in the backlog meanwhile.
    void wait_a_while() {
        retry_ = core_.after(kAcceptRetry, [self = shared_from_this()] { self->wait(); });
    }

    Server& server_;
    NetworkCore& core_;
    Socket socket_;
    const std::string listener_;
    std::unique_ptr<Timer> retry_;
};

Server::Server(const ServerOptions& options, RequestService& service, BlockingPool& pool)
    : options_(options),
      memory_(options.frame_memory_bytes),
      setting_{service, memory_, pool, options.request_bytes_max},
      connections_max_(options.connections_max),
      connections_per_address_max_(options.connections_per_address_max) {
    for (int i = 0; i < options.cores; ++i) {
        cores_.push_back(std::make_unique<Core>());
        cores_.back()->network = std::make_unique<NetworkCore>("network-" + std::to_string(i));
    }
}

Server::~Server() {
    drain(std::chrono::milliseconds(0));
    stop();
}

void Server::start() {
    running_ = true;
    for (auto& core : cores_) {
        core->network->start();
        run_on(*core, [this, &core = *core] { sweep(core); });
    }
}

Result<uint16_t> Server::bind(const std::string& listener, const std::string& host, uint16_t port) {
    auto descriptors = listen_on(host, port, options_.backlog);
    if (!descriptors) return descriptors.error();
    for (int descriptor : *descriptors)
        acceptors_.push_back(
            std::make_shared<Acceptor>(*this, *cores_[0]->network, descriptor, listener));
    return local_port(descriptors->front());
}

void Server::open() {
    run_on(*cores_[0], [this] {
        for (auto& acceptor : acceptors_) acceptor->wait();
    });
}

void Server::limit_connections(int in_all, int per_address) {
    connections_max_ = in_all;
    connections_per_address_max_ = per_address;
}

void Server::drain(std::chrono::milliseconds limit) {
    if (!running_) return;
    run_on(*cores_[0], [this] {
        for (auto& acceptor : acceptors_) acceptor->close();
        acceptors_.clear();
    });
    on_each_connection([](Connection& connection) { connection.drain(); });
    {
        std::unique_lock lock(last_closed_mutex_);
        last_closed_.wait_for(lock, limit, [this] { return connection_count_ == 0; });
    }
    on_each_connection([](Connection& connection) { connection.close("the broker stops"); });
}

void Server::stop() {
    if (!std::exchange(running_, false)) return;
    for (auto& core : cores_) {
        run_on(*core, [&core = *core] { core.sweep.reset(); });
        core->network->stop();
    }
}

void Server::on_each_connection(const std::function<void(Connection&)>& act) {
    for (auto& core : cores_)
        run_on(*core, [&core = *core, &act] {
            auto connections = core.connections;  // closing changes the list
            for (auto& [key, connection] : connections) act(*connection);
        });
}

void Server::accept(int descriptor, const std::string& listener) {
    prepare_connection(descriptor, options_.send_buffer_bytes, options_.receive_buffer_bytes);
    auto context = std::make_shared<ConnectionContext>(describe_connection(descriptor, listener));
    if (!count_in(context->remote_host)) {
        MILENA_LOG(Info) << "Refused a connection of " << context->remote_host
                         << ": it has max.connections.per.ip";
        ::close(descriptor);
        return;
    }
    ++connection_count_;
    Core& core = **std::min_element(cores_.begin(), cores_.end(), [](auto& a, auto& b) {
        return a->network->connection_count() < b->network->connection_count();
    });
    ++core.network->connection_count();
    core.network->post([this, &core, descriptor, context] { adopt(core, descriptor, context); });
}

void Server::adopt(Core& core, int descriptor, std::shared_ptr<ConnectionContext> context) {
    auto connection =
        std::make_shared<Connection>(*core.network, descriptor, std::move(context), setting_);
    core.connections.emplace(connection.get(), connection);
    connection->start([this, &core](Connection& closed) { on_closed(core, closed); });
}

void Server::on_closed(Core& core, Connection& connection) {
    --core.network->connection_count();
    count_out(connection.context()->remote_host);
    core.connections.erase(&connection);
    if (--connection_count_ > 0) return;
    std::lock_guard lock(last_closed_mutex_);
    last_closed_.notify_all();
}

bool Server::count_in(const std::string& address) {
    std::lock_guard lock(addresses_mutex_);
    auto found = addresses_.find(address);
    const int count = found == addresses_.end() ? 0 : found->second;
    if (count >= connections_per_address_max_) return false;  // without a trace, if it has none
    ++addresses_[address];
    return true;
}

void Server::count_out(const std::string& address) {
    std::lock_guard lock(addresses_mutex_);
    auto found = addresses_.find(address);
    if (--found->second == 0) addresses_.erase(found);
}

void Server::sweep(Core& core) {
    auto now = std::chrono::steady_clock::now();
    std::vector<std::shared_ptr<Connection>> idle;
    for (auto& [key, connection] : core.connections) {
        bool unused =
            connection->waits_for_peer() && now - connection->last_active() > options_.idle_max;
        bool stalled = memory_.is_short() && connection->is_stalled_since(now - kStallMax);
        if (unused || stalled) idle.push_back(connection);
    }
    for (auto& connection : idle) connection->close("it was idle");
    core.sweep = core.network->after(kSweepInterval, [this, &core] { sweep(core); });
}

void Server::run_on(Core& core, std::function<void()> task) {
    std::promise<void> done;
    core.network->post([&] {
        task();
        done.set_value();
    });
    done.get_future().wait();
}

}  // namespace milena
