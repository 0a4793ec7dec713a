// SPDX-License-Identifier: Apache-2.0
// DescribeProducers: the idempotent and transactional producers that a partition's leader
// remembers. One version.
#include "cluster/topic_control.h"
#include "protocol/messages/describe_producers_request.h"
#include "protocol/messages/describe_producers_response.h"
#include "server/handlers/handlers.h"
#include "coordinator/internal_topics.h"
#include "server/handlers/partition_lookup.h"

namespace milena {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;

static Result<std::vector<ActiveProducer>> find_producers(const Broker& broker,
                                                          const MetadataImage& image,
                                                          std::string_view topic, int32_t index) {
    if (auto checked = check_topic_name(topic); !checked) return checked.error();
    auto partition = find_led_partition(broker, image, topic, index);
    if (!partition) return partition.error();
    return (*partition)->log()->active_producers();
}

static void describe(const ActiveProducer& producer,
                     DescribeProducersResponse::ProducerState& state) {
    state.producer_id = producer.producer_id.value;
    state.producer_epoch = producer.epoch;
    state.last_sequence = producer.last_sequence;
    state.last_timestamp = producer.last_timestamp.value;
    state.coordinator_epoch = producer.coordinator_epoch;
    state.current_txn_start_offset = producer.current_transaction_start.value;
}

void handle_describe_producers(Broker& broker, Call<DescribeProducersRequest> call) {
    const MetadataImagePtr image = broker.image();
    DescribeProducersResponse response;
    for (const auto& asked : call->topics) {
        auto& topic = response.topics.emplace_back();
        topic.name = asked.name;
        for (const int32_t index : asked.partition_indexes) {
            auto& partition = topic.partitions.emplace_back();
            partition.partition_index = index;
            const auto producers = find_producers(broker, *image, asked.name, index);
            if (producers) {
                for (const auto& producer : *producers)
                    describe(producer, partition.active_producers.emplace_back());
            } else {
                partition.error_code = static_cast<int16_t>(producers.error().code());
                partition.error_message = call.strings().own(producers.error().message());
            }
        }
    }
    call.respond(response);
}

}  // namespace milena
