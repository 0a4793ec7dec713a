// SPDX-License-Identifier: Apache-2.0
// DescribeCluster: the brokers, and which one to ask as controller.
//
// Versions
// - v1 the endpoint type that the client thinks it is talking to: a broker's listener refuses a
//   request for controllers with MISMATCHED_ENDPOINT_TYPE, other types with
//   UNSUPPORTED_ENDPOINT_TYPE.
// - v2 fenced brokers on demand.
#include "protocol/messages/describe_cluster_request.h"
#include "protocol/messages/describe_cluster_response.h"
#include "server/handlers/addresses.h"
#include "server/handlers/authorized_operations.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::DescribeClusterRequest;
using protocol::DescribeClusterResponse;

static constexpr int8_t kBrokerEndpoint = 1, kControllerEndpoint = 2;

static void refuse(const Call<DescribeClusterRequest>& call) {
    DescribeClusterResponse response;
    const bool known = call->endpoint_type == kControllerEndpoint;
    response.error_code = static_cast<int16_t>(known ? ErrorCode::MISMATCHED_ENDPOINT_TYPE
                                                     : ErrorCode::UNSUPPORTED_ENDPOINT_TYPE);
    response.error_message = call.strings().own(
        known ? "this listener describes brokers, not controllers; ask a controller's listener"
              : "unknown endpoint type " + std::to_string(call->endpoint_type));
    call.respond(response);
}

void handle_describe_cluster(Broker& broker, Call<DescribeClusterRequest> call) {
    if (call->endpoint_type != kBrokerEndpoint) return refuse(call);
    const MetadataImagePtr image = broker.image();
    DescribeClusterResponse response;
    response.endpoint_type = kBrokerEndpoint;
    response.cluster_id = image->cluster_id();
    response.controller_id = controller_for_clients(broker, *image);
    if (call->include_cluster_authorized_operations)
        response.cluster_authorized_operations = kClusterOperations;
    for (const auto& address : broker_addresses(broker, *image, call.request->connection(),
                                                call->include_fenced_brokers)) {
        auto& node = response.brokers.emplace_back();
        node.broker_id = address.id;
        node.host = address.host;
        node.port = address.port;
        node.rack = address.rack;
        node.is_fenced = address.fenced;
    }
    call.respond(response);
}

}  // namespace milena
