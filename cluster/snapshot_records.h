// SPDX-License-Identifier: Apache-2.0
// Image -> the records that rebuild it, in the order of Kafka's snapshots.
#pragma once

#include "cluster/image_state.h"
#include "cluster/record_list.h"

namespace milena {

/// Features (metadata.version first), brokers, controllers, topics, configs, quotas, producer ids,
/// ACLs, credentials, tokens.
RecordList snapshot_records(const ImageState& image);

}  // namespace milena
