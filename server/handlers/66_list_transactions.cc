// SPDX-License-Identifier: Apache-2.0
// ListTransactions (key 66)
//
// Behaviour: the transactional ids that this node coordinates, and that pass all filters. States
// that nobody knows are told back. A pattern that is no regular expression is
// INVALID_REGULAR_EXPRESSION. COORDINATOR_LOAD_IN_PROGRESS while a part is being loaded.
//
// Versions: 1 only transactions that run for longer than a duration. 2 only ids that match a
// pattern, as a whole.
#include <re2/re2.h>

#include "coordinator/transaction/transaction_coordinator.h"
#include "protocol/messages/list_transactions_request.h"
#include "protocol/messages/list_transactions_response.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;

static Result<TransactionFilter> filter_of(const ListTransactionsRequest& request,
                                           ListTransactionsResponse& response) {
    TransactionFilter filter;
    filter.producer_ids.insert(request.producer_id_filters.begin(),
                               request.producer_id_filters.end());
    filter.has_statuses = !request.state_filters.empty();
    for (std::string_view name :
         std::set(request.state_filters.begin(), request.state_filters.end())) {
        if (const auto status = transaction_status(name))
            filter.statuses.insert(*status);
        else
            response.unknown_state_filters.push_back(name);
    }
    filter.duration_min_ms = request.duration_filter;
    if (!request.transactional_id_pattern || request.transactional_id_pattern->empty())
        return filter;
    const auto pattern =
        std::make_shared<const RE2>(re2::StringPiece(request.transactional_id_pattern->data(),
                                                     request.transactional_id_pattern->size()),
                                    RE2::Quiet);
    if (!pattern->ok())
        return Error(ErrorCode::INVALID_REGULAR_EXPRESSION,
                     "the pattern of transactional ids: " + pattern->error());
    filter.matches_id = [pattern](std::string_view id) {
        return RE2::FullMatch(re2::StringPiece(id.data(), id.size()), *pattern);
    };
    return filter;
}

void handle_list_transactions(Broker& broker, Call<ListTransactionsRequest> call) {
    auto response = std::make_shared<ListTransactionsResponse>();
    auto filter = filter_of(*call, *response);
    if (!filter) {
        response->error_code = static_cast<int16_t>(filter.error().code());
        response->unknown_state_filters.clear();
        return call.respond(*response);
    }
    broker.transactions.list(
        std::move(*filter), [call, response](const Result<std::vector<ListedTransaction>>& listed) {
            if (!listed) {
                response->error_code = static_cast<int16_t>(listed.error().code());
                response->unknown_state_filters.clear();
                return call.respond(*response);
            }
            for (const ListedTransaction& one : *listed)
                response->transaction_states.push_back(
                    {one.transactional_id, one.producer_id.value, name_of(one.status)});
            call.respond(*response);
        });
}

}  // namespace milena
