// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/any_message.h"

#include "protocol/message.h"
#include "tests/protocol/filler.h"

namespace milena::protocol {
namespace {

// Not decode_message: a Result<M> for each M takes the compiler five times as long.
template <class M>
Result<Bytes> recode(BytesView body, int16_t version) {
    Reader reader(body);
    M message;
    message.decode(reader, version);
    if (!reader.ok()) return reader.error();
    if (reader.remaining() > 0) return Error(ErrorCode::INVALID_REQUEST, "bytes are left");
    return encode_message(message, version);
}

template <class M>
std::string print(BytesView body, int16_t version) {
    Reader reader(body);
    M message;
    message.decode(reader, version);
    return message.to_string();
}

template <class M>
Bytes filled(int16_t version, FillCase fill_case) {
    Filler filler(fill_case);
    M message;
    fill(message, version, filler);
    return encode_message(message, version);
}

std::vector<AnyMessage> make_all() {
    std::vector<AnyMessage> all;
    for_each_message([&]<class M>() {
        all.push_back({M::kName, M::kMinVersion, M::kKafkaMinVersion, M::kMaxVersion, recode<M>,
                       print<M>, filled<M>});
    });
    return all;
}

}  // namespace

const std::vector<AnyMessage>& all_messages() {
    static const std::vector<AnyMessage> all = make_all();
    return all;
}

}  // namespace milena::protocol
