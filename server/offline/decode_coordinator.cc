// SPDX-License-Identifier: Apache-2.0
#include "coordinator/internal_topics.h"
#include "coordinator/runtime/record.h"
#include "protocol/messages/consumer_group_current_member_assignment_key.h"
#include "protocol/messages/consumer_group_current_member_assignment_value.h"
#include "protocol/messages/consumer_group_member_metadata_key.h"
#include "protocol/messages/consumer_group_member_metadata_value.h"
#include "protocol/messages/consumer_group_metadata_key.h"
#include "protocol/messages/consumer_group_metadata_value.h"
#include "protocol/messages/consumer_group_partition_metadata_key.h"
#include "protocol/messages/consumer_group_partition_metadata_value.h"
#include "protocol/messages/consumer_group_regular_expression_key.h"
#include "protocol/messages/consumer_group_regular_expression_value.h"
#include "protocol/messages/consumer_group_target_assignment_member_key.h"
#include "protocol/messages/consumer_group_target_assignment_member_value.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_key.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_value.h"
#include "protocol/messages/group_metadata_key.h"
#include "protocol/messages/group_metadata_value.h"
#include "protocol/messages/legacy_offset_commit_key.h"
#include "protocol/messages/legacy_offset_commit_value.h"
#include "protocol/messages/offset_commit_key.h"
#include "protocol/messages/offset_commit_value.h"
#include "protocol/messages/share_group_current_member_assignment_key.h"
#include "protocol/messages/share_group_current_member_assignment_value.h"
#include "protocol/messages/share_group_member_metadata_key.h"
#include "protocol/messages/share_group_member_metadata_value.h"
#include "protocol/messages/share_group_metadata_key.h"
#include "protocol/messages/share_group_metadata_value.h"
#include "protocol/messages/share_group_state_partition_metadata_key.h"
#include "protocol/messages/share_group_state_partition_metadata_value.h"
#include "protocol/messages/share_group_target_assignment_member_key.h"
#include "protocol/messages/share_group_target_assignment_member_value.h"
#include "protocol/messages/share_group_target_assignment_metadata_key.h"
#include "protocol/messages/share_group_target_assignment_metadata_value.h"
#include "protocol/messages/streams_group_current_member_assignment_key.h"
#include "protocol/messages/streams_group_current_member_assignment_value.h"
#include "protocol/messages/streams_group_member_metadata_key.h"
#include "protocol/messages/streams_group_member_metadata_value.h"
#include "protocol/messages/streams_group_metadata_key.h"
#include "protocol/messages/streams_group_metadata_value.h"
#include "protocol/messages/streams_group_target_assignment_member_key.h"
#include "protocol/messages/streams_group_target_assignment_member_value.h"
#include "protocol/messages/streams_group_target_assignment_metadata_key.h"
#include "protocol/messages/streams_group_target_assignment_metadata_value.h"
#include "protocol/messages/streams_group_topology_key.h"
#include "protocol/messages/streams_group_topology_value.h"
#include "protocol/messages/transaction_log_key.h"
#include "protocol/messages/transaction_log_value.h"
#include "server/offline/decode.h"
#include "server/offline/decode_any.h"
#include "server/offline/text.h"
#include "storage/file_names.h"

namespace milena {
namespace {

using namespace protocol;

using GroupKeys =
    MessageTypes<ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupMemberMetadataKey,
                 ConsumerGroupMetadataKey, ConsumerGroupPartitionMetadataKey,
                 ConsumerGroupRegularExpressionKey, ConsumerGroupTargetAssignmentMemberKey,
                 ConsumerGroupTargetAssignmentMetadataKey, GroupMetadataKey, LegacyOffsetCommitKey,
                 OffsetCommitKey, ShareGroupCurrentMemberAssignmentKey, ShareGroupMemberMetadataKey,
                 ShareGroupMetadataKey, ShareGroupStatePartitionMetadataKey,
                 ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMetadataKey,
                 StreamsGroupCurrentMemberAssignmentKey, StreamsGroupMemberMetadataKey,
                 StreamsGroupMetadataKey, StreamsGroupTargetAssignmentMemberKey,
                 StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTopologyKey>;
using GroupValues =
    MessageTypes<ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue,
                 ConsumerGroupMetadataValue, ConsumerGroupPartitionMetadataValue,
                 ConsumerGroupRegularExpressionValue, ConsumerGroupTargetAssignmentMemberValue,
                 ConsumerGroupTargetAssignmentMetadataValue, GroupMetadataValue,
                 LegacyOffsetCommitValue, OffsetCommitValue, ShareGroupCurrentMemberAssignmentValue,
                 ShareGroupMemberMetadataValue, ShareGroupMetadataValue,
                 ShareGroupStatePartitionMetadataValue, ShareGroupTargetAssignmentMemberValue,
                 ShareGroupTargetAssignmentMetadataValue, StreamsGroupCurrentMemberAssignmentValue,
                 StreamsGroupMemberMetadataValue, StreamsGroupMetadataValue,
                 StreamsGroupTargetAssignmentMemberValue, StreamsGroupTargetAssignmentMetadataValue,
                 StreamsGroupTopologyValue>;
using TransactionKeys = MessageTypes<TransactionLogKey>;
using TransactionValues = MessageTypes<TransactionLogValue>;

Error broken(const std::string& what) { return Error(ErrorCode::CORRUPT_MESSAGE, what); }

/// What stands before a key is its kind, and of the first two kinds also a version that their
/// schemas don't count.
template <class Keys, class Values>
Result<std::string> decode_pair(Keys keys, Values values, BytesView key,
                                std::optional<BytesView> value) {
    const auto kind = split_version(key);
    if (!kind) return broken("a key of less than two bytes");
    auto text = text_of_any(keys, kind->version, kind->body, 0);
    if (!text) return broken("unknown kind " + std::to_string(kind->version) + " of a key");
    if (!*text) return text->error();
    if (!value) return **text + " null";
    const auto versioned = split_version(*value);
    if (!versioned) return broken("a value of less than two bytes");
    auto said = text_of_any(values, kind->version, versioned->body, versioned->version);
    if (!said) return broken("unknown kind " + std::to_string(kind->version) + " of a value");
    if (!*said) return said->error();
    return **text + " " + **said;
}

/// The last two parts of a path: directory and file.
std::pair<std::string, std::string> last_names(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    const std::string directory = path.substr(0, slash);
    return {directory.substr(directory.rfind('/') + 1), path.substr(slash + 1)};
}

}  // namespace

std::optional<Decoding> parse_decoding(std::string_view name) {
    if (name == "none") return Decoding::kNone;
    if (name == "metadata") return Decoding::kMetadata;
    if (name == "offsets") return Decoding::kOffsets;
    if (name == "transactions") return Decoding::kTransactions;
    return {};
}

Decoding decoding_of(const std::string& path) {
    const auto [directory, file] = last_names(path);
    if (directory == kMetadataDirectory || file.ends_with(".checkpoint"))
        return Decoding::kMetadata;
    const auto name = parse_partition_directory(directory);
    if (name && name->topic == kGroupTopic) return Decoding::kOffsets;
    if (name && name->topic == kTransactionTopic) return Decoding::kTransactions;
    return Decoding::kNone;
}

Result<std::string> decode_offsets(BytesView key, std::optional<BytesView> value) {
    return decode_pair(GroupKeys(), GroupValues(), key, value);
}

Result<std::string> decode_transactions(BytesView key, std::optional<BytesView> value) {
    return decode_pair(TransactionKeys(), TransactionValues(), key, value);
}

Result<std::string> decode_record(Decoding decoding, bool is_control, const RecordView& record) {
    const BytesView value = record.value.value_or(BytesView());
    if (is_control) return decode_control(record.key.value_or(BytesView()), value);
    if (decoding == Decoding::kMetadata) return decode_metadata(value);
    if (decoding == Decoding::kNone)
        return "key=" + quoted(record.key) + " value=" + quoted(record.value);
    if (!record.key) return broken("a record without a key");
    return decoding == Decoding::kOffsets ? decode_offsets(*record.key, record.value)
                                          : decode_transactions(*record.key, record.value);
}

}  // namespace milena
