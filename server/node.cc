// SPDX-License-Identifier: Apache-2.0
#include "server/node.h"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <limits>
#include <thread>

#include "base/log.h"
#include "base/memory_limit.h"
#include "server/start_checks.h"
#include "storage/directory_files.h"

namespace milena {

namespace {

/// So many syncs run at once. The kernel lets those that wait together share a commit of its
/// journal and a flush of the device: eight at once are done in a fraction of the time of one by
/// one.
constexpr int kPoolThreads = 16;
/// How long a stop waits for what is in flight.
constexpr std::chrono::seconds kDrainMax{5};
/// Of the memory that this process may take, what request frames may take if
/// queued.max.request.bytes is not set: Kafka would know no bound.
constexpr int64_t kFrameMemoryShare = 4;
/// The same for the cleaner's maps; of all buffers whose size is a setting, only theirs has a
/// default that a small container can't bear.
constexpr int64_t kDedupeMemoryShare = 8;

bool is_given(const Settings& settings, std::string_view name) {
    return settings.static_values().contains(name);
}

ServerOptions server_options(const Settings& given) {
    const BrokerSettings& settings = given.at_start();
    ServerOptions options;
    options.cores = is_given(given, "num.network.threads")
                        ? settings.num_network_threads
                        : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    options.frame_memory_bytes = settings.queued_max_request_bytes > 0
                                     ? settings.queued_max_request_bytes
                                     : usable_memory_bytes() / kFrameMemoryShare;
    options.request_bytes_max = settings.socket_request_max_bytes;
    options.idle_max = std::chrono::milliseconds(settings.connections_max_idle_ms);
    options.connections_max = settings.max_connections;
    options.connections_per_address_max = settings.max_connections_per_ip;
    // Kafka's small send buffer keeps what is sent in the processor's cache: twice the throughput
    // of the buffers that the system would grow. Receiving, the system knows better than the
    // default.
    options.send_buffer_bytes = settings.socket_send_buffer_bytes;
    if (is_given(given, "socket.receive.buffer.bytes"))
        options.receive_buffer_bytes = settings.socket_receive_buffer_bytes;
    options.backlog = settings.socket_listen_backlog_size;
    return options;
}

/// Kafka's default where there is room for it; whoever sets it has what he sets.
int64_t dedupe_buffer_bytes(const BrokerSettings& settings) {
    const int64_t wanted = settings.log_cleaner_dedupe_buffer_size;
    if (wanted != CleanerOptions{}.dedupe_buffer_bytes) return wanted;
    return std::min(wanted, usable_memory_bytes() / kDedupeMemoryShare);
}

CleanerOptions cleaner_options(const BrokerSettings& settings) {
    CleanerOptions options;
    options.enabled = settings.log_cleaner_enable;
    options.threads = settings.log_cleaner_threads;
    options.dedupe_buffer_bytes = dedupe_buffer_bytes(settings);
    options.load_factor = settings.log_cleaner_io_buffer_load_factor;
    options.io_buffer_bytes = settings.log_cleaner_io_buffer_size;
    options.io_bytes_per_second = settings.log_cleaner_io_max_bytes_per_second;
    options.backoff_ms = settings.log_cleaner_backoff_ms;
    return options;
}

double move_rate(const BrokerSettings& settings) {
    const auto& rate = settings.replica_alter_log_dirs_io_max_bytes_per_second;
    return rate ? static_cast<double>(*rate) : std::numeric_limits<double>::max();
}

}  // namespace

Node::Node(std::unique_ptr<Settings> settings)
    : settings_(std::move(settings)),
      node_id_(settings_->at_start().node_id),
      rules_(*settings_, node_id_),
      pool_(kPoolThreads) {}

// Tasks of the pool post to cores, and tasks of cores hold requests, partitions and logs. So all
// threads end before anything is destroyed; what they left in the queues of cores goes with these.
Node::~Node() {
    if (logs_) logs_->on_directory_failure(nullptr);
    if (server_) {
        server_->drain(std::chrono::milliseconds(0));
        server_->stop();
    }
    control_.stop();
    if (logs_) logs_->stop_background();
    pool_.stop();
}

Result<void> Node::start(const std::string& cluster_id, const std::vector<WantedTopic>& topics) {
    if (auto checked = check_given(); !checked) return checked;
    if (auto opened = open_logs(cluster_id); !opened) return opened;
    server_ = std::make_unique<Server>(server_options(*settings_), dispatcher_, pool_);
    if (auto bound = bind(); !bound) return bound;
    control_.start();
    server_->start();
    if (auto joined = join_cluster(); !joined) return joined;
    logs_->start_background();
    if (auto made = create_wanted_topics(cluster_->controller(), topics); !made) return made;
    open();
    return {};
}

Result<void> Node::check_given() const {
    if (auto checked = check_voters(settings_->at_start()); !checked) return checked;
    return check_distinct(settings_->data_directories());
}

Result<void> Node::open_logs(const std::string& cluster_id) {
    LogManagerOptions options;
    options.directories = settings_->data_directories();
    const BrokerSettings& settings = settings_->at_start();
    options.recovery_threads_per_directory = settings.num_recovery_threads_per_data_dir;
    options.checkpoint_interval_ms = settings.log_flush_offset_checkpoint_interval_ms;
    options.retention_check_interval_ms = settings.log_retention_check_interval_ms;
    options.retention_delay_ms = settings.log_initial_task_delay_ms;
    options.cleaner = cleaner_options(settings);
    options.move_threads = settings.num_replica_alter_log_dirs_threads.value_or(0);
    cluster_id_ = cluster_id;
    for (const std::string& directory : options.directories) {
        const std::string metadata = directory + "/__cluster_metadata-0";
        if (directory != options.directories.front() && posix_file_system().exists(metadata))
            return Error(ErrorCode::INVALID_CONFIG,
                         "log.dirs begins with " + options.directories.front() +
                             ", but the cluster's metadata is in " + metadata +
                             ": put the directory that holds it first");
        if (!cluster_id_.empty()) break;
        auto identity = read_identity(posix_file_system(), directory);
        if (!identity) return identity.error();
        if (*identity) cluster_id_ = (*identity)->cluster_id;
    }
    if (cluster_id_.empty()) cluster_id_ = Uuid::random().to_string();
    auto logs = LogManager::open(std::move(options), cluster_id_, node_id_, posix_file_system(),
                                 system_clock(), pool_);
    if (!logs) return logs.error();
    logs_ = std::move(*logs);
    return {};
}

Result<void> Node::bind() {
    const Listeners& listeners = settings_->listeners();
    for (const Listener& listener : listeners.brokers) {
        auto port = server_->bind(listener.name, listener.host, listener.port);
        if (!port) return port.error();
        auto told = std::find_if(listeners.advertised.begin(), listeners.advertised.end(),
                                 [&](const Listener& one) { return one.name == listener.name; });
        bool is_told = told != listeners.advertised.end();
        BrokerEndpoint endpoint;
        endpoint.listener = listener.name;
        endpoint.host = is_told ? told->host : listener.host;
        if (endpoint.host.empty() || endpoint.host == "0.0.0.0") endpoint.host = "localhost";
        endpoint.port = is_told ? told->port : *port;
        endpoint.security_protocol = static_cast<int16_t>(listener.protocol);
        endpoints_.push_back(endpoint);
        addresses_.push_back({listener.name, listener.host, *port, endpoint.security_protocol});
    }
    return {};
}

void Node::open() {
    server_->open();
    for (const BrokerEndpoint& address : addresses_) {
        const bool is_v6 = address.host.find(':') != std::string::npos;
        MILENA_LOG(Info) << "Listening on " << address.listener << "://"
                         << (is_v6 ? "[" + address.host + "]" : address.host) << ":"
                         << address.port;
    }
}

ControllerOptions Node::controller_options() const {
    const BrokerSettings& settings = settings_->at_start();
    ControllerOptions options;
    options.node_id = node_id_;
    options.default_partitions = settings.num_partitions;
    options.default_replication_factor = static_cast<int16_t>(settings.default_replication_factor);
    options.delete_topic_enable = settings.delete_topic_enable;
    options.endpoints = endpoints_;
    for (const Listener& listener : settings_->listeners().controllers)
        options.controller_endpoints.push_back(
            {listener.name, listener.host, listener.port, static_cast<int16_t>(listener.protocol)});
    options.rack = settings.broker_rack;
    return options;
}

Result<void> Node::join_cluster() {
    ClusterNodeOptions options;
    options.metadata.data_directory = settings_->data_directories().front();
    options.metadata.cluster_id = cluster_id_;
    options.metadata.node_id = node_id_;
    options.controller = controller_options();
    auto log_config = [this](const MetadataImage& image, const std::string& topic) {
        return rules_.log_config(image, topic);
    };
    auto cluster = ClusterNode::open(
        std::move(options), ClusterNodeParts{posix_file_system(), system_clock(), control_, pool_,
                                             *logs_, rules_, log_config});
    if (!cluster) return cluster.error();
    cluster_ = std::move(*cluster);
    producer_ids_ = std::make_unique<ProducerIds>(cluster_->controller());
    coordinators_ = make_coordinators();
    run_on_control([this] {
        follow(cluster_->image());
        apply_settings();
        cluster_->on_publish([this](const MetadataImagePtr& image) { follow(image); });
    });

    fetch_sessions_ = std::make_unique<FetchSessions>(
        static_cast<size_t>(settings_->at_start().max_incremental_fetch_session_cache_slots),
        system_clock());
    broker_.reset(new Broker{node_id_, *settings_, system_clock(), pool_, *logs_,
                             cluster_->partitions(), cluster_->controller(), *fetch_sessions_,
                             *producer_ids_, coordinators_->groups, coordinators_->transactions,
                             [this] { return cluster_->image(); }});
    dispatcher_.set_broker(*broker_);
    logs_->on_directory_failure([this](const DirectoryFailure& failure) { lose(failure); });
    return {};
}

void Node::lose(const DirectoryFailure& failure) {
    if (!failure.is_fatal) return cluster_->lose_directory(failure.directory);
    MILENA_LOG(Fatal) << failure.path
                      << (failure.path == settings_->data_directories().front()
                              ? ", which holds the cluster's metadata, has failed"
                              : " has failed, and no data directory is left")
                      << ": the broker ends";
    std::_Exit(1);
}

std::unique_ptr<Coordinators> Node::make_coordinators() {
    std::vector<Executor*> executors;
    for (size_t i = 0; i < server_->core_count(); ++i) executors.push_back(&server_->core(i));
    return std::make_unique<Coordinators>(
        settings_->at_start(),
        CoordinatorParts{node_id_, cluster_->partitions(), pool_, system_clock(),
                         std::move(executors),
                         [this](ProducerIds::Done done) { producer_ids_->next(std::move(done)); }});
}

void Node::run_on_control(const std::function<void()>& task) {
    std::promise<void> done;
    control_.post([&] {
        task();
        done.set_value();
    });
    done.get_future().wait();
}

void Node::follow(const MetadataImagePtr& image) {
    coordinators_->follow(image);
    const bool changed = settings_->apply_dynamic(
        image->configs({ConfigResourceType::kBroker, ""}),
        image->configs({ConfigResourceType::kBroker, std::to_string(node_id_)}));
    if (changed) apply_settings();
}

void Node::apply_settings() {
    const auto settings = settings_->current();
    server_->limit_connections(settings->max_connections, settings->max_connections_per_ip);
    logs_->configure_cleaner(cleaner_options(*settings));
    logs_->set_move_rate(move_rate(*settings));
    const auto& cordoned = settings->cordoned_log_dirs;
    cluster_->set_cordoned(logs_->cordon({cordoned.begin(), cordoned.end()}));
}

Result<void> Node::stop() {
    run_on_control([this] { coordinators_->shut_down(); });
    server_->drain(kDrainMax);
    std::promise<void> done;
    cluster_->shut_down([&] { done.set_value(); });
    done.get_future().wait();
    int64_t broker_epoch = cluster_->broker_epoch();
    server_->stop();
    control_.stop();
    return logs_->shut_down(broker_epoch);
}

}  // namespace milena
