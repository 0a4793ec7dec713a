// SPDX-License-Identifier: Apache-2.0
#include "storage/expectations.h"

#include <algorithm>
#include <tuple>

namespace milena {
namespace {

auto key(const Expectation& expectation) {
    return std::tie(expectation.log->topic, expectation.log->partition);
}

}  // namespace

Expectations::Expectations(const std::vector<ExpectedLog>& logs) {
    sorted_.reserve(logs.size());
    for (const ExpectedLog& log : logs) sorted_.push_back({&log, {}});
    std::ranges::sort(sorted_, {}, key);
}

Expectation* Expectations::find(const PartitionName& name) {
    const auto wanted = std::tie(name.topic, name.partition);
    const auto found = std::ranges::lower_bound(sorted_, wanted, {}, key);
    return found == sorted_.end() || key(*found) != wanted ? nullptr : &*found;
}

Expectation* Expectations::find(const Uuid& topic_id, int32_t partition) {
    const auto found = std::ranges::find_if(sorted_, [&](const Expectation& one) {
        return one.log->topic_id == topic_id && one.log->partition == partition;
    });
    return found == sorted_.end() ? nullptr : &*found;
}

}  // namespace milena
