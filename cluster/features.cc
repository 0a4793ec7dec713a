// SPDX-License-Identifier: Apache-2.0
// The feature levels of Kafka 4.4: what this node supports and what a new cluster starts with.
#include "cluster/control_context.h"
#include "cluster/record_versions.h"

namespace milena {

std::map<std::string, FeatureRange> ControllerOptions::all_supported_features() {
    return {{"metadata.version", {kMetadataVersionMin, kMetadataVersionMax}},
            {"kraft.version", {0, 1}},
            {"transaction.version", {0, 2}},
            {"group.version", {0, 1}},
            {"eligible.leader.replicas.version", {0, 1}},
            {"share.version", {0, 2}},
            {"streams.version", {0, 1}}};
}

std::map<std::string, int16_t> ControllerOptions::default_initial_features() {
    return {{"metadata.version", kMetadataVersionMax},
            {"eligible.leader.replicas.version", 1},
            {"group.version", 1},
            {"share.version", 2},
            {"streams.version", 1},
            {"transaction.version", 2}};
}

}  // namespace milena
