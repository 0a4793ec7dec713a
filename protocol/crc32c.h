// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), the checksum of record batches.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace milena {

/// Checksum of `bytes`, appended to what has the checksum `before` (0: nothing).
/// crc32c(b, crc32c(a)) == crc32c(a followed by b). Uses the CPU's instruction where there is one.
uint32_t crc32c(BytesView bytes, uint32_t before = 0);

/// The same without the CPU's instruction: for other CPUs, and to test the fast one against.
uint32_t crc32c_portable(BytesView bytes, uint32_t before = 0);

}  // namespace milena
