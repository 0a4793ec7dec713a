// SPDX-License-Identifier: Apache-2.0
#include "cluster/feature_control.h"

#include <algorithm>
#include <array>

#include "cluster/config_control.h"
#include "cluster/record_versions.h"
#include "protocol/messages/feature_level_record.h"

namespace milena {
namespace {

using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;
using Update = UpdateFeaturesRequest::FeatureUpdateKey;

constexpr std::string_view kMetadataVersion = "metadata.version";
constexpr std::string_view kKRaftVersion = "kraft.version";
constexpr std::string_view kEligibleReplicas = "eligible.leader.replicas.version";

enum class UpgradeType : int8_t {
    kUnknown = 0,
    kUpgrade = 1,
    kSafeDowngrade = 2,
    kUnsafeDowngrade = 3,
};

/// metadata.versions that added or changed records: no downgrade crosses them.
constexpr std::array<int16_t, 11> kLevelsWithNewRecords = {7,  8,  11, 13, 14, 15,
                                                           17, 23, 30, 32, 33};

Error refuse(const Update& update, const std::string& why) {
    return Error(ErrorCode::INVALID_UPDATE_VERSION,
                 "Level " + std::to_string(update.max_version_level) + " of feature " +
                     std::string(update.feature) + " can't be set: " + why);
}

UpgradeType upgrade_type(int16_t version, const Update& update) {
    if (version == 0)
        return update.allow_downgrade ? UpgradeType::kSafeDowngrade : UpgradeType::kUpgrade;
    if (update.upgrade_type < 1 || update.upgrade_type > 3) return UpgradeType::kUnknown;
    return static_cast<UpgradeType>(update.upgrade_type);
}

std::string range_text(const FeatureRange& range) {
    return std::to_string(range.min) + " to " + std::to_string(range.max);
}

Result<void> check_supported(const ControlContext& context, const Update& update) {
    const std::string name(update.feature);
    const auto outside = [&](const FeatureRange& range) {
        return update.max_version_level < range.min || update.max_version_level > range.max;
    };
    const auto own = context.options.supported_features.find(name);
    if (own == context.options.supported_features.end())
        return refuse(update, "this controller does not know the feature.");
    // Level 0 switches a feature off, whatever the range.
    const bool may_be_off = name != kMetadataVersion && update.max_version_level == 0;
    if (!may_be_off && outside(own->second))
        return refuse(update, "this controller supports " + range_text(own->second) + ".");
    for (const auto& [id, broker] : context.state.brokers()) {
        const auto found = broker.features.find(name);
        const FeatureRange range = found == broker.features.end() ? FeatureRange{} : found->second;
        if (!may_be_off && outside(range))
            return refuse(update,
                          "broker " + std::to_string(id) + " supports " + range_text(range) + ".");
    }
    return {};
}

Result<void> check_direction(const Update& update, int16_t current, UpgradeType type) {
    if (update.max_version_level < current && type == UpgradeType::kUpgrade)
        return refuse(update, "that is a downgrade, which must be asked for as such.");
    if (update.max_version_level > current && type != UpgradeType::kUpgrade)
        return refuse(update,
                      "that is no downgrade, the level is " + std::to_string(current) + ".");
    return {};
}

Result<void> check_metadata_downgrade(const Update& update, int16_t current, UpgradeType type) {
    const bool loses = std::any_of(
        kLevelsWithNewRecords.begin(), kLevelsWithNewRecords.end(),
        [&](int16_t level) { return level > update.max_version_level && level <= current; });
    if (!loses) return {};
    return refuse(update, type == UpgradeType::kUnsafeDowngrade
                              ? "an unsafe downgrade of the metadata is not supported."
                              : "records that the lower level does not know would be lost.");
}

/// Levels after the update of `name`, others of the same request included.
int16_t proposed_level(const ControlContext& context, const UpdateFeaturesRequest& request,
                       std::string_view name) {
    for (const Update& update : request.feature_updates)
        if (update.feature == name) return update.max_version_level;
    return context.state.feature(name);
}

Result<void> check_dependencies(const ControlContext& context, const UpdateFeaturesRequest& request,
                                const Update& update) {
    if (update.feature != kEligibleReplicas || update.max_version_level == 0) return {};
    if (proposed_level(context, request, kMetadataVersion) >= kMetadataVersionEligibleReplicas)
        return {};
    return refuse(update, "it needs metadata.version " +
                              std::to_string(kMetadataVersionEligibleReplicas) + " or more.");
}

/// Eligible leader replicas need one min.insync.replicas for the cluster: written down, and taken
/// off single brokers.
void add_min_insync_records(ControlContext& context) {
    constexpr std::string_view kKey = "min.insync.replicas";
    const ConfigResource cluster{ConfigResourceType::kBroker, ""};
    const ConfigMap* defaults = context.state.configs(cluster);
    if (!defaults || !defaults->contains(kKey))
        add_config_record(context, cluster, kKey,
                          std::to_string(context.options.default_min_insync_replicas));
    for (const auto& [id, broker] : context.state.brokers()) {
        const ConfigResource resource{ConfigResourceType::kBroker, std::to_string(id)};
        const ConfigMap* configs = context.state.configs(resource);
        if (configs && configs->contains(kKey))
            add_config_record(context, resource, kKey, std::nullopt);
    }
}

Result<void> update_feature(ControlContext& context, int16_t version,
                            const UpdateFeaturesRequest& request, const Update& update) {
    const UpgradeType type = upgrade_type(version, update);
    if (type == UpgradeType::kUnknown) return refuse(update, "the type of upgrade is unknown.");
    if (update.max_version_level < 0) return refuse(update, "levels are not negative.");
    if (auto supported = check_supported(context, update); !supported) return supported;
    const int16_t current = context.state.feature(update.feature);
    if (update.feature == kKRaftVersion) {
        if (update.max_version_level == current) return {};
        return refuse(update, "this controller has a static quorum of one voter.");
    }
    if (auto valid = check_direction(update, current, type); !valid) return valid;
    if (update.feature == kMetadataVersion) {
        if (auto valid = check_metadata_downgrade(update, current, type); !valid) return valid;
    } else if (auto valid = check_dependencies(context, request, update); !valid) {
        return valid;
    }
    if (update.feature == kEligibleReplicas && update.max_version_level > 0)
        add_min_insync_records(context);
    protocol::FeatureLevelRecord record;
    record.name = update.feature;
    record.feature_level = update.max_version_level;
    context.records.add(record, 0);
    return {};
}

}  // namespace

UpdateFeaturesResponse update_features(ControlContext& context, int16_t version,
                                       const UpdateFeaturesRequest& request) {
    constexpr int16_t kLastVersionWithResults = 1;
    UpdateFeaturesResponse response;
    set_success(response);
    for (const Update& update : request.feature_updates) {
        auto updated = update_feature(context, version, request, update);
        if (updated) continue;
        context.records = {};
        set_error(
            response,
            Error(updated.error().code(), "No feature was updated. " + updated.error().message()),
            context.strings);
        return response;
    }
    if (version <= kLastVersionWithResults)
        for (const Update& update : request.feature_updates) {
            auto& result = response.results.emplace_back();
            result.feature = update.feature;
            set_success(result);
        }
    if (request.validate_only) context.records = {};
    return response;
}

}  // namespace milena
