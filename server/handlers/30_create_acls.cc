// SPDX-License-Identifier: Apache-2.0
// CreateAcls: without an authorizer, as Milena is, each is refused with SECURITY_DISABLED.
//
// Versions
// - From v1, the first with patterns of resources, all are alike.
#include <algorithm>

#include "protocol/messages/create_acls_request.h"
#include "protocol/messages/create_acls_response.h"
#include "server/handlers/acls.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::CreateAclsRequest;
using protocol::CreateAclsResponse;

static bool is_unknown(const CreateAclsRequest::AclCreation& acl) {
    return any_unknown(acl.resource_type, acl.resource_pattern_type, acl.operation,
                       acl.permission_type);
}

void handle_create_acls(Broker&, Call<CreateAclsRequest> call) {
    if (std::ranges::any_of(call->creations, is_unknown))
        return call.request->close_connection("CreateAcls with an unknown element");
    CreateAclsResponse response;
    response.results = refused_rows<CreateAclsResponse::AclCreationResult>(call->creations.size());
    call.respond(response);
}

}  // namespace milena
