// SPDX-License-Identifier: Apache-2.0
#include "server/wanted_topics.h"

#include <future>
#include <limits>

#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/create_topics_response.h"
#include "server/settings/text.h"

namespace milena {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;

namespace {

constexpr int32_t kCreationTimeoutMs = 60'000;

Error malformed(std::string_view text) {
    return Error(
        ErrorCode::INVALID_CONFIG,
        "'" + std::string(text) +
            "' describes no topic; it must be NAME[:PARTITIONS[:REPLICAS]][:KEY=VALUE;...]");
}

/// Cuts what stands before the first `separator` off `rest`.
std::string_view next_part(std::string_view& rest, char separator) {
    const size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

bool add_setting(std::string_view text, ConfigMap& into) {
    const size_t equals = text.find('=');
    if (equals == 0 || text.empty()) return false;
    if (equals == std::string_view::npos)
        into["cleanup.policy"] = text;
    else
        into[std::string(trim(text.substr(0, equals)))] = trim(text.substr(equals + 1));
    return true;
}

/// Takes a number off the front of `rest` if it begins with one; false if it is none that fits.
template <class Number>
bool take_number(std::string_view& rest, Number& into) {
    std::string_view behind = rest;
    const auto number = parse_integer(next_part(behind, ':'));
    if (!number) return true;
    rest = behind;
    into = static_cast<Number>(*number);
    return *number == -1 || (*number > 0 && *number <= std::numeric_limits<Number>::max());
}

/// Borrows from `topics`.
CreateTopicsRequest request_for(const std::vector<WantedTopic>& topics, bool validate_only) {
    CreateTopicsRequest request;
    request.validate_only = validate_only;
    request.timeout_ms = kCreationTimeoutMs;
    for (const WantedTopic& wanted : topics) {
        auto& topic = request.topics.emplace_back();
        topic.name = wanted.name;
        topic.num_partitions = wanted.partitions;
        topic.replication_factor = wanted.replicas;
        for (const auto& [key, value] : wanted.configs) {
            auto& config = topic.configs.emplace_back();
            config.name = key;
            config.value = value;
        }
    }
    return request;
}

Result<void> outcome_of(const CreateTopicsResponse& response) {
    for (const auto& topic : response.topics) {
        const auto code = static_cast<ErrorCode>(topic.error_code);
        if (code == ErrorCode::NONE || code == ErrorCode::TOPIC_ALREADY_EXISTS) continue;
        const Error cause(code, std::string(topic.error_message.value_or("")));
        return Error(ErrorCode::INVALID_CONFIG, "can't create the topic " +
                                                    std::string(topic.name) +
                                                    ", which is wanted: " + cause.to_string());
    }
    return {};
}

Result<void> send(Controller& controller, const CreateTopicsRequest& request) {
    StringArena strings;
    std::promise<Result<void>> outcome;
    controller.create_topics(CreateTopicsRequest::kMaxVersion, request, strings,
                             [&outcome](const CreateTopicsResponse& response) {
                                 outcome.set_value(outcome_of(response));
                             });
    return outcome.get_future().get();
}

}  // namespace

Result<WantedTopic> parse_wanted_topic(std::string_view text) {
    std::string_view rest = text;
    WantedTopic topic;
    topic.name = next_part(rest, ':');
    if (topic.name.empty() || !take_number(rest, topic.partitions) ||
        !take_number(rest, topic.replicas))
        return malformed(text);
    while (!rest.empty())
        if (!add_setting(next_part(rest, ';'), topic.configs)) return malformed(text);
    return topic;
}

Result<std::vector<WantedTopic>> parse_wanted_topics(std::string_view text) {
    text = trim(text);
    const char separator = text.find('\n') == std::string_view::npos ? ',' : '\n';
    std::vector<WantedTopic> topics;
    for (const std::string& part : split_list(text, separator)) {
        if (part.empty()) continue;
        auto topic = parse_wanted_topic(part);
        if (!topic) return topic.error();
        topics.push_back(std::move(*topic));
    }
    return topics;
}

Result<void> create_wanted_topics(Controller& controller, const std::vector<WantedTopic>& topics) {
    if (topics.empty()) return {};
    for (const bool validate_only : {true, false})
        if (auto made = send(controller, request_for(topics, validate_only)); !made) return made;
    return {};
}

}  // namespace milena
