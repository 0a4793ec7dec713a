// SPDX-License-Identifier: Apache-2.0
// CreateTopics, DeleteTopics and CreatePartitions: request -> records and answer.
#pragma once

#include "cluster/control_context.h"
#include "protocol/messages/create_partitions_request.h"
#include "protocol/messages/create_partitions_response.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/create_topics_response.h"
#include "protocol/messages/delete_topics_request.h"
#include "protocol/messages/delete_topics_response.h"

namespace milena {

/// New partitions that one request may ask for: their records must fit one batch of the log.
inline constexpr int64_t kPartitionsPerRequestMax = 10'000;

/// Not empty, "." or "..", at most 249 of [a-zA-Z0-9._-]. INVALID_TOPIC_EXCEPTION.
Result<void> check_topic_name(std::string_view name);

protocol::CreateTopicsResponse create_topics(ControlContext& context,
                                             const protocol::CreateTopicsRequest& request);
/// Names up to version 5, states with names or ids from 6 on.
protocol::DeleteTopicsResponse delete_topics(ControlContext& context, int16_t version,
                                             const protocol::DeleteTopicsRequest& request);
protocol::CreatePartitionsResponse create_partitions(
    ControlContext& context, const protocol::CreatePartitionsRequest& request);

}  // namespace milena
