// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/consumer_topics.h"

#define XXH_INLINE_ALL
#include <re2/re2.h>
#include <xxhash.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/log.h"
#include "coordinator/runtime/partitioning.h"

namespace milena {

namespace {

constexpr char kFormat = 0;
constexpr int64_t kRegexMemoryBytes = 8 << 20;

/// Numbers are little-endian, text is in Java's UTF-16 units.
class HashInput {
  public:
    template <std::integral T>
    void add(T value) {
        if constexpr (std::endian::native == std::endian::big) value = byteswap(value);
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void add_text(std::string_view text) {
        const std::u16string units = java_chars(text);
        for (const char16_t unit : units) add(static_cast<uint16_t>(unit));
        add(static_cast<int32_t>(units.size()));
    }
    int64_t hash() const { return static_cast<int64_t>(XXH3_64bits(bytes_.data(), bytes_.size())); }

  private:
    std::string bytes_;
};

std::vector<std::string> racks_of(const PartitionState& partition, const MetadataImage& image) {
    std::vector<std::string> racks;
    for (const int32_t replica : partition.replicas) {
        const auto broker = image.brokers().find(replica);
        if (broker != image.brokers().end() && broker->second.rack)
            racks.push_back(*broker->second.rack);
    }
    std::ranges::sort(racks);
    return racks;
}

re2::RE2::Options regex_options() {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(kRegexMemoryBytes);
    return options;
}

}  // namespace

int64_t topic_hash(const TopicState& topic, const MetadataImage& image) {
    HashInput input;
    input.add(kFormat);
    input.add(load_big_endian<int64_t>(topic.id.bytes.data()));
    input.add(load_big_endian<int64_t>(topic.id.bytes.data() + sizeof(int64_t)));
    input.add_text(topic.name);
    input.add(static_cast<int32_t>(topic.partitions.size()));
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
        input.add(static_cast<int32_t>(i));
        for (const std::string& rack : racks_of(topic.partitions[i], image)) {
            input.add(static_cast<int32_t>(java_chars(rack).size()));
            input.add_text(rack);
        }
    }
    return input.hash();
}

int64_t combine_topic_hashes(const std::vector<int64_t>& hashes) {
    if (hashes.empty()) return 0;
    HashInput input;
    for (const int64_t hash : hashes) input.add(hash);
    return input.hash();
}

void ConsumerTopics::follow(MetadataImagePtr image) {
    // Images share what did not change between them.
    std::erase_if(hashes_,
                  [&](const auto& known) { return image->topic(known.first->id) != known.first; });
    image_ = std::move(image);
    ++generation_;
}

const TopicState* ConsumerTopics::find(std::string_view name) const {
    return image_ ? image_->topic(name) : nullptr;
}

const TopicState* ConsumerTopics::find(const Uuid& id) const {
    return image_ ? image_->topic(id) : nullptr;
}

int64_t ConsumerTopics::hash_of(const TopicState& topic) {
    const auto [entry, is_new] = hashes_.try_emplace(&topic);
    if (is_new) entry->second = topic_hash(topic, *image_);
    return entry->second;
}

Result<void> check_regex(std::string_view regex) {
    const re2::RE2 compiled(re2::StringPiece(regex.data(), regex.size()), regex_options());
    if (compiled.ok()) return {};
    return Error(ErrorCode::INVALID_REGULAR_EXPRESSION,
                 "'" + std::string(regex) + "' is no regular expression: " + compiled.error());
}

TopicMatches match_topics(const std::set<std::string>& regexes, const MetadataImage& image) {
    TopicMatches matches{image.offset(), {}};
    for (const std::string& regex : regexes) {
        auto& topics = matches.topics[regex];
        const re2::RE2 compiled(regex, regex_options());
        if (!compiled.ok()) {
            MILENA_LOG(Warn) << "a consumer group's regular expression is ignored: "
                             << compiled.error();
            continue;
        }
        image.visit_topics({}, [&](const TopicState& topic) {
            if (re2::RE2::FullMatch(topic.name, compiled)) topics.push_back(topic.name);
            return true;
        });
    }
    return matches;
}

}  // namespace milena
