// SPDX-License-Identifier: Apache-2.0
#include "cluster/local_controller.h"

#include <limits>

#include "cluster/config_control.h"
#include "cluster/feature_control.h"
#include "cluster/leader_control.h"
#include "cluster/topic_control.h"
#include "protocol/messages/producer_ids_record.h"

namespace milena {
namespace {

using namespace protocol;

/// After a failed commit nothing of the answer holds.
template <class Row>
void fail_rows(std::vector<Row>& rows, const Error& error, StringArena& strings) {
    for (Row& row : rows) set_error(row, error, strings);
}

void fail(CreateTopicsResponse& response, const Error& error, StringArena& strings) {
    fail_rows(response.topics, error, strings);
}
void fail(DeleteTopicsResponse& response, const Error& error, StringArena& strings) {
    fail_rows(response.responses, error, strings);
}
void fail(CreatePartitionsResponse& response, const Error& error, StringArena& strings) {
    fail_rows(response.results, error, strings);
}
void fail(AlterConfigsResponse& response, const Error& error, StringArena& strings) {
    fail_rows(response.responses, error, strings);
}
void fail(IncrementalAlterConfigsResponse& response, const Error& error, StringArena& strings) {
    fail_rows(response.responses, error, strings);
}
void fail(UpdateFeaturesResponse& response, const Error& error, StringArena& strings) {
    set_error(response, error, strings);
    response.results.clear();
}
void fail(ElectLeadersResponse& response, const Error& error, StringArena&) {
    response.error_code = static_cast<int16_t>(error.code());
    response.replica_election_results.clear();
}
void fail(AlterPartitionReassignmentsResponse& response, const Error& error, StringArena& strings) {
    set_error(response, error, strings);
}
void fail(ListPartitionReassignmentsResponse& response, const Error& error, StringArena& strings) {
    set_error(response, error, strings);
}
void fail(DescribeQuorumResponse& response, const Error& error, StringArena& strings) {
    set_error(response, error, strings);
}

}  // namespace

template <class Response, class Decide>
void LocalController::submit(StringArena& strings, Done<Response> done, Decide decide) {
    executor_.post([this, &strings, done = std::move(done), decide = std::move(decide)] {
        RecordList records;
        ControlContext context{store_.state(), options_, rules_, strings, records};
        auto response = std::make_shared<Response>(decide(context));
        commits_->commit(records, [response, done, &strings](Result<void> committed) {
            if (!committed) fail(*response, committed.error(), strings);
            done(*response);
        });
    });
}

void LocalController::create_topics(int16_t, const CreateTopicsRequest& request,
                                    StringArena& strings, Done<CreateTopicsResponse> done) {
    submit<CreateTopicsResponse>(strings, std::move(done), [&request](ControlContext& context) {
        return milena::create_topics(context, request);
    });
}

void LocalController::delete_topics(int16_t version, const DeleteTopicsRequest& request,
                                    StringArena& strings, Done<DeleteTopicsResponse> done) {
    submit<DeleteTopicsResponse>(strings, std::move(done),
                                 [version, &request](ControlContext& context) {
                                     return milena::delete_topics(context, version, request);
                                 });
}

void LocalController::create_partitions(const CreatePartitionsRequest& request,
                                        StringArena& strings, Done<CreatePartitionsResponse> done) {
    submit<CreatePartitionsResponse>(strings, std::move(done), [&request](ControlContext& context) {
        return milena::create_partitions(context, request);
    });
}

void LocalController::alter_configs(const AlterConfigsRequest& request, StringArena& strings,
                                    Done<AlterConfigsResponse> done) {
    submit<AlterConfigsResponse>(strings, std::move(done), [&request](ControlContext& context) {
        return milena::alter_configs(context, request);
    });
}

void LocalController::incremental_alter_configs(const IncrementalAlterConfigsRequest& request,
                                                StringArena& strings,
                                                Done<IncrementalAlterConfigsResponse> done) {
    submit<IncrementalAlterConfigsResponse>(
        strings, std::move(done), [&request](ControlContext& context) {
            return milena::incremental_alter_configs(context, request);
        });
}

void LocalController::update_features(int16_t version, const UpdateFeaturesRequest& request,
                                      StringArena& strings, Done<UpdateFeaturesResponse> done) {
    submit<UpdateFeaturesResponse>(strings, std::move(done),
                                   [version, &request](ControlContext& context) {
                                       return milena::update_features(context, version, request);
                                   });
}

void LocalController::elect_leaders(const ElectLeadersRequest& request, StringArena& strings,
                                    Done<ElectLeadersResponse> done) {
    submit<ElectLeadersResponse>(strings, std::move(done), [&request](ControlContext& context) {
        return milena::elect_leaders(context, request);
    });
}

void LocalController::alter_reassignments(const AlterPartitionReassignmentsRequest& request,
                                          StringArena& strings,
                                          Done<AlterPartitionReassignmentsResponse> done) {
    submit<AlterPartitionReassignmentsResponse>(
        strings, std::move(done), [&request](ControlContext& context) {
            return milena::alter_reassignments(context, request);
        });
}

void LocalController::list_reassignments(const ListPartitionReassignmentsRequest& request,
                                         StringArena& strings,
                                         Done<ListPartitionReassignmentsResponse> done) {
    submit<ListPartitionReassignmentsResponse>(
        strings, std::move(done), [&request](ControlContext& context) {
            return milena::list_reassignments(context, request);
        });
}

void LocalController::describe_quorum(int16_t version, const DescribeQuorumRequest& request,
                                      StringArena& strings, Done<DescribeQuorumResponse> done) {
    submit<DescribeQuorumResponse>(
        strings, std::move(done), [this, version, &request](ControlContext& context) {
            return milena::describe_quorum(
                context, version, request,
                {store_.epoch(), store_.end_offset(), store_.dynamic_quorum(), clock_.now()});
        });
}

void LocalController::allocate_producer_ids(std::function<void(Result<int64_t>)> done) {
    executor_.post([this, done = std::move(done)] {
        const int64_t first = store_.state().next_producer_id();
        if (first > std::numeric_limits<int64_t>::max() - kProducerIdBlock)
            return done(Error(ErrorCode::UNKNOWN_SERVER_ERROR, "All producer ids are used up."));
        ProducerIdsRecord record;
        record.broker_id = options_.node_id;
        record.broker_epoch = store_.state().brokers().at(options_.node_id).epoch;
        record.next_producer_id = first + kProducerIdBlock;
        RecordList records;
        records.add(record, 0);
        commits_->commit(records, [first, done](Result<void> committed) {
            if (!committed) return done(committed.error());
            done(first);
        });
    });
}

}  // namespace milena
