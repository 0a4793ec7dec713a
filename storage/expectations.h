// SPDX-License-Identifier: Apache-2.0
// The logs that a node is to have when it starts, and where they were found.
#pragma once

#include <optional>
#include <vector>

#include "storage/file_names.h"
#include "storage/log_manager.h"

namespace milena {

struct Expectation {
    const ExpectedLog* log = nullptr;
    std::optional<size_t> holder;  ///< the data directory that has it
    bool is_identified = false;    ///< the topic's id was found there

    PartitionName name() const { return {log->topic, log->partition}; }
};

/// Refers to the logs that it was made of. One thread at a time.
class Expectations {
  public:
    explicit Expectations(const std::vector<ExpectedLog>& logs);

    const std::vector<Expectation>& all() const { return sorted_; }
    /// Null if no topic of the cluster has this partition.
    Expectation* find(const PartitionName& name);
    /// The same for who knows the topic by its id only; slow.
    Expectation* find(const Uuid& topic_id, int32_t partition);

  private:
    std::vector<Expectation> sorted_;  // by topic and partition
};

}  // namespace milena
