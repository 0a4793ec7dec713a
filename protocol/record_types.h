// SPDX-License-Identifier: Apache-2.0
// The two choices that a record batch's attributes carry.
#pragma once

#include <cstdint>

namespace milena {

/// Codec of a batch's records; the numbers are the format's.
enum class CompressionType : int8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };
inline constexpr int8_t kCompressionTypeLast = 4;

/// Who set the timestamps of a batch's records: the producer, or the broker at append.
enum class TimestampType : int8_t { kCreateTime = 0, kLogAppendTime = 1 };

}  // namespace milena
