// SPDX-License-Identifier: Apache-2.0
// The bit fields in which a broker says what a client may do. Without an authorizer: everything
// that the kind of resource knows.
#pragma once

#include <cstdint>
#include <limits>

namespace milena {

/// Kafka's numbers of ACL operations, which are the bits' positions.
enum class AclOperation : int8_t {
    kRead = 3,
    kWrite = 4,
    kCreate = 5,
    kDelete = 6,
    kAlter = 7,
    kDescribe = 8,
    kClusterAction = 9,
    kDescribeConfigs = 10,
    kAlterConfigs = 11,
    kIdempotentWrite = 12,
};

template <class... Operation>
constexpr int32_t operation_bits(Operation... operations) {
    return ((int32_t{1} << static_cast<int>(operations)) | ...);
}

/// The client did not ask.
inline constexpr int32_t kOperationsNotAsked = std::numeric_limits<int32_t>::min();

inline constexpr int32_t kTopicOperations =
    operation_bits(AclOperation::kRead, AclOperation::kWrite, AclOperation::kCreate,
                   AclOperation::kDelete, AclOperation::kAlter, AclOperation::kDescribe,
                   AclOperation::kDescribeConfigs, AclOperation::kAlterConfigs);

inline constexpr int32_t kClusterOperations =
    operation_bits(AclOperation::kCreate, AclOperation::kAlter, AclOperation::kDescribe,
                   AclOperation::kClusterAction, AclOperation::kDescribeConfigs,
                   AclOperation::kAlterConfigs, AclOperation::kIdempotentWrite);

inline constexpr int32_t kGroupOperations =
    operation_bits(AclOperation::kRead, AclOperation::kDelete, AclOperation::kDescribe,
                   AclOperation::kDescribeConfigs, AclOperation::kAlterConfigs);

}  // namespace milena
