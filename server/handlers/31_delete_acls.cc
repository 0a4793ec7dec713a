// SPDX-License-Identifier: Apache-2.0
// DeleteAcls: without an authorizer, as Milena is, each filter is refused with SECURITY_DISABLED.
//
// Versions
// - From v1, the first with patterns of resources, all are alike.
#include <algorithm>

#include "protocol/messages/delete_acls_request.h"
#include "protocol/messages/delete_acls_response.h"
#include "server/handlers/acls.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::DeleteAclsRequest;
using protocol::DeleteAclsResponse;

static bool is_unknown(const DeleteAclsRequest::DeleteAclsFilter& filter) {
    return any_unknown(filter.resource_type_filter, filter.pattern_type_filter, filter.operation,
                       filter.permission_type);
}

void handle_delete_acls(Broker&, Call<DeleteAclsRequest> call) {
    if (std::ranges::any_of(call->filters, is_unknown))
        return call.request->close_connection("DeleteAcls with an unknown element");
    DeleteAclsResponse response;
    response.filter_results =
        refused_rows<DeleteAclsResponse::DeleteAclsFilterResult>(call->filters.size());
    call.respond(response);
}

}  // namespace milena
