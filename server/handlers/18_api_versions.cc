// SPDX-License-Identifier: Apache-2.0
// ApiVersions (key 18)
//
// Behaviour: the APIs that this broker serves, with their versions; the features that it supports,
// and the levels that the cluster has finalised, as of the metadata offset given as their epoch.
// A version that is not known is answered by the dispatcher.
//
// Versions: 0 no throttle time. 3 flexible (the answer's header stays at version 0); the client's
// software name and version, which must be letters, digits, '-' and '.', beginning and ending with
// a letter or digit, or INVALID_REQUEST; features. Before 4, supported features whose minimum is 0
// are left out, because old clients refuse them. 5 the cluster and node that the client means to
// talk to: REBOOTSTRAP_REQUIRED if it reached another; one without the other is INVALID_REQUEST.
#include <cctype>

#include "protocol/messages/api_versions_request.h"
#include "protocol/messages/api_versions_response.h"
#include "server/api_table.h"
#include "server/handlers/handlers.h"

namespace milena {

namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) && c > 0; }

bool is_software_name(std::string_view text) {
    if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back()))
        return false;
    for (char c : text)
        if (!is_alphanumeric(c) && c != '-' && c != '.') return false;
    return true;
}

ErrorCode check(const Broker& broker, const MetadataImage& image,
                const Call<ApiVersionsRequest>& call) {
    if (call.version() >= 3 && !(is_software_name(call->client_software_name) &&
                                 is_software_name(call->client_software_version)))
        return ErrorCode::INVALID_REQUEST;
    if (call.version() < 5) return ErrorCode::NONE;
    bool names_node = call->node_id != -1;
    if (call->cluster_id.has_value() != names_node) return ErrorCode::INVALID_REQUEST;
    if (names_node && (*call->cluster_id != image.cluster_id() || call->node_id != broker.node_id))
        return ErrorCode::REBOOTSTRAP_REQUIRED;
    return ErrorCode::NONE;
}

void add_apis(ApiVersionsResponse& response) {
    response.api_keys.reserve(api_table().size());
    for (const ApiRow& row : api_table()) {
        auto& api = response.api_keys.emplace_back();
        api.api_key = row.key;
        api.min_version = row.advertised_min_version;
        api.max_version = row.max_version;
    }
}

void add_features(const Broker& broker, const MetadataImage& image, int16_t version,
                  ApiVersionsResponse& response) {
    auto self = image.brokers().find(broker.node_id);
    if (self != image.brokers().end()) {
        for (const auto& [name, range] : self->second.features) {
            if (version < 4 && range.min == 0) continue;
            auto& feature = response.supported_features.emplace_back();
            feature.name = name;
            feature.min_version = range.min;
            feature.max_version = range.max;
        }
    }
    response.finalized_features_epoch = image.offset().value;
    for (const auto& [name, level] : image.features()) {
        auto& feature = response.finalized_features.emplace_back();
        feature.name = name;
        feature.min_version_level = feature.max_version_level = level;
    }
}

}  // namespace

void handle_api_versions(Broker& broker, Call<ApiVersionsRequest> call) {
    MetadataImagePtr image = broker.image();
    ApiVersionsResponse response;
    ErrorCode error = check(broker, *image, call);
    response.error_code = static_cast<int16_t>(error);
    if (error == ErrorCode::NONE) {
        ConnectionContext& connection = call.request->connection();
        connection.client_software_name = call->client_software_name;
        connection.client_software_version = call->client_software_version;
        add_apis(response);
        if (call.version() >= 3) add_features(broker, *image, call.version(), response);
    }
    call.respond(response);
}

}  // namespace milena
