// SPDX-License-Identifier: Apache-2.0
#include "cluster/snapshot_records.h"

#include "cluster/record_versions.h"
#include "cluster/replay_brokers.h"
#include "cluster/replay_topics.h"
#include "protocol/messages/access_control_entry_record.h"
#include "protocol/messages/client_quota_record.h"
#include "protocol/messages/config_record.h"
#include "protocol/messages/delegation_token_record.h"
#include "protocol/messages/feature_level_record.h"
#include "protocol/messages/producer_ids_record.h"
#include "protocol/messages/register_controller_record.h"
#include "protocol/messages/topic_record.h"
#include "protocol/messages/user_scram_credential_record.h"

namespace milena {
namespace {

using namespace protocol;

void add_feature(RecordList& to, std::string_view name, int16_t level) {
    FeatureLevelRecord record;
    record.name = name;
    record.feature_level = level;
    to.add(record, 0);
}

void add_features(RecordList& to, const ImageState& image) {
    constexpr std::string_view kFirst = "metadata.version";
    if (image.metadata_version() != 0) add_feature(to, kFirst, image.metadata_version());
    for (const auto& [name, level] : image.features())
        if (name != kFirst) add_feature(to, name, level);
}

void add_topic(RecordList& to, const TopicState& topic, int16_t partition_version) {
    TopicRecord record;
    record.name = topic.name;
    record.topic_id = topic.id;
    to.add(record, 0);
    int32_t index = 0;
    for (const PartitionState& partition : topic.partitions)
        to.add(to_partition_record(topic.id, index++, partition), partition_version);
}

void add_configs(RecordList& to, const ImageState& image) {
    for (const auto& [resource, configs] : image.all_configs())
        for (const auto& [key, value] : configs) {
            ConfigRecord record;
            record.resource_type = static_cast<int8_t>(resource.type);
            record.resource_name = resource.name;
            record.name = key;
            record.value = value;
            to.add(record, 0);
        }
}

void add_retained(RecordList& to, const ImageState& image, int16_t api_key) {
    const RetainedRecords& all = image.retained();
    for (auto kept = all.lower_bound({api_key, ""}); kept != all.end(); ++kept) {
        if (kept->first.first != api_key) return;
        to.add_raw(kept->second);
    }
}

void add_producer_ids(RecordList& to, const ImageState& image) {
    if (image.next_producer_id() == 0) return;
    ProducerIdsRecord record;
    record.broker_id = -1;
    record.next_producer_id = image.next_producer_id();
    to.add(record, 0);
}

}  // namespace

RecordList snapshot_records(const ImageState& image) {
    const int16_t level = image.metadata_version();
    RecordList records;
    add_features(records, image);
    for (const auto& [id, broker] : image.brokers())
        records.add(to_register_record(broker), register_broker_record_version(level));
    add_retained(records, image, RegisterControllerRecord::kApiKey);
    image.visit_topics("", [&](const TopicState& topic) {
        add_topic(records, topic, partition_record_version(level));
        return true;
    });
    add_configs(records, image);
    add_retained(records, image, ClientQuotaRecord::kApiKey);
    add_producer_ids(records, image);
    add_retained(records, image, AccessControlEntryRecord::kApiKey);
    add_retained(records, image, UserScramCredentialRecord::kApiKey);
    add_retained(records, image, DelegationTokenRecord::kApiKey);
    return records;
}

}  // namespace milena
