// SPDX-License-Identifier: Apache-2.0
#include "cluster/replay.h"

#include "cluster/record_list.h"
#include "cluster/replay_brokers.h"
#include "cluster/replay_topics.h"
#include "protocol/messages/abort_transaction_record.h"
#include "protocol/messages/access_control_entry_record.h"
#include "protocol/messages/begin_transaction_record.h"
#include "protocol/messages/client_quota_record.h"
#include "protocol/messages/config_record.h"
#include "protocol/messages/delegation_token_record.h"
#include "protocol/messages/end_transaction_record.h"
#include "protocol/messages/feature_level_record.h"
#include "protocol/messages/fence_broker_record.h"
#include "protocol/messages/no_op_record.h"
#include "protocol/messages/producer_ids_record.h"
#include "protocol/messages/register_controller_record.h"
#include "protocol/messages/remove_access_control_entry_record.h"
#include "protocol/messages/remove_delegation_token_record.h"
#include "protocol/messages/remove_topic_record.h"
#include "protocol/messages/remove_user_scram_credential_record.h"
#include "protocol/messages/topic_record.h"
#include "protocol/messages/unfence_broker_record.h"
#include "protocol/messages/unregister_broker_record.h"
#include "protocol/messages/unregister_controller_record.h"
#include "protocol/messages/user_scram_credential_record.h"
#include "protocol/messages/zk_migration_state_record.h"

namespace milena {
namespace {

using namespace protocol;

/// One record, on its way into the image.
struct Replay {
    ImageState& image;
    BytesView value;  ///< the whole value, for records that are kept as they are
};

Result<void> missing(std::string_view what) {
    return Error(ErrorCode::CORRUPT_MESSAGE,
                 "metadata record changes " + std::string(what) + ", which does not exist");
}

Result<void> replay(Replay& to, const TopicRecord& record) {
    to.image.add_topic(std::string(record.name), record.topic_id);
    return {};
}

Result<void> replay(Replay& to, const RemoveTopicRecord& record) {
    if (!to.image.topic(record.topic_id)) return missing("topic " + record.topic_id.to_string());
    to.image.remove_topic(record.topic_id);
    return {};
}

Result<void> replay(Replay& to, const PartitionRecord& record) {
    if (!to.image.topic(record.topic_id)) return missing("topic " + record.topic_id.to_string());
    to.image.set_partition(record.topic_id, record.partition_id, to_partition_state(record));
    return {};
}

Result<void> replay(Replay& to, const PartitionChangeRecord& record) {
    PartitionState* state = to.image.mutable_partition(record.topic_id, record.partition_id);
    if (!state)
        return missing("partition " + std::to_string(record.partition_id) + " of topic " +
                       record.topic_id.to_string());
    merge(*state, record);
    return {};
}

Result<void> replay(Replay& to, const ClearElrRecord& record) {
    clear_eligible_replicas(to.image, record);
    return {};
}

Result<void> replay(Replay& to, const ConfigRecord& record) {
    to.image.set_config(
        {static_cast<ConfigResourceType>(record.resource_type), std::string(record.resource_name)},
        record.name, record.value);
    return {};
}

Result<void> replay(Replay& to, const FeatureLevelRecord& record) {
    // kraft.version belongs to the raft layer, whatever older nodes may have written here.
    if (record.name != "kraft.version") to.image.set_feature(record.name, record.feature_level);
    return {};
}

Result<void> replay(Replay& to, const ProducerIdsRecord& record) {
    to.image.set_next_producer_id(record.next_producer_id);
    return {};
}

Result<void> replay(Replay& to, const RegisterBrokerRecord& record) {
    to.image.set_broker(to_broker_state(record));
    return {};
}

Result<void> replay(Replay& to, const UnregisterBrokerRecord& record) {
    to.image.remove_broker(record.broker_id);
    return {};
}

Result<void> replay(Replay& to, const BrokerRegistrationChangeRecord& record) {
    BrokerState* broker = to.image.mutable_broker(record.broker_id);
    if (!broker) return missing("broker " + std::to_string(record.broker_id));
    merge(*broker, record);
    return {};
}

Result<void> set_fenced(Replay& to, int32_t id, bool fenced) {
    BrokerState* broker = to.image.mutable_broker(id);
    if (!broker) return missing("broker " + std::to_string(id));
    broker->fenced = fenced;
    return {};
}

Result<void> replay(Replay& to, const FenceBrokerRecord& record) {
    return set_fenced(to, record.id, true);
}

Result<void> replay(Replay& to, const UnfenceBrokerRecord& record) {
    return set_fenced(to, record.id, false);
}

Result<void> keep(Replay& to, int16_t api_key, std::string key) {
    to.image.retain(api_key, std::move(key), Bytes(to.value.begin(), to.value.end()));
    return {};
}

Result<void> forget(Replay& to, int16_t api_key, std::string key) {
    to.image.retain(api_key, std::move(key), std::nullopt);
    return {};
}

std::string scram_key(std::string_view name, int8_t mechanism) {
    return std::string(name) + '\n' + std::to_string(mechanism);
}

Result<void> replay(Replay& to, const RegisterControllerRecord& record) {
    return keep(to, record.kApiKey, std::to_string(record.controller_id));
}

Result<void> replay(Replay& to, const UnregisterControllerRecord& record) {
    return forget(to, RegisterControllerRecord::kApiKey, std::to_string(record.controller_id));
}

Result<void> replay(Replay& to, const AccessControlEntryRecord& record) {
    return keep(to, record.kApiKey, record.id.to_string());
}

Result<void> replay(Replay& to, const RemoveAccessControlEntryRecord& record) {
    return forget(to, AccessControlEntryRecord::kApiKey, record.id.to_string());
}

Result<void> replay(Replay& to, const UserScramCredentialRecord& record) {
    return keep(to, record.kApiKey, scram_key(record.name, record.mechanism));
}

Result<void> replay(Replay& to, const RemoveUserScramCredentialRecord& record) {
    return forget(to, UserScramCredentialRecord::kApiKey, scram_key(record.name, record.mechanism));
}

Result<void> replay(Replay& to, const DelegationTokenRecord& record) {
    return keep(to, record.kApiKey, std::string(record.token_id));
}

Result<void> replay(Replay& to, const RemoveDelegationTokenRecord& record) {
    return forget(to, DelegationTokenRecord::kApiKey, std::string(record.token_id));
}

Result<void> replay(Replay& to, const ClientQuotaRecord& record) {
    std::map<std::string, std::string> entity;
    for (const auto& part : record.entity)
        entity[std::string(part.entity_type)] =
            part.entity_name ? "=" + std::string(*part.entity_name) : "";
    std::string key;
    for (const auto& [type, name] : entity) key += type + name + '\n';
    key += record.key;
    return record.remove ? forget(to, record.kApiKey, key) : keep(to, record.kApiKey, key);
}

// Nothing of these is left in an image.
Result<void> replay(Replay&, const NoOpRecord&) { return {}; }
Result<void> replay(Replay&, const ZkMigrationStateRecord&) { return {}; }

template <class Record>
Result<void> decode_and_replay(const FramedRecord& framed, Replay& to) {
    auto record = protocol::decode_message<Record>(framed.body, framed.version);
    if (!record) return record.error();
    return replay(to, *record);
}

using ReplayFunction = Result<void> (*)(const FramedRecord&, Replay&);

struct Row {
    int16_t api_key;
    int16_t max_version;
    ReplayFunction function;
};

template <class... Records>
constexpr std::array<Row, sizeof...(Records)> rows() {
    return {Row{Records::kApiKey, Records::kMaxVersion, &decode_and_replay<Records>}...};
}

constexpr auto kRows =
    rows<RegisterBrokerRecord, UnregisterBrokerRecord, TopicRecord, PartitionRecord, ConfigRecord,
         PartitionChangeRecord, FenceBrokerRecord, UnfenceBrokerRecord, RemoveTopicRecord,
         DelegationTokenRecord, UserScramCredentialRecord, FeatureLevelRecord, ClientQuotaRecord,
         ProducerIdsRecord, BrokerRegistrationChangeRecord, AccessControlEntryRecord,
         RemoveAccessControlEntryRecord, NoOpRecord, ZkMigrationStateRecord,
         RemoveUserScramCredentialRecord, RemoveDelegationTokenRecord, RegisterControllerRecord,
         ClearElrRecord, UnregisterControllerRecord>();

Result<void> dispatch(ImageState& image, const FramedRecord& framed, BytesView value) {
    Replay to{image, value};
    for (const Row& row : kRows)
        if (row.api_key == framed.api_key && framed.version <= row.max_version)
            return row.function(framed, to);
    return Error(ErrorCode::UNSUPPORTED_VERSION,
                 "metadata record of type " + std::to_string(framed.api_key) + " version " +
                     std::to_string(framed.version) + " is not known to this version");
}

}  // namespace

Result<void> Replayer::apply(BytesView value, Offset offset, int32_t epoch) {
    auto framed = parse_framed_record(value);
    if (!framed) return framed.error();
    if (framed->api_key == BeginTransactionRecord::kApiKey) {
        held_.emplace();
    } else if (framed->api_key == AbortTransactionRecord::kApiKey) {
        held_.reset();
    } else if (framed->api_key == EndTransactionRecord::kApiKey) {
        if (auto applied = apply_held(); !applied) return applied;
    } else if (held_) {
        held_->emplace_back(value.begin(), value.end());
    } else if (auto applied = dispatch(image_, *framed, value); !applied) {
        return applied;
    }
    image_.set_position(offset, epoch);
    return {};
}

Result<void> Replayer::apply_held() {
    const auto held = std::exchange(held_, std::nullopt).value_or(std::vector<Bytes>());
    for (const Bytes& value : held) {
        auto framed = parse_framed_record(value);
        if (!framed) return framed.error();
        if (auto applied = dispatch(image_, *framed, value); !applied) return applied;
    }
    return {};
}

}  // namespace milena
