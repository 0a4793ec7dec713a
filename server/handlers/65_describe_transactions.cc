// SPDX-License-Identifier: Apache-2.0
// DescribeTransactions (key 65): what the coordinator knows of each transactional id;
// TRANSACTIONAL_ID_NOT_FOUND, or INVALID_REQUEST for an empty one. One version.
#include <atomic>

#include "coordinator/transaction/transaction_coordinator.h"
#include "protocol/messages/describe_transactions_request.h"
#include "protocol/messages/describe_transactions_response.h"
#include "server/handlers/handlers.h"

namespace milena {

namespace {

using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;

struct Description {
    explicit Description(Call<DescribeTransactionsRequest> from) : call(std::move(from)) {}

    void finish() {
        if (--waiting == 0) call.respond(response);
    }

    const Call<DescribeTransactionsRequest> call;
    std::vector<Transaction> found;  // the answer borrows from them
    DescribeTransactionsResponse response;
    std::atomic<size_t> waiting{1};
};

void fill(DescribeTransactionsResponse::TransactionState& state, const Transaction& transaction) {
    state.transaction_state = name_of(transaction.status);
    state.transaction_timeout_ms = transaction.timeout_ms;
    state.transaction_start_time_ms = transaction.started.value;
    state.producer_id = transaction.producer.id.value;
    state.producer_epoch = transaction.producer.epoch.value;
    for (const auto& [topic, partitions] : transaction.partitions)
        state.topics.push_back({topic, {partitions.begin(), partitions.end()}});
}

}  // namespace

void handle_describe_transactions(Broker& broker, Call<DescribeTransactionsRequest> call) {
    const auto description = std::make_shared<Description>(std::move(call));
    const auto& ids = description->call->transactional_ids;
    description->found.resize(ids.size());
    description->response.transaction_states.resize(ids.size());
    description->waiting += ids.size();
    for (size_t i = 0; i < ids.size(); ++i)
        broker.transactions.describe(
            std::string(ids[i]), [description, i](const Result<Transaction>& found) {
                auto& state = description->response.transaction_states[i];
                state.transactional_id = description->call->transactional_ids[i];
                if (found)
                    fill(state, description->found[i] = *found);
                else
                    state.error_code = static_cast<int16_t>(found.error().code());
                description->finish();
            });
    description->finish();
}

}  // namespace milena
