// SPDX-License-Identifier: Apache-2.0
#include "server/settings/listeners.h"

#include <algorithm>
#include <map>
#include <optional>

#include "server/settings/text.h"

namespace milena {

namespace {

using ProtocolMap = std::map<std::string, SecurityProtocol>;

Error invalid(const std::string& message) { return Error(ErrorCode::INVALID_CONFIG, message); }

std::string to_upper(std::string_view text) {
    std::string upper(text);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return upper;
}

std::optional<SecurityProtocol> protocol_of(std::string_view name) {
    std::string upper = to_upper(name);
    if (upper == "PLAINTEXT") return SecurityProtocol::kPlaintext;
    if (upper == "SSL") return SecurityProtocol::kSsl;
    if (upper == "SASL_PLAINTEXT") return SecurityProtocol::kSaslPlaintext;
    if (upper == "SASL_SSL") return SecurityProtocol::kSaslSsl;
    return std::nullopt;
}

Result<ProtocolMap> parse_protocol_map(const std::string& text) {
    ProtocolMap protocols;
    for (const std::string& entry : split_list(text)) {
        size_t colon = entry.find(':');
        auto protocol = colon == std::string::npos
                            ? std::nullopt
                            : protocol_of(trim(std::string_view(entry).substr(colon + 1)));
        if (!protocol)
            return invalid("listener.security.protocol.map has '" + entry +
                           "'; it must be NAME:PROTOCOL with PLAINTEXT, SSL, SASL_PLAINTEXT or "
                           "SASL_SSL");
        protocols[to_upper(trim(std::string_view(entry).substr(0, colon)))] = *protocol;
    }
    return protocols;
}

bool is_host(std::string_view host) {
    constexpr std::string_view kSigns = "-%._:";
    return std::all_of(host.begin(), host.end(), [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || kSigns.find(c) != kSigns.npos;
    });
}

// NAME://host:port, NAME://[v6]:port or NAME://:port.
Result<Listener> parse_listener(std::string_view text, const std::string& key) {
    Error malformed = invalid(key + " has '" + std::string(text) +
                              "'; it must be NAME://host:port, where host may be empty");
    size_t scheme = text.find("://");
    size_t colon = text.rfind(':');
    if (scheme == std::string_view::npos || scheme == 0 || colon <= scheme) return malformed;
    std::string_view host = text.substr(scheme + 3, colon - scheme - 3);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    auto port = parse_integer(text.substr(colon + 1));
    if (!port || !is_host(host)) return malformed;
    if (*port < 0 || *port > 65535)
        return invalid(key + " has '" + std::string(text) + "'; a port is 0 to 65535");
    Listener listener;
    listener.name = to_upper(text.substr(0, scheme));
    listener.host = std::string(host);
    listener.port = static_cast<uint16_t>(*port);
    return listener;
}

bool is_ipv6(const std::string& host) { return host.find(':') != std::string::npos; }

// Two on one port are fine only as a pair of an IPv4 and an IPv6 address.
bool ports_clash(const Listener& a, const Listener& b) {
    if (a.port != b.port || a.port == 0) return false;
    return a.host.empty() || b.host.empty() || is_ipv6(a.host) == is_ipv6(b.host);
}

// Kafka lets one name have an IPv4 and an IPv6 address, on one port.
bool is_pair_of_families(const Listener& a, const Listener& b) {
    return a.name == b.name && a.port == b.port && !a.host.empty() && !b.host.empty() &&
           is_ipv6(a.host) != is_ipv6(b.host);
}

Result<std::vector<Listener>> parse_all(const std::vector<std::string>& texts,
                                        const ProtocolMap& protocols, const std::string& key) {
    std::vector<Listener> listeners;
    for (const std::string& text : texts) {
        auto listener = parse_listener(text, key);
        if (!listener) return listener.error();
        auto protocol = protocols.find(listener->name);
        if (protocol == protocols.end())
            return invalid(key + " has '" + text + "', but listener.security.protocol.map says " +
                           "nothing about " + listener->name);
        listener->protocol = protocol->second;
        listeners.push_back(*listener);
    }
    return listeners;
}

Result<void> check_distinct(const std::vector<Listener>& listeners, bool ports) {
    for (size_t i = 0; i < listeners.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
            if (is_pair_of_families(listeners[i], listeners[j])) continue;
            if (listeners[i].name == listeners[j].name)
                return invalid("listeners has two of the name " + listeners[i].name);
            if (ports && ports_clash(listeners[i], listeners[j]))
                return invalid("listeners has port " + std::to_string(listeners[i].port) +
                               " twice: " + listeners[j].name + " and " + listeners[i].name);
        }
    }
    return {};
}

bool named(const std::vector<Listener>& listeners, const std::string& name) {
    return std::any_of(listeners.begin(), listeners.end(),
                       [&](const Listener& listener) { return listener.name == name; });
}

Result<void> check_advertised(const Listeners& all) {
    for (const Listener& listener : all.advertised) {
        if (listener.host == "0.0.0.0")
            return invalid(
                "advertised.listeners tells clients to connect to 0.0.0.0, which they "
                "can't; name a host that they reach, or leave advertised.listeners out: "
                "then each client is told the address that it dialled");
        if (!named(all.brokers, listener.name) && !named(all.controllers, listener.name))
            return invalid("advertised.listeners has " + listener.name + ", listeners has not");
    }
    for (const Listener& listener : all.brokers)
        if (!all.advertised.empty() && !named(all.advertised, listener.name))
            return invalid("listeners has " + listener.name + ", advertised.listeners has not");
    return {};
}

Result<void> check_supported(const std::vector<Listener>& listeners) {
    constexpr std::string_view kNames[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};
    for (const Listener& listener : listeners)
        if (listener.protocol != SecurityProtocol::kPlaintext)
            return invalid("listener " + listener.name + " uses " +
                           std::string(kNames[static_cast<size_t>(listener.protocol)]) +
                           ", which is not supported yet; PLAINTEXT is");
    return {};
}

}  // namespace

Result<Listeners> parse_listeners(const BrokerSettings& settings) {
    auto protocols = parse_protocol_map(settings.listener_security_protocol_map);
    if (!protocols) return protocols.error();
    // As Kafka: a controller's listener needs no entry in the map.
    for (const std::string& name : settings.controller_listener_names)
        protocols->emplace(to_upper(name), SecurityProtocol::kPlaintext);
    auto listeners = parse_all(settings.listeners, *protocols, "listeners");
    if (!listeners) return listeners.error();
    if (auto ok = check_distinct(*listeners, true); !ok) return ok.error();

    Listeners all;
    const auto& controllers = settings.controller_listener_names;
    for (Listener& listener : *listeners) {
        bool controller = std::any_of(controllers.begin(), controllers.end(),
                                      [&](auto& name) { return to_upper(name) == listener.name; });
        (controller ? all.controllers : all.brokers).push_back(listener);
    }
    if (all.brokers.empty()) return invalid("listeners has none that clients may use");
    if (settings.advertised_listeners) {
        auto advertised =
            parse_all(*settings.advertised_listeners, *protocols, "advertised.listeners");
        if (!advertised) return advertised.error();
        all.advertised = std::move(*advertised);
    }
    if (auto ok = check_distinct(all.advertised, false); !ok) return ok.error();
    if (auto ok = check_advertised(all); !ok) return ok.error();
    if (auto ok = check_supported(all.brokers); !ok) return ok.error();
    if (auto ok = check_supported(all.controllers); !ok) return ok.error();
    return all;
}

}  // namespace milena
