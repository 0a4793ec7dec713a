// SPDX-License-Identifier: Apache-2.0
// From a group id, transactional id or share partition to a partition of the internal topic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace milena {

/// UTF-8 `text` as Java keeps it.
std::u16string java_chars(std::string_view text);

/// Length of UTF-8 `text` as Java counts it: in UTF-16 units.
size_t java_length(std::string_view text);

/// Java's String.hashCode of UTF-8 `text`, which works on UTF-16 units.
int32_t java_hash(std::string_view text);

/// Kafka's choice of partition for a coordinator's key. REQUIRES: partitions > 0.
int32_t coordinator_partition(std::string_view key, int32_t partitions);

/// "group:topic id:partition", none of them empty.
bool is_share_partition_key(std::string_view key);

}  // namespace milena
