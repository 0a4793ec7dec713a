// SPDX-License-Identifier: Apache-2.0
// WriteTxnMarkers (key 27)
//
// Behaviour: a coordinator, or an administrator who ends a hanging transaction, has the end of
// transactions written into partitions that this node leads. Each partition is answered on its own:
// UNKNOWN_TOPIC_OR_PARTITION if it isn't here, INVALID_PRODUCER_EPOCH and
// TRANSACTION_COORDINATOR_FENCED if somebody newer was faster.
//
// Versions: 1 is the first served, flexible. 2 says by which transaction.version the epoch is to be
// judged.
#include <atomic>

#include "coordinator/transaction/transaction_coordinator.h"
#include "protocol/messages/write_txn_markers_request.h"
#include "protocol/messages/write_txn_markers_response.h"
#include "server/handlers/handlers.h"

namespace milena {

namespace {

using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

struct Writing {
    explicit Writing(Call<WriteTxnMarkersRequest> from) : call(std::move(from)) {}

    void finish() {
        if (--waiting == 0) call.respond(response);
    }

    const Call<WriteTxnMarkersRequest> call;
    WriteTxnMarkersResponse response;
    std::atomic<size_t> waiting{1};
};

EndMarker marker_of(const WriteTxnMarkersRequest::WritableTxnMarker& asked) {
    return {{ProducerId(asked.producer_id), ProducerEpoch(asked.producer_epoch)},
            asked.transaction_result,
            asked.coordinator_epoch,
            asked.transaction_version};
}

/// Sizes the whole answer first: what is written later points into it.
void prepare(Writing& writing) {
    for (const auto& marker : writing.call->markers) {
        auto& answer = writing.response.markers.emplace_back();
        answer.producer_id = marker.producer_id;
        for (const auto& topic : marker.topics) {
            auto& topic_answer = answer.topics.emplace_back();
            topic_answer.name = topic.name;
            for (const int32_t partition : topic.partition_indexes)
                topic_answer.partitions.push_back({partition, 0});
            writing.waiting += topic_answer.partitions.size();
        }
    }
}

}  // namespace

void handle_write_txn_markers(Broker& broker, Call<WriteTxnMarkersRequest> call) {
    const auto writing = std::make_shared<Writing>(std::move(call));
    const MetadataImagePtr image = broker.image();
    prepare(*writing);
    for (size_t i = 0; i < writing->call->markers.size(); ++i) {
        const EndMarker marker = marker_of(writing->call->markers[i]);
        for (auto& topic : writing->response.markers[i].topics)
            for (auto& partition : topic.partitions)
                broker.transactions.markers().write(
                    *image, topic.name, partition.partition_index, marker,
                    [writing, &partition](const Result<void>& written) {
                        if (!written)
                            partition.error_code = static_cast<int16_t>(written.error().code());
                        writing->finish();
                    });
    }
    writing->finish();
}

}  // namespace milena
