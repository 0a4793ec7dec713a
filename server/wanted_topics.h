// SPDX-License-Identifier: Apache-2.0
// Topics that are there as soon as the broker answers: `--topic` and KAFKA_CREATE_TOPICS.
//
//   topics   = topic { ( "," | newline ) topic }     with a newline, commas belong to values
//   topic    = name [ ":" partitions [ ":" replicas ] ] [ ":" settings ]
//   settings = setting { ";" setting }
//   setting  = key "=" value | value of cleanup.policy
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/controller.h"

namespace milena {

struct WantedTopic {
    std::string name;
    int32_t partitions = -1;  ///< -1: num.partitions
    int16_t replicas = -1;    ///< -1: default.replication.factor
    ConfigMap configs;
};

/// INVALID_CONFIG names the topic that can't be understood.
Result<WantedTopic> parse_wanted_topic(std::string_view text);
Result<std::vector<WantedTopic>> parse_wanted_topics(std::string_view text);

/// Makes those that don't exist; the others stay as they are. Blocks until they are there; not to
/// be called on the controller's executor. INVALID_CONFIG names the first that can't be made, and
/// none is then.
Result<void> create_wanted_topics(Controller& controller, const std::vector<WantedTopic>& topics);

}  // namespace milena
