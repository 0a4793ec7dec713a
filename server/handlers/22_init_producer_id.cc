// SPDX-License-Identifier: Apache-2.0
// InitProducerId: an id for an idempotent producer, unique in the cluster, with epoch 0.
//
// Behaviour
// - A producer that names its former id and epoch (v3) gets a new id as well; naming just one of
//   them is INVALID_REQUEST.
// - Transactions are not served yet: a transactional id is refused with UNSUPPORTED_VERSION, which
//   clients take as final, after the checks that Kafka makes first (empty: INVALID_REQUEST; its
//   timeout: INVALID_TRANSACTION_TIMEOUT).
//
// Versions
// - v3 former id and epoch. v4 and v5 error codes of transactions. v6 is unstable in Kafka 4.4 and
//   not served.
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/init_producer_id_response.h"
#include "server/handlers/handlers.h"
#include "server/producer_ids.h"
#include "server/settings/settings.h"

namespace milena {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

static void respond(const Call<InitProducerIdRequest>& call, const Result<ProducerId>& id) {
    InitProducerIdResponse response;
    response.producer_id = id ? id->value : -1;
    response.producer_epoch = id ? 0 : -1;
    response.error_code = id ? 0 : static_cast<int16_t>(id.error().code());
    call.respond(response);
}

static Result<void> check(const InitProducerIdRequest& request, const BrokerSettings& settings) {
    if ((request.producer_id == -1) != (request.producer_epoch == -1))
        return Error(ErrorCode::INVALID_REQUEST, "producer id and epoch go together");
    if (!request.transactional_id) return {};
    if (request.transactional_id->empty())
        return Error(ErrorCode::INVALID_REQUEST, "the transactional id is empty");
    if (request.transaction_timeout_ms <= 0 ||
        request.transaction_timeout_ms > settings.transaction_max_timeout_ms)
        return Error(ErrorCode::INVALID_TRANSACTION_TIMEOUT,
                     "the timeout is not within transaction.max.timeout.ms");
    return Error(ErrorCode::UNSUPPORTED_VERSION, "transactions are not served");
}

void handle_init_producer_id(Broker& broker, Call<InitProducerIdRequest> call) {
    if (auto checked = check(*call, *broker.settings.current()); !checked)
        return respond(call, checked.error());
    broker.producer_ids.next([call](Result<ProducerId> id) { respond(call, id); });
}

}  // namespace milena
