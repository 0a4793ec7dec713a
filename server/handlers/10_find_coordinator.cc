// SPDX-License-Identifier: Apache-2.0
// FindCoordinator: the broker that looks after a group, a transactional id or a share partition,
// which is the leader of a partition of the internal topic that its key is hashed to.
//
// Behaviour
// - The internal topic is created when its first coordinator is looked for. Apache Kafka answers
//   COORDINATOR_NOT_AVAILABLE meanwhile; Milena answers when the topic is there. If creation fails
//   the answer is Kafka's.
// - Key of a share partition: "group:topic id:partition"; others are INVALID_REQUEST.
// - Unknown key types are INVALID_REQUEST, and so are share partitions before v6.
//
// Versions
// - v0 groups alone. v1 key type and error message, which without an error is "NONE".
// - v4 many keys at once; the message without an error is empty. v6 share partitions.
#include <algorithm>

#include "protocol/messages/find_coordinator_request.h"
#include "protocol/messages/find_coordinator_response.h"
#include "server/handlers/addresses.h"
#include "coordinator/runtime/partitioning.h"
#include "server/handlers/handlers.h"
#include "coordinator/internal_topics.h"
#include "server/handlers/topic_creation.h"

namespace milena {

using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

namespace {

constexpr int16_t kFirstVersionOfManyKeys = 4, kFirstVersionOfShares = 6;
enum KeyType : int8_t { kGroup = 0, kTransaction = 1, kShare = 2 };

/// The internal topic of a key type; empty for an unknown one.
std::string_view topic_of(int8_t key_type) {
    switch (key_type) {
        case kGroup:
            return kGroupTopic;
        case kTransaction:
            return kTransactionTopic;
        case kShare:
            return kShareTopic;
        default:
            return {};
    }
}

Result<void> check_key(int8_t key_type, std::string_view key, int16_t version) {
    if (topic_of(key_type).empty())
        return Error(ErrorCode::INVALID_REQUEST,
                     "unknown coordinator type " + std::to_string(key_type));
    if (key_type != kShare) return {};
    if (version < kFirstVersionOfShares)
        return Error(ErrorCode::INVALID_REQUEST, "share partitions are known from version 6 on");
    if (!is_share_partition_key(key))
        return Error(ErrorCode::INVALID_REQUEST,
                     "a share partition's key is group:topic id:partition");
    return {};
}

Result<BrokerAddress> find(const Broker& broker, const Call<FindCoordinatorRequest>& call,
                           const MetadataImage& image, std::string_view key) {
    if (auto checked = check_key(call->key_type, key, call.version()); !checked)
        return checked.error();
    const std::string_view name = topic_of(call->key_type);
    const TopicState* topic = image.topic(name);
    if (!topic || topic->partitions.empty())
        return Error(ErrorCode::COORDINATOR_NOT_AVAILABLE,
                     "internal topic " + std::string(name) + " does not exist yet");
    const auto index = coordinator_partition(key, static_cast<int32_t>(topic->partitions.size()));
    const int32_t leader = topic->partitions[static_cast<size_t>(index)].leader;
    const auto address = address_of(broker, image, leader, call.request->connection());
    if (!address || address->fenced)
        return Error(ErrorCode::COORDINATOR_NOT_AVAILABLE,
                     std::string(name) + "-" + std::to_string(index) + " has no leader");
    return *address;
}

/// The fields that both shapes of the answer have.
template <class Fields>
void fill(Fields& fields, const Result<BrokerAddress>& found, StringArena& strings,
          std::string_view message_of_success) {
    fields.node_id = found ? found->id : -1;
    fields.host = found ? found->host : std::string_view();
    fields.port = found ? found->port : -1;
    fields.error_code = found ? 0 : static_cast<int16_t>(found.error().code());
    fields.error_message = found ? message_of_success : strings.own(found.error().message());
}

void answer(const Broker& broker, const Call<FindCoordinatorRequest>& call) {
    const MetadataImagePtr image = broker.image();
    FindCoordinatorResponse response;
    if (call.version() < kFirstVersionOfManyKeys) {
        fill(response, find(broker, call, *image, call->key), call.strings(), "NONE");
    } else {
        for (std::string_view key : call->coordinator_keys) {
            auto& coordinator = response.coordinators.emplace_back();
            coordinator.key = key;
            fill(coordinator, find(broker, call, *image, key), call.strings(), "");
        }
    }
    call.respond(response);
}

bool has_good_key(const Call<FindCoordinatorRequest>& call) {
    const auto good = [&call](std::string_view key) {
        return check_key(call->key_type, key, call.version()).has_value();
    };
    if (call.version() < kFirstVersionOfManyKeys) return good(call->key);
    return std::ranges::any_of(call->coordinator_keys, good);
}

}  // namespace

void handle_find_coordinator(Broker& broker, Call<FindCoordinatorRequest> call) {
    const std::string_view topic = topic_of(call->key_type);
    if (!has_good_key(call) || broker.image()->topic(topic)) return answer(broker, call);
    create_missing_topics(broker, call.request, {topic}, [&broker, call] { answer(broker, call); });
}

}  // namespace milena
