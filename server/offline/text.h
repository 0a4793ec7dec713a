// SPDX-License-Identifier: Apache-2.0
// How the offline tools write numbers, times and bytes.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"

namespace milena {

inline std::string number(int64_t value) { return std::to_string(value); }
/// "2026-01-31T23:59:59.999Z", or "none".
std::string time_text(TimestampMs time);
/// In double quotes, on one line: what is not printable UTF-8 is written as \xNN. Nothing: null.
std::string quoted(std::optional<BytesView> bytes);
/// A JSON string; an object {"base64": "..."} for what is not UTF-8; null.
std::string json_text(std::optional<BytesView> bytes);
bool is_utf8(BytesView bytes);

}  // namespace milena
