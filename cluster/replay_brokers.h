// SPDX-License-Identifier: Apache-2.0
// Records of broker registrations <-> the image's structs.
#pragma once

#include "cluster/image_state.h"
#include "protocol/messages/broker_registration_change_record.h"
#include "protocol/messages/register_broker_record.h"

namespace milena {

BrokerState to_broker_state(const protocol::RegisterBrokerRecord& record);
/// Borrows the strings of `broker`.
protocol::RegisterBrokerRecord to_register_record(const BrokerState& broker);
void merge(BrokerState& broker, const protocol::BrokerRegistrationChangeRecord& change);

}  // namespace milena
