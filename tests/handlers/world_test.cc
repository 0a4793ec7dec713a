// SPDX-License-Identifier: Apache-2.0
#include "tests/handlers/world.h"

namespace milena {

// No handler that is tested here touches fetch sessions.
static FetchSessions& no_fetch_sessions() {
    static std::max_align_t nothing;
    return reinterpret_cast<FetchSessions&>(nothing);
}

World::World() {
    connection->listener = "PLAINTEXT";
    connection->local_host = "10.0.0.1";
    connection->local_port = 9092;
    settings = std::move(*Settings::make({}));
    controller = std::make_unique<FakeController>(*this);
    producer_ids = std::make_unique<ProducerIds>(*controller);
    coordinators = std::make_unique<Coordinators>(
        settings->at_start(),
        CoordinatorParts{
            1, partitions, executor, system_clock(), {&executor}, [this](ProducerIds::Done done) {
                producer_ids->next(std::move(done));
            }});
    broker.reset(new Broker{1, *settings, system_clock(), executor, logs, partitions, *controller,
                            no_fetch_sessions(), *producer_ids, coordinators->groups,
                            coordinators->transactions,
                            [this]() -> MetadataImagePtr { return image.publish(); }});
    BrokerState node;
    node.id = 1;
    node.fenced = false;
    node.endpoints = {{.listener = "PLAINTEXT", .host = "node1", .port = 19092}};
    set_broker(node);
}

World::~World() = default;

void World::set_broker(BrokerState state) { image.set_broker(std::move(state)); }

FakePartition& World::add_topic(std::string_view name, int32_t count) {
    const Uuid id = Uuid::random();
    image.add_topic(std::string(name), id);
    for (int32_t index = 0; index < count; ++index) {
        PartitionState state;
        state.replicas = state.isr = {1};
        state.directories = {Uuid::random()};
        state.leader = 1;
        state.leader_epoch = 5;
        image.set_partition(id, index, state);
        const TopicPartition key{id, index};
        partitions.partitions[key] = std::make_shared<FakePartition>(std::string(name), key);
    }
    return *partitions.partitions[TopicPartition{id, 0}];
}

void FakeController::create_topics(int16_t version, const protocol::CreateTopicsRequest& request,
                                   StringArena&, Done<protocol::CreateTopicsResponse> done) {
    EXPECT_EQ(version, protocol::CreateTopicsRequest::kMaxVersion);
    protocol::CreateTopicsResponse response;
    for (const auto& topic : request.topics) {
        auto& result = response.topics.emplace_back();
        result.name = topic.name;
        if (refuses) {
            result.error_code = static_cast<int16_t>(ErrorCode::POLICY_VIOLATION);
            continue;
        }
        world_.add_topic(topic.name, topic.num_partitions);
        auto& configs = created[std::string(topic.name)];
        for (const auto& config : topic.configs)
            configs[std::string(config.name)] = std::string(config.value.value_or(""));
    }
    done(response);
}

}  // namespace milena
