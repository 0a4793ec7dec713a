// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_subscriptions.h"

#include <algorithm>

namespace milena {

namespace {

void count_name(std::map<std::string, int32_t, std::less<>>& counts, const std::string& name,
                int32_t by) {
    const auto entry = counts.try_emplace(name).first;
    if ((entry->second += by) == 0) counts.erase(entry);
}

}  // namespace

void ConsumerSubscriptions::count(const ConsumerMember& member, int32_t by) {
    for (const std::string& topic : member.topics) {
        const auto entry = topics_.try_emplace(topic).first;
        entry->second.by_name += by;
        if (entry->second.by_name == 0 && entry->second.by_regex == 0) topics_.erase(entry);
    }
    if (!member.regex.empty()) count_name(regexes_, member.regex, by);
    if (member.assignor) count_name(assignors_, *member.assignor, by);
    if (!member.classic) return;
    classic_members_ += by;
    for (const ClassicSide::Protocol& protocol : member.classic->protocols)
        count_name(classic_protocols_, protocol.name, by);
}

void ConsumerSubscriptions::count_matches(const std::vector<std::string>& topics, int32_t by) {
    for (const std::string& topic : topics) {
        const auto entry = topics_.try_emplace(topic).first;
        entry->second.by_regex += by;
        if (entry->second.by_name == 0 && entry->second.by_regex == 0) topics_.erase(entry);
    }
}

int32_t ConsumerSubscriptions::members_with_regex(std::string_view regex) const {
    const auto found = regexes_.find(regex);
    return found == regexes_.end() ? 0 : found->second;
}

bool ConsumerSubscriptions::is_homogeneous(size_t members) const {
    const auto all = static_cast<int32_t>(members);
    if (regexes_.empty())
        return std::ranges::all_of(topics_, [&](const auto& t) { return t.second.by_name == all; });
    if (regexes_.begin()->second != all) return false;
    return std::ranges::all_of(topics_, [](const auto& topic) {
        return topic.second.by_regex == 1 && topic.second.by_name <= 0;
    });
}

std::string_view ConsumerSubscriptions::preferred_assignor(std::string_view fallback) const {
    int32_t most = 0;
    std::string_view preferred = fallback;
    for (const auto& [name, members] : assignors_)
        if (members >= most) {  // of as many, Kafka prefers "uniform" to "range"
            most = members;
            preferred = name;
        }
    return preferred;
}

bool ConsumerSubscriptions::supports_classic(const std::vector<std::string_view>& protocols) const {
    return std::ranges::any_of(protocols, [&](std::string_view name) {
        const auto found = classic_protocols_.find(name);
        return (found == classic_protocols_.end() ? 0 : found->second) == classic_members_;
    });
}

}  // namespace milena
