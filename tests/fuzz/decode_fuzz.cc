// SPDX-License-Identifier: Apache-2.0
// Every decoder: the first two bytes choose a message and a version, the rest is its body. What
// decodes must encode to the size that was said, and decode again to the same.
#include <cstdlib>
#include <vector>

#include "tests/protocol/any_message.h"

using namespace milena;
using namespace milena::protocol;

namespace {

struct Target {
    const AnyMessage* message;
    int16_t version;
};

/// Every message in every version.
const std::vector<Target>& targets() {
    static const std::vector<Target> all = [] {
        std::vector<Target> list;
        for_each_version([&](const AnyMessage& message, int16_t version) {
            list.push_back({&message, version});
        });
        return list;
    }();
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const auto& all = targets();
    const auto& [message, version] = all[load_big_endian<uint16_t>(data) % all.size()];
    const BytesView body(data + 2, size - 2);
    const auto once = message->recode(body, version);
    if (!once) return 0;
    const auto twice = message->recode(*once, version);
    if (!twice || *twice != *once) std::abort();
    if (message->print(body, version) != message->print(*once, version)) std::abort();
    return 0;
}
