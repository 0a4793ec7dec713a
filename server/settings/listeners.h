// SPDX-License-Identifier: Apache-2.0
// `listeners` and what belongs to it: where the broker listens and what it tells clients.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "server/settings/broker_settings.h"

namespace milena {

/// Kafka's numbers of security protocols.
enum class SecurityProtocol : int16_t {
    kPlaintext = 0,
    kSsl = 1,
    kSaslPlaintext = 2,
    kSaslSsl = 3
};

/// One element of `listeners`, "NAME://host:port".
struct Listener {
    std::string name;  ///< upper case
    SecurityProtocol protocol = SecurityProtocol::kPlaintext;
    std::string host;   ///< empty: every interface
    uint16_t port = 0;  ///< 0: one that the system picks
    bool operator==(const Listener&) const = default;
};

struct Listeners {
    std::vector<Listener> brokers;      ///< for clients and other brokers
    std::vector<Listener> controllers;  ///< those that controller.listener.names names
    /// Empty if advertised.listeners isn't set: clients are told the address that they dialled.
    std::vector<Listener> advertised;
};

/// Parses and checks all of them together. INVALID_CONFIG says which listener is wrong and why.
Result<Listeners> parse_listeners(const BrokerSettings& settings);

}  // namespace milena
