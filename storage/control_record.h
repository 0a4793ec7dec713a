// SPDX-License-Identifier: Apache-2.0
// The control record of a transaction's end: an uncompressed record whose key is int16 version,
// int16 type (0 abort, 1 commit), and whose value is int16 version, int32 coordinator epoch.
#pragma once

#include <optional>

#include "storage/batch_scanner.h"
#include "storage/producer_state.h"

namespace milena {

/// What the control batch `batch` says of its producer's transaction; nothing if it is another kind
/// of control batch, or not readable.
std::optional<TransactionMarker> parse_marker(BytesView batch);
/// The same, read from the file.
Result<std::optional<TransactionMarker>> read_marker(const File& file, const BatchPosition& batch);
/// The batch of one record that says `marker` of the producer's transaction, to be appended.
Result<Bytes> build_marker(ProducerId producer, ProducerEpoch epoch, TransactionMarker marker,
                           TimestampMs now);

}  // namespace milena
