// SPDX-License-Identifier: Apache-2.0
// UpdateFeatures: request -> records and answer.
#pragma once

#include "cluster/control_context.h"
#include "protocol/messages/update_features_request.h"
#include "protocol/messages/update_features_response.h"

namespace milena {

/// All updates or none. Up to version 1 a success is repeated for each feature.
protocol::UpdateFeaturesResponse update_features(ControlContext& context, int16_t version,
                                                 const protocol::UpdateFeaturesRequest& request);

}  // namespace milena
