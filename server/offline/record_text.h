// SPDX-License-Identifier: Apache-2.0
// Batches and records as lines of text.
#pragma once

#include <string>

#include "protocol/record_reader.h"
#include "server/offline/batch_walk.h"
#include "server/offline/decode.h"

namespace milena {

/// "batch position=0 bytes=86 offsets=0..3 ..."
std::string batch_line(const WalkedBatch& batch);
/// "offset=3 time=... key=... value=...", or decoded. The error tells what can't be read.
Result<std::string> record_line(const RecordView& record, Decoding decoding, bool is_control);

}  // namespace milena
