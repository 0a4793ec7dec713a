// SPDX-License-Identifier: Apache-2.0
#include "server/api_table.h"

#include <algorithm>
#include <array>

#include "protocol/messages/api_versions_request.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/produce_request.h"
#include "server/handlers/handlers.h"

namespace milena {

namespace {

template <class Body>
using Handler = void (*)(Broker&, Call<Body>);

/// "ProduceRequest" is the message of the API "Produce".
constexpr std::string_view api_name(std::string_view message) {
    return message.substr(0, message.size() - std::string_view("Request").size());
}

template <class Body, Handler<Body> handle>
void serve(Broker& broker, std::shared_ptr<Request> request, BytesView body) {
    auto decoded = protocol::decode_message<Body>(body, request->version());
    if (!decoded) return request->close_connection(decoded.error().message());
    auto shared = std::make_shared<const Body>(std::move(*decoded));
    handle(broker, Call<Body>{std::move(request), std::move(shared)});
}

/// All versions of the schema, but for a last one that is not stable yet.
template <class Body, Handler<Body> handle>
consteval ApiRow row() {
    return {
        .key = Body::kApiKey,
        .name = api_name(Body::kName),
        .min_version = Body::kMinVersion,
        .max_version = Body::kMaxVersion - (Body::kLatestVersionUnstable ? 1 : 0),
        .advertised_min_version = Body::kMinVersion,
        .first_flexible_version = Body::kFirstFlexibleVersion,
        .serve = &serve<Body, handle>,
    };
}

/// Only some of the schema's versions; others don't compile.
template <class Body, Handler<Body> handle, int16_t min, int16_t max>
consteval ApiRow row_of_versions() {
    static_assert(min >= Body::kMinVersion && max <= Body::kMaxVersion && min <= max);
    ApiRow made = row<Body, handle>();
    made.min_version = made.advertised_min_version = min;
    made.max_version = max;
    return made;
}

consteval ApiRow advertised_from(int16_t version, ApiRow row) {
    row.advertised_min_version = version;
    return row;
}

using namespace protocol;

constexpr std::array kRows{
    advertised_from(0, row<ProduceRequest, handle_produce>()),
    row<FetchRequest, handle_fetch>(),
    row<ApiVersionsRequest, handle_api_versions>(),
};

static_assert(std::ranges::is_sorted(kRows, {}, &ApiRow::key));

constexpr int16_t kKeysMax = 128;

/// By key, one more than the row's index; 0: not served.
constexpr auto kIndexes = [] {
    std::array<uint8_t, kKeysMax> indexes{};
    for (size_t i = 0; i < kRows.size(); ++i) indexes[kRows[i].key] = static_cast<uint8_t>(i + 1);
    return indexes;
}();

}  // namespace

std::span<const ApiRow> api_table() { return kRows; }

const ApiRow* find_api(int16_t key) {
    if (key < 0 || key >= kKeysMax || kIndexes[key] == 0) return nullptr;
    return &kRows[kIndexes[key] - 1u];
}

std::string api_table_markdown() {
    std::string table = "| Key | API | Versions |\n|---:|---|---|\n";
    for (const ApiRow& row : kRows)
        table += "| " + std::to_string(row.key) + " | " + std::string(row.name) + " | " +
                 std::to_string(row.min_version) + "–" + std::to_string(row.max_version) + " |\n";
    return table;
}

}  // namespace milena
