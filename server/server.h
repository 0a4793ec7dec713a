// SPDX-License-Identifier: Apache-2.0
// All cores, all listeners, all connections.
#pragma once

#include <atomic>
#include <condition_variable>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/connection.h"

namespace milena {

struct ServerOptions {
    int cores = 1;
    int64_t frame_memory_bytes = 0;
    int32_t request_bytes_max = 100 * 1024 * 1024;
    std::chrono::milliseconds idle_max{600'000};
    int connections_max = std::numeric_limits<int>::max();
    int connections_per_address_max = std::numeric_limits<int>::max();
    int send_buffer_bytes = -1;
    int receive_buffer_bytes = -1;
    int backlog = 50;
};

/// Made, started and stopped by one thread (main's).
class Server {
  public:
    Server(const ServerOptions& options, RequestService& service, BlockingPool& pool);
    ~Server();

    /// Cores run from here on; nobody is accepted yet.
    void start();
    /// Binds; the port is that which was asked for, or picked. Accepting begins with open().
    Result<uint16_t> bind(const std::string& listener, const std::string& host, uint16_t port);
    void open();
    /// For connections that are yet to come. Any thread.
    void limit_connections(int in_all, int per_address);
    /// Accepts nobody any more, answers what is in flight, closes; what is not done by `limit` is
    /// cut off. Cores go on running.
    void drain(std::chrono::milliseconds limit);
    /// Stops the cores. Tasks that are posted later never run.
    void stop();

    /// For control work that wants an event loop.
    NetworkCore& core(size_t index) { return *cores_[index]->network; }
    size_t core_count() const { return cores_.size(); }

  private:
    class Acceptor;
    /// What lives on one core; touched there alone.
    struct Core {
        std::unique_ptr<NetworkCore> network;
        std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
        std::unique_ptr<Timer> sweep;
    };

    void accept(int descriptor, const std::string& listener);
    void adopt(Core& core, int descriptor, std::shared_ptr<ConnectionContext> context);
    void on_closed(Core& core, Connection& connection);
    /// False if `address` has its full number.
    bool count_in(const std::string& address);
    void count_out(const std::string& address);
    bool is_full() const { return connection_count_ >= connections_max_; }
    void sweep(Core& core);
    void run_on(Core& core, std::function<void()> task);
    void on_each_connection(const std::function<void(Connection&)>& act);

    const ServerOptions options_;
    FrameMemory memory_;
    ConnectionSetting setting_;
    std::vector<std::unique_ptr<Core>> cores_;
    std::vector<std::shared_ptr<Acceptor>> acceptors_;
    bool running_ = false;
    std::atomic<int> connection_count_{0};
    std::mutex last_closed_mutex_;
    std::condition_variable last_closed_;  ///< connection_count_ became 0
    std::atomic<int> connections_max_;
    std::atomic<int> connections_per_address_max_;
    std::mutex addresses_mutex_;
    std::unordered_map<std::string, int> addresses_;  // guarded by addresses_mutex_
};

}  // namespace milena
