// SPDX-License-Identifier: Apache-2.0
#include "coordinator/transaction/transaction_shard.h"

namespace milena {

void TransactionShard::replay(const ReplayedRecord&) {}
void TransactionShard::end_transaction(ProducerId, bool) {}
Effects TransactionShard::on_loaded() { return {}; }
void TransactionShard::on_unloaded(const Error&) {}
Effects TransactionShard::on_image(const MetadataImagePtr&) { return {}; }

}  // namespace milena
