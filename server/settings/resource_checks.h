// SPDX-License-Identifier: Apache-2.0
// Whether what is to be set on a broker, group or subscription may stand there; topics have
// check_topic_config().
#pragma once

#include <string_view>

#include "base/error.h"
#include "cluster/metadata_image.h"
#include "server/settings/setting.h"

namespace milena {

/// The setting behind a name that may have a listener's prefix, "listener.name.internal.". Null if
/// there is none.
const Setting* find_broker_setting(std::string_view name);

// Of all three, `all` is what is set on the resource after a change.

/// INVALID_REQUEST, as Kafka: settings that can't change at run time, or on one broker only, and
/// values that are not valid. Unknown names pass; they may be of software that is yet to come.
Result<void> check_broker_config(const ConfigMap& all, bool is_cluster_default);

/// INVALID_CONFIG. `broker` has the bounds that the broker sets to its groups.
Result<void> check_group_config(const ConfigMap& all, const ConfigMap& broker);

/// INVALID_CONFIG; INVALID_REQUEST for an unknown name or an interval out of bounds.
Result<void> check_client_metrics_config(const ConfigMap& all);

}  // namespace milena
