// SPDX-License-Identifier: Apache-2.0
// From parsed values to the plain members of BrokerSettings; for the generated code alone.
#pragma once

#include <span>
#include <type_traits>

#include "server/settings/broker_settings.h"
#include "server/settings/setting.h"

namespace milena {

/// `values` are those of all settings of the broker, in the order of settings_of(kBroker).
BrokerSettings make_broker_settings(std::span<const SettingValue> values);

// REQUIRES: the value is of the member's type; parse_setting() made it so. Null leaves the member.
template <class T>
void take(const SettingValue& value, T& member) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        if (auto* number = std::get_if<int64_t>(&value)) member = static_cast<T>(*number);
    } else {
        if (auto* same = std::get_if<T>(&value)) member = *same;
    }
}

template <class T>
void take(const SettingValue& value, std::optional<T>& member) {
    if (std::holds_alternative<std::monostate>(value)) return;
    take(value, member.emplace());
}

}  // namespace milena
