// SPDX-License-Identifier: Apache-2.0
#include "server/coordinators.h"

#include <algorithm>
#include <cctype>

namespace milena {

namespace {

RuntimeParts runtime_parts(const CoordinatorParts& parts) {
    return {{}, parts.node_id, parts.partitions, parts.pool, parts.clock, parts.executors, {}};
}

RuntimeParts group_parts(const BrokerSettings& settings, const CoordinatorParts& parts) {
    RuntimeParts runtime = runtime_parts(parts);
    runtime.linger = std::chrono::milliseconds(settings.group_coordinator_append_linger_ms);
    runtime.compression = static_cast<CompressionType>(settings.offsets_topic_compression_codec);
    return runtime;
}

MigrationPolicy migration_policy(std::string name) {
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (name == "DISABLED") return MigrationPolicy::kDisabled;
    if (name == "UPGRADE") return MigrationPolicy::kUpgrade;
    if (name == "DOWNGRADE") return MigrationPolicy::kDowngrade;
    return MigrationPolicy::kBidirectional;
}

void add_consumer_options(const BrokerSettings& settings, GroupOptions& options) {
    const auto& protocols = settings.group_coordinator_rebalance_protocols;
    options.consumer_protocol = std::ranges::find(protocols, "consumer") != protocols.end();
    options.consumer_max_size = settings.group_consumer_max_size;
    options.consumer_assignors = settings.group_consumer_assignors;
    options.migration_policy = migration_policy(settings.group_consumer_migration_policy);
    options.consumer = {settings.group_consumer_session_timeout_ms,
                        settings.group_consumer_heartbeat_interval_ms,
                        settings.group_consumer_assignment_interval_ms};
    options.consumer_session_timeout_bounds = {settings.group_consumer_min_session_timeout_ms,
                                               settings.group_consumer_max_session_timeout_ms};
    options.consumer_heartbeat_interval_bounds = {
        settings.group_consumer_min_heartbeat_interval_ms,
        settings.group_consumer_max_heartbeat_interval_ms};
    options.consumer_assignment_interval_bounds = {
        settings.group_consumer_min_assignment_interval_ms,
        settings.group_consumer_max_assignment_interval_ms};
    options.consumer_regex_refresh_interval_ms = settings.group_consumer_regex_refresh_interval_ms;
}

GroupOptions group_options(const BrokerSettings& settings) {
    GroupOptions options;
    options.min_session_timeout_ms = settings.group_min_session_timeout_ms;
    options.max_session_timeout_ms = settings.group_max_session_timeout_ms;
    options.initial_rebalance_delay_ms = settings.group_initial_rebalance_delay_ms;
    options.max_size = settings.group_max_size;
    options.offset_metadata_max_bytes = settings.offset_metadata_max_bytes;
    options.offsets_retention_ms = int64_t{settings.offsets_retention_minutes} * 60'000;
    options.offsets_retention_check_interval_ms = settings.offsets_retention_check_interval_ms;
    add_consumer_options(settings, options);
    return options;
}

TransactionOptions transaction_options(const BrokerSettings& settings) {
    TransactionOptions options;
    options.max_timeout_ms = settings.transaction_max_timeout_ms;
    options.id_expiration_ms = settings.transactional_id_expiration_ms;
    options.abort_timed_out_interval_ms =
        settings.transaction_abort_timed_out_transaction_cleanup_interval_ms;
    options.remove_expired_interval_ms =
        settings.transaction_remove_expired_transaction_cleanup_interval_ms;
    return options;
}

}  // namespace

Coordinators::Coordinators(const BrokerSettings& settings, const CoordinatorParts& parts)
    : groups(group_options(settings), group_parts(settings, parts)),
      transactions(transaction_options(settings),
                   {runtime_parts(parts), groups.runtime(), parts.take_producer_id}) {}

void Coordinators::follow(const MetadataImagePtr& image) {
    if (stopped_) return;
    groups.follow(image);
    transactions.follow(image);
}

void Coordinators::shut_down() {
    stopped_ = true;
    groups.shut_down();
    transactions.shut_down();
}

}  // namespace milena
