// SPDX-License-Identifier: Apache-2.0
// AddOffsetsToTxn (key 25)
//
// Behaviour: adds the partition of __consumer_offsets that keeps the group's offsets to the
// transaction, as AddPartitionsToTxn would. The topic is made if it doesn't exist.
//
// Versions: 2 PRODUCER_FENCED, INVALID_PRODUCER_EPOCH before. 3 flexible. 4 nothing new here.
// Clients of transaction.version 2 don't ask: TxnOffsetCommit adds the partition.
#include "coordinator/group/group_coordinator.h"
#include "coordinator/internal_topics.h"
#include "coordinator/transaction/transaction_coordinator.h"
#include "protocol/messages/add_offsets_to_txn_request.h"
#include "protocol/messages/add_offsets_to_txn_response.h"
#include "server/handlers/fencing.h"
#include "server/handlers/handlers.h"
#include "server/handlers/topic_creation.h"

namespace milena {

using protocol::AddOffsetsToTxnRequest;
using protocol::AddOffsetsToTxnResponse;

static constexpr int16_t kFirstVersionWithFencing = 2;

static void respond(const Call<AddOffsetsToTxnRequest>& call, const Result<void>& result) {
    AddOffsetsToTxnResponse response;
    if (!result)
        response.error_code =
            fencing_code(result.error(), call.version(), kFirstVersionWithFencing);
    call.respond(response);
}

static void add(Broker& broker, const Call<AddOffsetsToTxnRequest>& call) {
    const int32_t partition = broker.groups.runtime().partition_of(call->group_id);
    if (partition < 0)
        return respond(call, Error(ErrorCode::COORDINATOR_NOT_AVAILABLE,
                                   "__consumer_offsets could not be created"));
    AddPartitions request;
    request.transactional_id = call->transactional_id;
    request.producer = {ProducerId(call->producer_id), ProducerEpoch(call->producer_epoch)};
    request.partitions[std::string(kGroupTopic)].insert(partition);
    broker.transactions.add_partitions(
        std::move(request), [call](const Result<void>& result) { respond(call, result); });
}

void handle_add_offsets_to_txn(Broker& broker, Call<AddOffsetsToTxnRequest> call) {
    if (broker.image()->topic(kGroupTopic)) return add(broker, call);
    create_missing_topics(broker, call.request, {kGroupTopic},
                          [&broker, call] { add(broker, call); });
}

}  // namespace milena
