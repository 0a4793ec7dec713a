// SPDX-License-Identifier: Apache-2.0
// UpdateFeatures: raises or lowers finalised feature levels, all or none; the controller's work.
//
// Versions
// - v0 allow_downgrade. v1 upgrade type and validate_only instead. v2: no results by feature.
#include "protocol/messages/update_features_request.h"
#include "protocol/messages/update_features_response.h"
#include "server/handlers/handlers.h"

namespace milena {

void handle_update_features(Broker& broker, Call<protocol::UpdateFeaturesRequest> call) {
    broker.controller.update_features(
        call.version(), *call, call.strings(),
        [call](const protocol::UpdateFeaturesResponse& response) { call.respond(response); });
}

}  // namespace milena
