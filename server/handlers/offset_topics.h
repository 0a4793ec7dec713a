// SPDX-License-Identifier: Apache-2.0
// Requests that name partitions of a group's topics: those that exist go to the group coordinator,
// the others are answered at once, and both answers become one.
#pragma once

#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "cluster/metadata_image.h"
#include "server/request.h"

namespace milena {

template <class Topic>
constexpr bool kHasTopicId = requires(const Topic& topic) { topic.topic_id; };

/// What tells topics of one message apart: their ids, or their names.
template <class Topic>
std::string_view topic_key(const Topic& topic, bool by_id) {
    if constexpr (kHasTopicId<Topic>)
        if (by_id)
            return {reinterpret_cast<const char*>(topic.topic_id.bytes.data()),
                    topic.topic_id.bytes.size()};
    return topic.name;
}

/// An answer that grows topic by topic. What it is asked with outlives it.
template <class Response>
class TopicAnswers {
  public:
    explicit TopicAnswers(bool by_id) : by_id_(by_id) {}

    template <class Topic>
    void refuse(const Topic& topic, int32_t partition, ErrorCode error) {
        auto& answer = answers_of(topic).partitions.emplace_back();
        answer.partition_index = partition;
        answer.error_code = static_cast<int16_t>(error);
    }
    /// With the answers of `others`, which come last.
    const Response& merged_with(const Response& others) {
        if (response_.topics.empty()) return others;
        for (const auto& topic : others.topics) {
            auto& partitions = answers_of(topic).partitions;
            partitions.insert(partitions.end(), topic.partitions.begin(), topic.partitions.end());
        }
        return response_;
    }
    const Response& response() const { return response_; }

  private:
    template <class Topic>
    auto& answers_of(const Topic& topic) {
        const auto [found, is_new] =
            places_.try_emplace(topic_key(topic, by_id_), response_.topics.size());
        if (!is_new) return response_.topics[found->second];
        auto& answers = response_.topics.emplace_back();
        answers.name = topic.name;
        if constexpr (kHasTopicId<Topic>) answers.topic_id = topic.topic_id;
        return answers;
    }

    const bool by_id_;
    Response response_;
    std::unordered_map<std::string_view, size_t> places_;
};

/// Parts `asked`: partitions that exist are appended to `known`, with their topic's name and id;
/// the others are refused with UNKNOWN_TOPIC_ID or UNKNOWN_TOPIC_OR_PARTITION. What `known` borrows
/// belongs to `asked` and to `image`.
template <class Topics, class Response>
void part_topics(const MetadataImage& image, bool by_id, const Topics& asked, Topics& known,
                 TopicAnswers<Response>& refused) {
    using Topic = typename Topics::value_type;
    known.reserve(asked.size());
    for (const Topic& topic : asked) {
        const TopicState* state = nullptr;
        if constexpr (kHasTopicId<Topic>)
            state = by_id ? image.topic(topic.topic_id) : image.topic(topic.name);
        else
            state = image.topic(topic.name);
        const ErrorCode error =
            by_id && !state ? ErrorCode::UNKNOWN_TOPIC_ID : ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        Topic existing;
        existing.partitions.reserve(topic.partitions.size());
        for (const auto& partition : topic.partitions) {
            const int32_t index = partition.partition_index;
            if (state && index >= 0 && static_cast<size_t>(index) < state->partitions.size())
                existing.partitions.push_back(partition);
            else
                refused.refuse(topic, index, error);
        }
        if (existing.partitions.empty()) continue;
        existing.name = state->name;
        if constexpr (kHasTopicId<Topic>) existing.topic_id = state->id;
        known.push_back(std::move(existing));
    }
}

/// A commit of offsets; lives until the coordinator has answered.
template <class Request, class Response>
struct OffsetCommitCall {
    OffsetCommitCall(Call<Request> asked, MetadataImagePtr now, int16_t first_version_of_topic_ids)
        : call(std::move(asked)),
          image(std::move(now)),
          by_id(call.version() >= first_version_of_topic_ids),
          answers(by_id) {}

    const Call<Request> call;
    const MetadataImagePtr image;
    const bool by_id;
    Request known;  ///< of what was asked, what exists
    TopicAnswers<Response> answers;
};

}  // namespace milena
