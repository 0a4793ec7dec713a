// SPDX-License-Identifier: Apache-2.0
#include "server/handlers/topic_creation.h"

#include "base/log.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/create_topics_response.h"
#include "coordinator/internal_topics.h"
#include "server/settings/settings.h"

namespace milena {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;

namespace {

constexpr int32_t kCreationTimeoutMs = 60'000;

/// What the controller works on until it is done.
struct Creation {
    CreateTopicsRequest request;
    StringArena strings;

    void add_config(CreateTopicsRequest::CreatableTopic& topic, std::string_view name,
                    std::string value) {
        auto& config = topic.configs.emplace_back();
        config.name = name;
        config.value = strings.own(std::move(value));
    }
};

void configure_group_topic(Creation& creation, CreateTopicsRequest::CreatableTopic& topic,
                           const BrokerSettings& settings) {
    topic.num_partitions = settings.offsets_topic_num_partitions;
    topic.replication_factor = settings.offsets_topic_replication_factor;
    creation.add_config(topic, "cleanup.policy", "compact");
    creation.add_config(topic, "compression.type", "producer");
    creation.add_config(topic, "segment.bytes",
                        std::to_string(settings.offsets_topic_segment_bytes));
}

void configure_transaction_topic(Creation& creation, CreateTopicsRequest::CreatableTopic& topic,
                                 const BrokerSettings& settings) {
    topic.num_partitions = settings.transaction_state_log_num_partitions;
    topic.replication_factor = settings.transaction_state_log_replication_factor;
    creation.add_config(topic, "cleanup.policy", "compact");
    creation.add_config(topic, "compression.type", "uncompressed");
    creation.add_config(topic, "min.insync.replicas",
                        std::to_string(settings.transaction_state_log_min_isr));
    creation.add_config(topic, "segment.bytes",
                        std::to_string(settings.transaction_state_log_segment_bytes));
    creation.add_config(topic, "unclean.leader.election.enable", "false");
}

void configure_share_topic(Creation& creation, CreateTopicsRequest::CreatableTopic& topic,
                           const BrokerSettings& settings) {
    topic.num_partitions = settings.share_coordinator_state_topic_num_partitions;
    topic.replication_factor = settings.share_coordinator_state_topic_replication_factor;
    creation.add_config(topic, "cleanup.policy", "delete");
    creation.add_config(topic, "compression.type", "producer");
    creation.add_config(topic, "min.insync.replicas",
                        std::to_string(settings.share_coordinator_state_topic_min_isr));
    creation.add_config(topic, "retention.ms", "-1");
    creation.add_config(topic, "segment.bytes",
                        std::to_string(settings.share_coordinator_state_topic_segment_bytes));
}

void add_topic(Creation& creation, std::string_view name, const BrokerSettings& settings) {
    auto& topic = creation.request.topics.emplace_back();
    topic.name = creation.strings.own(std::string(name));
    if (name == kGroupTopic) {
        configure_group_topic(creation, topic, settings);
    } else if (name == kTransactionTopic) {
        configure_transaction_topic(creation, topic, settings);
    } else if (name == kShareTopic) {
        configure_share_topic(creation, topic, settings);
    } else {
        topic.num_partitions = settings.num_partitions;
        topic.replication_factor = static_cast<int16_t>(settings.default_replication_factor);
    }
}

void log_outcome(const CreateTopicsResponse& response) {
    for (const auto& topic : response.topics) {
        const Error outcome(static_cast<ErrorCode>(topic.error_code),
                            std::string(topic.error_message.value_or("")));
        if (outcome.code() == ErrorCode::TOPIC_ALREADY_EXISTS) continue;  // somebody was faster
        const bool created = outcome.code() == ErrorCode::NONE;
        MILENA_LOG(Info) << (created ? "created topic " : "could not create topic ") << topic.name
                         << " on demand" << (created ? "" : ": ")
                         << (created ? "" : outcome.to_string());
    }
}

}  // namespace

void create_missing_topics(Broker& broker, std::shared_ptr<Request> request,
                           const std::vector<std::string_view>& names, std::function<void()> done) {
    auto creation = std::make_shared<Creation>();
    const auto settings = broker.settings.current();
    creation->request.timeout_ms = kCreationTimeoutMs;
    for (std::string_view name : names) add_topic(*creation, name, *settings);
    broker.controller.create_topics(
        CreateTopicsRequest::kMaxVersion, creation->request, creation->strings,
        [creation, request, done = std::move(done)](const CreateTopicsResponse& response) {
            log_outcome(response);
            request->executor().post(done);
        });
}

}  // namespace milena
