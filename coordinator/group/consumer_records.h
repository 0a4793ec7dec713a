// SPDX-License-Identifier: Apache-2.0
// Records of consumer groups, as Kafka 4.4 writes them. Their kinds:
//
//   3   group                its epoch, and the hash of what its topics look like
//   4   group                topics, of releases before 4.2: read, and deleted when it is in the
//   way 5   group, member        what the member said 6   group                target assignment:
//   its epoch and time 7   group, member        target assignment: the member's partitions 8 group,
//   member        how far the member is with them 16  group, expression    topics that a regular
//   expression matched
#pragma once

#include <string_view>
#include <vector>

#include "coordinator/group/consumer_member.h"
#include "coordinator/runtime/record.h"

namespace milena {

/// A regular expression's topics, as of one image of the metadata.
struct ResolvedRegex {
    std::vector<std::string> topics;  ///< sorted
    int64_t version = 0;              ///< the image's offset
    TimestampMs resolved_at{0};
    bool operator==(const ResolvedRegex&) const = default;
};

CoordinatorRecord consumer_epoch_record(std::string_view group, int32_t epoch,
                                        int64_t metadata_hash);
CoordinatorRecord consumer_member_record(std::string_view group, const ConsumerMember& member);
CoordinatorRecord consumer_target_epoch_record(std::string_view group, int32_t epoch,
                                               TimestampMs assigned_at);
CoordinatorRecord consumer_target_record(std::string_view group, std::string_view member,
                                         const TopicPartitions& target);
CoordinatorRecord consumer_current_record(std::string_view group, const ConsumerMember& member);
CoordinatorRecord consumer_regex_record(std::string_view group, std::string_view regex,
                                        const ResolvedRegex& resolved);

CoordinatorRecord consumer_epoch_tombstone(std::string_view group);
CoordinatorRecord consumer_topics_tombstone(std::string_view group);
CoordinatorRecord consumer_member_tombstone(std::string_view group, std::string_view member);
CoordinatorRecord consumer_target_epoch_tombstone(std::string_view group);
CoordinatorRecord consumer_target_tombstone(std::string_view group, std::string_view member);
CoordinatorRecord consumer_current_tombstone(std::string_view group, std::string_view member);
CoordinatorRecord consumer_regex_tombstone(std::string_view group, std::string_view regex);

}  // namespace milena
