// SPDX-License-Identifier: Apache-2.0
// Every decoder: the first two bytes choose a message and a version, the rest is its body. What
// decodes must encode to the size that was said, and decode again to the same.
#include <cstdlib>
#include <vector>

#include "protocol/message.h"
#include "protocol/messages/all_messages.h"

namespace milena::protocol {
namespace {

using Check = void (*)(BytesView body, int16_t version);

struct Target {
    Check check;
    int16_t version;
};

template <class M>
void check(BytesView body, int16_t version) {
    const auto message = decode_message<M>(body, version);
    if (!message) return;
    const Bytes bytes = encode_message(*message, version);
    const auto again = decode_message<M>(bytes, version);
    if (!again || encode_message(*again, version) != bytes) std::abort();
    if (again->to_string() != message->to_string()) std::abort();
}

/// Every message in every version.
const std::vector<Target>& targets() {
    static const std::vector<Target> all = [] {
        std::vector<Target> list;
        for_each_message([&]<class M>() {
            for (int version = M::kMinVersion; version <= M::kMaxVersion; ++version)
                list.push_back({check<M>, static_cast<int16_t>(version)});
        });
        return list;
    }();
    return all;
}

}  // namespace
}  // namespace milena::protocol

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace milena;
    if (size < 2) return 0;
    const auto& all = protocol::targets();
    const auto& target = all[load_big_endian<uint16_t>(data) % all.size()];
    target.check(BytesView(data + 2, size - 2), target.version);
    return 0;
}
