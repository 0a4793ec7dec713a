// SPDX-License-Identifier: Apache-2.0
// InitProducerId: who an idempotent or transactional producer is.
//
// Behaviour
// - Without a transactional id: an id that is unique in the cluster, with epoch 0; a producer that
//   names its former id and epoch gets a new id as well.
// - With one: the id of the transactional id, in the next epoch, which fences earlier incarnations.
//   An open transaction is aborted first: CONCURRENT_TRANSACTIONS, and the producer tries again. A
//   producer that names another identity than its last one is PRODUCER_FENCED; the one that repeats
//   its request gets the same answer again.
// - Naming just one of id and epoch is INVALID_REQUEST. A timeout above transaction.max.timeout.ms
//   is INVALID_TRANSACTION_TIMEOUT.
//
// Versions
// - v3 former id and epoch. v4 PRODUCER_FENCED, INVALID_PRODUCER_EPOCH before. v5 nothing new here.
//   v6 (two-phase commit) is unstable in Kafka 4.4 and not served.
#include "coordinator/transaction/transaction_coordinator.h"
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/init_producer_id_response.h"
#include "server/handlers/fencing.h"
#include "server/handlers/handlers.h"
#include "server/producer_ids.h"

namespace milena {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

static constexpr int16_t kFirstVersionWithFencing = 4;

static void respond(const Call<InitProducerIdRequest>& call,
                    const Result<ProducerIdentity>& identity) {
    InitProducerIdResponse response;
    response.producer_id = identity ? identity->id.value : -1;
    response.producer_epoch = identity ? identity->epoch.value : int16_t{-1};
    if (!identity)
        response.error_code =
            fencing_code(identity.error(), call.version(), kFirstVersionWithFencing);
    call.respond(response);
}

void handle_init_producer_id(Broker& broker, Call<InitProducerIdRequest> call) {
    const ProducerIdentity former{ProducerId(call->producer_id),
                                  ProducerEpoch(call->producer_epoch)};
    if ((former.id == kNoProducerId) != (former.epoch.value == -1))
        return respond(call,
                       Error(ErrorCode::INVALID_REQUEST, "producer id and epoch go together"));
    if (!call->transactional_id)
        return broker.producer_ids.next([call](const Result<ProducerId>& id) {
            if (!id) return respond(call, id.error());
            respond(call, ProducerIdentity{*id, ProducerEpoch(0)});
        });
    InitProducer request;
    request.transactional_id = *call->transactional_id;
    request.timeout_ms = call->transaction_timeout_ms;
    if (former.id != kNoProducerId) request.former = former;
    broker.transactions.init_producer(
        std::move(request),
        [call](const Result<ProducerIdentity>& identity) { respond(call, identity); });
}

}  // namespace milena
