// SPDX-License-Identifier: Apache-2.0
// Counts of what the members of a consumer group ask for. Copied to see what one change would do.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "coordinator/group/consumer_member.h"

namespace milena {

class ConsumerSubscriptions {
  public:
    struct TopicCount {
        int32_t by_name = 0;   ///< members
        int32_t by_regex = 0;  ///< regular expressions
    };

    void add(const ConsumerMember& member) { count(member, 1); }
    void remove(const ConsumerMember& member) { count(member, -1); }
    void add_matches(const std::vector<std::string>& topics) { count_matches(topics, 1); }
    void remove_matches(const std::vector<std::string>& topics) { count_matches(topics, -1); }

    const std::map<std::string, TopicCount, std::less<>>& topics() const { return topics_; }
    /// With the number of members that use it.
    const std::map<std::string, int32_t, std::less<>>& regexes() const { return regexes_; }
    int32_t members_with_regex(std::string_view regex) const;
    bool has_topic(std::string_view name) const { return topics_.contains(name); }
    /// Whether all of `members` want the same topics.
    bool is_homogeneous(size_t members) const;
    /// The assignor that most members ask for, else `fallback`.
    std::string_view preferred_assignor(std::string_view fallback) const;
    /// Whether a member of the classic protocol that knows `protocols` could talk to all others.
    bool supports_classic(const std::vector<std::string_view>& protocols) const;
    int32_t classic_members() const { return classic_members_; }

  private:
    void count(const ConsumerMember& member, int32_t by);
    void count_matches(const std::vector<std::string>& topics, int32_t by);

    std::map<std::string, TopicCount, std::less<>> topics_;
    std::map<std::string, int32_t, std::less<>> regexes_, assignors_, classic_protocols_;
    int32_t classic_members_ = 0;
};

}  // namespace milena
