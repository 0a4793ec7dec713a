// SPDX-License-Identifier: Apache-2.0
// DescribeAcls: without an authorizer, as Milena is, the answer is SECURITY_DISABLED. MirrorMaker
// asks, and then leaves ACLs alone.
//
// Versions
// - From v1, the first with patterns of resources, all are alike.
#include "protocol/messages/describe_acls_request.h"
#include "protocol/messages/describe_acls_response.h"
#include "server/handlers/acls.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_describe_acls(Broker&, Call<protocol::DescribeAclsRequest> call) {
    if (any_unknown(call->resource_type_filter, call->pattern_type_filter, call->operation,
                    call->permission_type))
        return call.request->close_connection("DescribeAcls with an unknown element");
    protocol::DescribeAclsResponse response;
    response.error_code = kSecurityDisabled;
    response.error_message = kNoAuthorizer;
    call.respond(response);
}

}  // namespace milena
