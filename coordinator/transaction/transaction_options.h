// SPDX-License-Identifier: Apache-2.0
// What the settings say to the transaction coordinator; the names are Kafka's.
#pragma once

#include <cstdint>

namespace milena {

struct TransactionOptions {
    int32_t max_timeout_ms = 900'000;
    int64_t id_expiration_ms = 604'800'000;
    int64_t abort_timed_out_interval_ms = 10'000;
    int64_t remove_expired_interval_ms = 3'600'000;
};

}  // namespace milena
