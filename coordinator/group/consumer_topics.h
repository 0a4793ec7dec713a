// SPDX-License-Identifier: Apache-2.0
// What consumer groups ask of the cluster's topics: which exist, which match a regular expression,
// and a hash that tells whether any of them has changed.
#pragma once

#include <map>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "cluster/metadata_image.h"
#include "coordinator/group/consumer_assignor.h"

namespace milena {

/// XXH3 of a topic's id, name, partitions and their racks, byte by byte as Kafka feeds it.
int64_t topic_hash(const TopicState& topic, const MetadataImage& image);
/// XXH3 of topics' hashes, in the order of their names; 0 without a topic.
int64_t combine_topic_hashes(const std::vector<int64_t>& hashes);

/// One shard's view of the newest image.
class ConsumerTopics {
  public:
    /// No image yet: no topics.
    void follow(MetadataImagePtr image);

    const MetadataImagePtr& image() const { return image_; }
    /// Counts images, from 1 on.
    uint64_t generation() const { return generation_; }

    const TopicState* find(std::string_view name) const;
    const TopicState* find(const Uuid& id) const;
    /// Hash of those of `names` (sorted, each once) that exist.
    template <std::ranges::range Names>
    int64_t hash_of(Names&& names) {
        std::vector<int64_t> hashes;
        for (const std::string& name : names)
            if (const TopicState* topic = find(name)) hashes.push_back(hash_of(*topic));
        return combine_topic_hashes(hashes);
    }

  private:
    int64_t hash_of(const TopicState& topic);

    MetadataImagePtr image_;
    uint64_t generation_ = 0;
    /// By topics of the newest image, so it holds no more of them than there are.
    std::unordered_map<const TopicState*, int64_t> hashes_;
};

/// INVALID_REGULAR_EXPRESSION.
Result<void> check_regex(std::string_view regex);
/// The topics of one image that match regular expressions.
struct TopicMatches {
    Offset image;
    std::map<std::string, std::vector<std::string>> topics;  ///< by expression
};
/// The topics that each of `regexes` matches as a whole; those that are none match nothing. Takes
/// its time: not for event queues.
TopicMatches match_topics(const std::set<std::string>& regexes, const MetadataImage& image);

}  // namespace milena
