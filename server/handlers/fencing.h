// SPDX-License-Identifier: Apache-2.0
// How old clients are told that a newer incarnation of their producer has taken over.
#pragma once

#include "base/error.h"

namespace milena {

/// The code of `error`; below `first_version` clients don't know PRODUCER_FENCED.
inline int16_t fencing_code(const Error& error, int16_t version, int16_t first_version) {
    const bool is_unknown = version < first_version && error.code() == ErrorCode::PRODUCER_FENCED;
    return static_cast<int16_t>(is_unknown ? ErrorCode::INVALID_PRODUCER_EPOCH : error.code());
}

}  // namespace milena
