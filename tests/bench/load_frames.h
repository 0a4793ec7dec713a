// SPDX-License-Identifier: Apache-2.0
// Requests of the load generator, made before the clock runs, and what is expected of answers.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace milena::load {

/// Says what failed, with errno, and ends the process.
[[noreturn]] void die(const std::string& what);

/// Whole frames, one for each partition of the topic "load". `bytes` are those of a record batch.
std::vector<Bytes> produce_frames(int partitions, int bytes);
/// The same; `bytes` is partition_max_bytes. All read from offset 0.
std::vector<Bytes> fetch_frames(int partitions, int bytes);

/// Dies if an answer (without its length) has an error, or a Fetch no records.
void check_produced(BytesView answer);
void check_fetched(BytesView answer);

}  // namespace milena::load
