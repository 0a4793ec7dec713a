// SPDX-License-Identifier: Apache-2.0
// Finds the message that a number stands for, among a list of types.
#pragma once

#include <optional>
#include <string>

#include "protocol/message.h"

namespace milena {

template <class... Messages>
struct MessageTypes {};

/// Its name, its version and its fields.
template <class Message>
Result<std::string> message_text(BytesView body, int16_t version) {
    auto message = protocol::decode_message<Message>(body, version);
    if (!message) return message.error();
    const std::string fields = message->to_string().substr(Message::kName.size());
    return std::string(Message::kName) + " v" + std::to_string(version) + " " + fields;
}

/// Of the message with `api_key`; nothing if it isn't in the list.
template <class... Messages>
std::optional<Result<std::string>> text_of_any(MessageTypes<Messages...>, int16_t api_key,
                                               BytesView body, int16_t version) {
    std::optional<Result<std::string>> text;
    const auto try_one = [&]<class Message>(std::type_identity<Message>) {
        if (!text && Message::kApiKey == api_key) text = message_text<Message>(body, version);
    };
    (try_one(std::type_identity<Messages>()), ...);
    return text;
}

}  // namespace milena
