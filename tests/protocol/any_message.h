// SPDX-License-Identifier: Apache-2.0
// Messages whose type is chosen at run time: what is to hold for every message is written once, and
// compiled once, not for each of some three hundred types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace milena::protocol {

enum class FillCase : int8_t {
    kDefaults,  ///< fields keep their defaults
    kFull,      ///< every field differs from its default and its neighbours
    kEmpty,     ///< zero, null where the version has it, else empty
    kExtreme,   ///< lowest and highest numbers, long texts and arrays
};
inline constexpr int kFillCases = 4;

struct AnyMessage {
    std::string_view name;
    int version_min;        ///< served; the lowest ones may be of older releases
    int kafka_version_min;  ///< of the release that is followed
    int version_max;

    /// Decodes `body`, which must be one whole message, and encodes what was found.
    Result<Bytes> (*recode)(BytesView body, int16_t version);
    /// What `body` says, for people. REQUIRES: recode() is no error
    std::string (*print)(BytesView body, int16_t version);
    Bytes (*filled)(int16_t version, FillCase fill_case);

    std::string title(int16_t version) const {
        return std::string(name) + " v" + std::to_string(version);
    }
};

/// Every message there is, by name.
const std::vector<AnyMessage>& all_messages();

/// Calls check(message, version) for every message and version.
template <class Check>
void for_each_version(Check&& check) {
    for (const AnyMessage& message : all_messages())
        for (int version = message.version_min; version <= message.version_max; ++version)
            check(message, static_cast<int16_t>(version));
}

}  // namespace milena::protocol
