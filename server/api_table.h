// SPDX-License-Identifier: Apache-2.0
// The one place that says which APIs are served: dispatch, ApiVersions, metrics and the README's
// table come from here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/request.h"

namespace milena {

struct Broker;

struct ApiRow {
    int16_t key;
    std::string_view name;
    int16_t min_version;
    int16_t max_version;
    /// What ApiVersions shows as the minimum; differs from min_version for Produce alone
    /// (KAFKA-18659).
    int16_t advertised_min_version;
    int16_t first_flexible_version;
    /// Decodes the body and calls the handler; a body that can't be read closes the connection.
    void (*serve)(Broker& broker, std::shared_ptr<Request> request, BytesView body);

    bool has_version(int16_t version) const {
        return version >= min_version && version <= max_version;
    }
    int16_t header_version(int16_t version) const {
        return version >= first_flexible_version ? 2 : 1;
    }
};

/// All rows, by key.
std::span<const ApiRow> api_table();
/// Null if the API is not served.
const ApiRow* find_api(int16_t key);
/// The table as README shows it, in Markdown.
std::string api_table_markdown();

}  // namespace milena
