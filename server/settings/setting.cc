// SPDX-License-Identifier: Apache-2.0
#include "server/settings/setting.h"

#include <algorithm>
#include <numeric>

namespace milena {

const Setting* find_setting(SettingScope scope, std::string_view name) {
    auto table = settings_of(scope);
    auto at = std::lower_bound(table.begin(), table.end(), name,
                               [](const Setting& s, std::string_view n) { return s.name < n; });
    return at != table.end() && at->name == name ? &*at : nullptr;
}

// Levenshtein's distance, one row at a time.
static size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (size_t i = 0; i < from.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < to.size(); ++j) {
            size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

std::optional<std::string_view> similar_setting(SettingScope scope, std::string_view name) {
    constexpr size_t kNameMax = 100;  // longer ones are no typing errors, and cost time
    if (name.size() > kNameMax) return std::nullopt;
    std::optional<std::string_view> nearest;
    size_t distance_max = std::max<size_t>(1, name.size() / 5) + 1;
    for (const Setting& setting : settings_of(scope)) {
        size_t distance = edit_distance(name, setting.name);
        if (distance >= distance_max) continue;
        distance_max = distance;
        nearest = setting.name;
    }
    return nearest;
}

}  // namespace milena
