// SPDX-License-Identifier: Apache-2.0
// EndTxn (key 26)
//
// Behaviour: commits or aborts the producer's transaction. The answer leaves once the decision is
// in the log; the markers in the transaction's partitions follow.
//
// Versions: 2 PRODUCER_FENCED, INVALID_PRODUCER_EPOCH before. 3 flexible. 5 transaction.version 2:
// each end gives a new epoch (or, when epochs are used up, a new id), which the answer tells; a
// transaction that nothing was added to can be aborted.
#include "coordinator/transaction/transaction_coordinator.h"
#include "protocol/messages/end_txn_request.h"
#include "protocol/messages/end_txn_response.h"
#include "server/handlers/fencing.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::EndTxnRequest;
using protocol::EndTxnResponse;

static constexpr int16_t kFirstVersionWithFencing = 2, kFirstVersionWithEpochBump = 5;

void handle_end_txn(Broker& broker, Call<EndTxnRequest> call) {
    EndTransaction request;
    request.transactional_id = call->transactional_id;
    request.producer = {ProducerId(call->producer_id), ProducerEpoch(call->producer_epoch)};
    request.committed = call->committed;
    if (call.version() >= kFirstVersionWithEpochBump)
        request.client_version = kTransactionsWithEpochBump;
    broker.transactions.end(std::move(request), [call](const Result<ProducerIdentity>& next) {
        EndTxnResponse response;
        if (next) {
            response.producer_id = next->id.value;
            response.producer_epoch = next->epoch.value;
        } else {
            response.error_code =
                fencing_code(next.error(), call.version(), kFirstVersionWithFencing);
        }
        call.respond(response);
    });
}

}  // namespace milena
