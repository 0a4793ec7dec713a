// SPDX-License-Identifier: Apache-2.0
// One running broker: everything, wired.
#pragma once

#include <memory>
#include <string>

#include "base/thread_pool.h"
#include "cluster/cluster_node.h"
#include "server/broker.h"
#include "server/config_rules.h"
#include "server/coordinators.h"
#include "server/dispatcher.h"
#include "server/fetch_sessions.h"
#include "server/producer_ids.h"
#include "server/server.h"
#include "server/settings/settings.h"
#include "server/wanted_topics.h"

namespace milena {

/// Made, started and stopped by main's thread.
class Node {
  public:
    explicit Node(std::unique_ptr<Settings> settings);
    ~Node();

    /// Opens the data directories (recovering what a crash left), joins the cluster, listens.
    /// `cluster_id` is for an empty directory; if it is empty, too, one is made up. `topics` are
    /// there when the first client is accepted.
    Result<void> start(const std::string& cluster_id, const std::vector<WantedTopic>& topics = {});
    /// Answers what is in flight, flushes, marks the shutdown as clean.
    Result<void> stop();

    const std::string& cluster_id() const { return cluster_id_; }
    /// Where it listens, with the ports that were picked.
    const std::vector<BrokerEndpoint>& addresses() const { return addresses_; }

  private:
    Result<void> check_given() const;
    Result<void> open_logs(const std::string& cluster_id);
    Result<void> bind();
    Result<void> join_cluster();
    /// From here on clients are accepted.
    void open();
    ControllerOptions controller_options() const;
    std::unique_ptr<Coordinators> make_coordinators();
    /// Does not return if the node can't go on without the directory.
    void lose(const DirectoryFailure& failure);
    /// Those that may change while the node runs.
    void apply_settings();
    void follow(const MetadataImagePtr& image);
    void run_on_control(const std::function<void()>& task);

    const std::unique_ptr<Settings> settings_;
    const int32_t node_id_;
    SettingsRules rules_;
    ThreadPool pool_;
    std::string cluster_id_;
    std::vector<BrokerEndpoint> endpoints_;  // as clients are told
    std::vector<BrokerEndpoint> addresses_;

    // In the order of their making; each uses those before it.
    std::unique_ptr<LogManager> logs_;
    Dispatcher dispatcher_;
    std::unique_ptr<Server> server_;
    NetworkCore control_{"controller"};  ///< makes and removes logs, so not a core of clients
    std::unique_ptr<ClusterNode> cluster_;
    std::unique_ptr<FetchSessions> fetch_sessions_;
    std::unique_ptr<ProducerIds> producer_ids_;
    std::unique_ptr<Coordinators> coordinators_;
    std::unique_ptr<Broker> broker_;
};

}  // namespace milena
