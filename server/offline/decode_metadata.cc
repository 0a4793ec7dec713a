// SPDX-License-Identifier: Apache-2.0
#include "cluster/metadata_batch.h"
#include "cluster/record_list.h"
#include "protocol/messages/abort_transaction_record.h"
#include "protocol/messages/access_control_entry_record.h"
#include "protocol/messages/begin_transaction_record.h"
#include "protocol/messages/broker_registration_change_record.h"
#include "protocol/messages/clear_elr_record.h"
#include "protocol/messages/client_quota_record.h"
#include "protocol/messages/config_record.h"
#include "protocol/messages/delegation_token_record.h"
#include "protocol/messages/end_transaction_record.h"
#include "protocol/messages/feature_level_record.h"
#include "protocol/messages/fence_broker_record.h"
#include "protocol/messages/k_raft_version_record.h"
#include "protocol/messages/leader_change_message.h"
#include "protocol/messages/no_op_record.h"
#include "protocol/messages/partition_change_record.h"
#include "protocol/messages/partition_record.h"
#include "protocol/messages/producer_ids_record.h"
#include "protocol/messages/register_broker_record.h"
#include "protocol/messages/register_controller_record.h"
#include "protocol/messages/remove_access_control_entry_record.h"
#include "protocol/messages/remove_delegation_token_record.h"
#include "protocol/messages/remove_topic_record.h"
#include "protocol/messages/remove_user_scram_credential_record.h"
#include "protocol/messages/snapshot_footer_record.h"
#include "protocol/messages/snapshot_header_record.h"
#include "protocol/messages/topic_record.h"
#include "protocol/messages/unfence_broker_record.h"
#include "protocol/messages/unregister_broker_record.h"
#include "protocol/messages/unregister_controller_record.h"
#include "protocol/messages/user_scram_credential_record.h"
#include "protocol/messages/voters_record.h"
#include "protocol/messages/zk_migration_state_record.h"
#include "server/offline/decode.h"
#include "server/offline/decode_any.h"

namespace milena {
namespace {

using namespace protocol;

using MetadataTypes =
    MessageTypes<AbortTransactionRecord, AccessControlEntryRecord, BeginTransactionRecord,
                 BrokerRegistrationChangeRecord, ClearElrRecord, ClientQuotaRecord, ConfigRecord,
                 DelegationTokenRecord, EndTransactionRecord, FeatureLevelRecord, FenceBrokerRecord,
                 NoOpRecord, PartitionChangeRecord, PartitionRecord, ProducerIdsRecord,
                 RegisterBrokerRecord, RegisterControllerRecord, RemoveAccessControlEntryRecord,
                 RemoveDelegationTokenRecord, RemoveTopicRecord, RemoveUserScramCredentialRecord,
                 TopicRecord, UnfenceBrokerRecord, UnregisterBrokerRecord,
                 UnregisterControllerRecord, UserScramCredentialRecord, ZkMigrationStateRecord>;

/// The version stands at the head of the message, as its first field.
template <class Message>
Result<std::string> versioned_text(BytesView value) {
    if (value.size() < sizeof(int16_t))
        return Error(ErrorCode::CORRUPT_MESSAGE, "a control record that is cut short");
    return message_text<Message>(value, load_big_endian<int16_t>(value.data()));
}

/// What stands in a control record's value, by the type in its key.
Result<std::string> control_text(ControlType type, BytesView value) {
    switch (type) {
        case ControlType::kLeaderChange:
            return versioned_text<LeaderChangeMessage>(value);
        case ControlType::kSnapshotHeader:
            return versioned_text<SnapshotHeaderRecord>(value);
        case ControlType::kSnapshotFooter:
            return versioned_text<SnapshotFooterRecord>(value);
        case ControlType::kKRaftVersion:
            return versioned_text<KRaftVersionRecord>(value);
        case ControlType::kKRaftVoters:
            return versioned_text<VotersRecord>(value);
    }
    return Error(
        ErrorCode::CORRUPT_MESSAGE,
        "unknown type " + std::to_string(static_cast<int16_t>(type)) + " of a control record");
}

/// int16 version, int16 type.
constexpr size_t kControlKeyBytes = 4;
/// int16 version, int32 coordinator epoch.
constexpr size_t kMarkerValueBytes = 6;

}  // namespace

Result<std::string> decode_metadata(BytesView value) {
    auto framed = parse_framed_record(value);
    if (!framed) return framed.error();
    auto text = text_of_any(MetadataTypes(), framed->api_key, framed->body, framed->version);
    if (text) return *text;
    return Error(ErrorCode::CORRUPT_MESSAGE,
                 "unknown kind " + std::to_string(framed->api_key) + " of a metadata record");
}

Result<std::string> decode_control(BytesView key, BytesView value) {
    if (key.size() < kControlKeyBytes)
        return Error(ErrorCode::CORRUPT_MESSAGE, "a control record without a type");
    const auto type = load_big_endian<int16_t>(key.data() + 2);
    if (type > 1) return control_text(static_cast<ControlType>(type), value);
    if (value.size() < kMarkerValueBytes)
        return Error(ErrorCode::CORRUPT_MESSAGE, "an end of a transaction that is cut short");
    return std::string(type == 0 ? "Abort" : "Commit") +
           " (coordinator_epoch=" + std::to_string(load_big_endian<int32_t>(value.data() + 2)) +
           ")";
}

}  // namespace milena
