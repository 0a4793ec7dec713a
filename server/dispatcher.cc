// SPDX-License-Identifier: Apache-2.0
#include "server/dispatcher.h"

#include "protocol/messages/api_versions_request.h"
#include "protocol/messages/api_versions_response.h"
#include "protocol/messages/request_header.h"
#include "server/api_table.h"

namespace milena {

namespace {

/// Kafka answers an ApiVersions of a version it doesn't know in version 0, with the range of
/// ApiVersions alone, so that the client can ask again. Every other request is refused by closing.
void answer_unsupported_api_versions(FrameRequest& request, const ApiRow& row) {
    protocol::ApiVersionsResponse response;
    response.error_code = static_cast<int16_t>(ErrorCode::UNSUPPORTED_VERSION);
    auto& range = response.api_keys.emplace_back();
    range.api_key = row.key;
    range.min_version = row.min_version;
    range.max_version = row.max_version;
    protocol::ResponseHeader header;
    header.correlation_id = request.correlation_id();
    request.send(protocol::encode_frame(header, 0, response, 0));
}

}  // namespace

void Dispatcher::serve(std::shared_ptr<FrameRequest> request) {
    BytesView frame = request->frame();
    if (frame.size() < 4) return request->close_connection("a request without a header");
    auto key = load_big_endian<int16_t>(frame.data());
    auto version = load_big_endian<int16_t>(frame.data() + 2);
    const ApiRow* row = find_api(key);
    if (!row) return request->close_connection("API key " + std::to_string(key));
    bool supported = row->has_version(version);
    if (!supported && key != protocol::ApiVersionsRequest::kApiKey)
        return request->close_connection(std::string(row->name) + " version " +
                                         std::to_string(version));

    protocol::Reader reader(frame);
    auto header =
        protocol::decode_next<protocol::RequestHeader>(reader, row->header_version(version));
    if (!header) return request->close_connection(header.error().message());
    request->set_header(key, version, header->correlation_id, header->client_id.value_or(""));
    if (!supported) return answer_unsupported_api_versions(*request, *row);
    row->serve(*broker_, std::move(request), frame.last(reader.remaining()));
}

}  // namespace milena
