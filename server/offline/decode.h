// SPDX-License-Identifier: Apache-2.0
// What records of internal topics say, as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/record_reader.h"

namespace milena {

enum class Decoding { kNone, kMetadata, kOffsets, kTransactions };

/// "none", "metadata", "offsets", "transactions".
std::optional<Decoding> parse_decoding(std::string_view name);
/// What the file at `path` holds, by its own name and its directory's.
Decoding decoding_of(const std::string& path);

/// "TopicRecord v0 (name="orders", ...)". CORRUPT_MESSAGE or INVALID_REQUEST tells what can't be
/// read.
Result<std::string> decode_metadata(BytesView value);
/// "OffsetCommitKey (...) OffsetCommitValue v3 (...)", or "... null" for a tombstone.
Result<std::string> decode_offsets(BytesView key, std::optional<BytesView> value);
Result<std::string> decode_transactions(BytesView key, std::optional<BytesView> value);
/// The end of a transaction, or what KRaft writes between metadata records.
Result<std::string> decode_control(BytesView key, BytesView value);

/// One of these; key and value as they are for Decoding::kNone.
Result<std::string> decode_record(Decoding decoding, bool is_control, const RecordView& record);

}  // namespace milena
