// SPDX-License-Identifier: Apache-2.0
// Settings from the environment, as container images of Kafka take them.
#pragma once

#include <string>
#include <vector>

#include "cluster/metadata_image.h"

namespace milena {

/// What environment variables set. KAFKA_LOG_DIRS is log.dirs; KAFKA_CFG_ does the same; "__"
/// stands for "_" and "___" for "-". Variables that steer a JVM or an image's scripts are left out.
struct Environment {
    ConfigMap properties;
    std::string
        cluster_id;      ///< CLUSTER_ID (or KAFKA_CLUSTER_ID, KAFKA_KRAFT_CLUSTER_ID); may be empty
    std::string topics;  ///< KAFKA_CREATE_TOPICS: wanted at start; may be empty
};

/// `variables` are "NAME=value", as environ has them. KAFKA_CFG_ wins over KAFKA_.
Environment read_environment(const std::vector<std::string>& variables);

}  // namespace milena
