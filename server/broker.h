// SPDX-License-Identifier: Apache-2.0
// What handlers reach: the parts of one running node, wired by main.
#pragma once

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/executor.h"
#include "cluster/controller.h"
#include "cluster/metadata_image.h"
#include "cluster/partition.h"
#include "storage/log_manager.h"

namespace milena {

class Settings;       // server/settings/settings.h
class FetchSessions;  // server/fetch_sessions.h
class ProducerIds;    // server/producer_ids.h
class GroupCoordinator;
class TransactionCoordinator;

/// Owns nothing; outlives every connection.
struct Broker {
    int32_t node_id = -1;
    Settings& settings;
    const Clock& clock;
    BlockingPool& pool;
    LogManager& logs;
    PartitionTable& partitions;
    Controller& controller;
    FetchSessions& fetch_sessions;
    ProducerIds& producer_ids;
    GroupCoordinator& groups;
    TransactionCoordinator& transactions;
    /// The current image; never null once listeners are open.
    std::function<MetadataImagePtr()> image;
};

}  // namespace milena
