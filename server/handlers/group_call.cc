// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/group_call.h"

#include <arpa/inet.h>

#include <charconv>

namespace milena {

std::string java_address(const std::string& host) {
    in6_addr address{};
    if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return "/" + host;
    std::string text;
    for (size_t i = 0; i < sizeof address.s6_addr; i += 2) {
        char digits[4];
        const auto group = load_big_endian<uint16_t>(address.s6_addr + i);
        const auto end = std::to_chars(digits, digits + sizeof digits, group, 16).ptr;
        text += i == 0 ? '/' : ':';
        text.append(digits, end);
    }
    return text;
}

}  // namespace milena
