// SPDX-License-Identifier: Apache-2.0
#include "coordinator/transaction/transaction_coordinator.h"

#include "base/log.h"
#include "coordinator/internal_topics.h"
#include "coordinator/runtime/gathering.h"

namespace milena {

namespace {

Error empty_id() { return Error(ErrorCode::INVALID_REQUEST, "the transactional id is empty"); }

}  // namespace

TransactionCoordinator::TransactionCoordinator(TransactionOptions options, TransactionParts parts)
    : options_(options),
      take_producer_id_(std::move(parts.take_producer_id)),
      markers_(parts.runtime.partitions, parts.groups, parts.runtime.clock) {
    parts.runtime.topic = kTransactionTopic;
    TransactionHost& host = *this;
    parts.runtime.make_machine = [this, &host](TimerQueue& timers) {
        return std::make_unique<TransactionShard>(options_, timers, host);
    };
    runtime_ = std::make_unique<CoordinatorRuntime>(std::move(parts.runtime));
}

void TransactionCoordinator::follow(const MetadataImagePtr& image) {
    image_.store(image);
    runtime_->follow(image);
}

void TransactionCoordinator::submit(const std::string& transactional_id, Handle handle,
                                    std::function<void(const Error&)> refuse) {
    runtime_->submit(transactional_id, {[handle = std::move(handle)](StateMachine& machine) {
                                            return handle(static_cast<TransactionShard&>(machine));
                                        },
                                        std::move(refuse)});
}

template <class Request, class Answer, class Method>
void TransactionCoordinator::ask(Request request, Done<Answer> done, Method method) {
    if (request.transactional_id.empty()) return done(empty_id());
    const std::string id = request.transactional_id;
    submit(
        id,
        [request = std::move(request), done, method](TransactionShard& shard) {
            return method(shard, request, done);
        },
        done);
}

void TransactionCoordinator::init_producer(InitProducer request, Done<ProducerIdentity> done) {
    const bool is_valid_timeout =
        request.timeout_ms > 0 && request.timeout_ms <= options_.max_timeout_ms;
    if (!request.transactional_id.empty() && !is_valid_timeout)
        return done(Error(ErrorCode::INVALID_TRANSACTION_TIMEOUT,
                          "the timeout is not within transaction.max.timeout.ms"));
    ask(std::move(request), std::move(done), [](TransactionShard& shard, auto& what, auto& answer) {
        return shard.init_producer(what, answer);
    });
}

void TransactionCoordinator::add_partitions(AddPartitions request, Done<void> done) {
    ask(std::move(request), std::move(done), [](TransactionShard& shard, auto& what, auto& answer) {
        return shard.add_partitions(what, answer);
    });
}

void TransactionCoordinator::verify_partitions(AddPartitions request, Done<NamedPartitions> done) {
    ask(std::move(request), std::move(done), [](TransactionShard& shard, auto& what, auto& answer) {
        return shard.verify_partitions(what, answer);
    });
}

void TransactionCoordinator::end(EndTransaction request, Done<ProducerIdentity> done) {
    ask(std::move(request), std::move(done),
        [](TransactionShard& shard, auto& what, auto& answer) { return shard.end(what, answer); });
}

void TransactionCoordinator::describe(std::string transactional_id, Done<Transaction> done) {
    if (transactional_id.empty()) return done(empty_id());
    submit(
        transactional_id,
        [transactional_id, done](TransactionShard& shard) {
            return shard.describe(transactional_id, done);
        },
        done);
}

void TransactionCoordinator::list(TransactionFilter filter,
                                  Done<std::vector<ListedTransaction>> done) {
    using Listed = Result<std::vector<ListedTransaction>>;
    const int32_t count = runtime_->partition_count();
    if (count == 0) return done(Listed());
    const auto gathering =
        std::make_shared<Gathering<Listed>>(Listed(), static_cast<size_t>(count), std::move(done));
    const auto shared = std::make_shared<const TransactionFilter>(std::move(filter));
    const auto take = [gathering](const Listed& part) {
        gathering->finish_part_with([&part](Listed& all, StringArena&) {
            if (!part && part.error().code() != ErrorCode::NOT_COORDINATOR)
                all = part.error();
            else if (part && all)
                all->insert(all->end(), part->begin(), part->end());
        });
    };
    for (int32_t partition = 0; partition < count; ++partition)
        runtime_->submit_to(partition, {[shared, take](StateMachine& machine) {
                                            return static_cast<TransactionShard&>(machine).list(
                                                *shared, take);
                                        },
                                        take});
}

void TransactionCoordinator::take_producer_id(
    const std::string& transactional_id,
    std::function<Effects(TransactionShard&, const Result<ProducerId>&)> then,
    std::function<void(const Error&)> refuse) {
    take_producer_id_([this, transactional_id, then = std::move(then),
                       refuse = std::move(refuse)](const Result<ProducerId>& id) {
        submit(
            transactional_id, [then, id](TransactionShard& shard) { return then(shard, id); },
            refuse);
    });
}

bool TransactionCoordinator::exists(const std::string& topic, int32_t partition) const {
    const MetadataImagePtr image = image_.load();
    const TopicState* state = image->topic(topic);
    return state && static_cast<size_t>(partition) < state->partitions.size();
}

MarkerFate TransactionCoordinator::fate_of(const std::string& topic, int32_t partition,
                                           const Error& error) const {
    switch (error.code()) {
        case ErrorCode::INVALID_PRODUCER_EPOCH:
        case ErrorCode::TRANSACTION_COORDINATOR_FENCED:
            return MarkerFate::kSuperseded;
        case ErrorCode::UNKNOWN_TOPIC_OR_PARTITION:
            return exists(topic, partition) ? MarkerFate::kRetry : MarkerFate::kNeedless;
        default:
            return MarkerFate::kRetry;
    }
}

void TransactionCoordinator::write_markers(MarkerTask what) {
    const auto task = std::make_shared<const MarkerTask>(std::move(what));
    const auto conclude = [this, task](const MarkerOutcome& outcome) {
        submit(
            task->transactional_id,
            [task, outcome](TransactionShard& shard) {
                return shard.on_markers_written(task->transactional_id, task->marker.producer,
                                                outcome);
            },
            [](const Error&) {});  // whoever loads the shard goes on with the markers
    };
    size_t count = 0;
    for (const auto& [topic, partitions] : task->partitions) count += partitions.size();
    if (count == 0) return conclude({});
    const auto round = std::make_shared<Gathering<MarkerOutcome>>(MarkerOutcome(), count, conclude);
    const MetadataImagePtr image = image_.load();
    for (const auto& [topic, partitions] : task->partitions)
        for (const int32_t partition : partitions)
            markers_.write(
                *image, topic, partition, task->marker,
                [this, task, round, &topic = topic, partition](const Result<void>& written) {
                    round->finish_part_with([&](MarkerOutcome& outcome, StringArena&) {
                        if (!written) note(outcome, topic, partition, written.error());
                    });
                });
}

void TransactionCoordinator::note(MarkerOutcome& outcome, const std::string& topic,
                                  int32_t partition, const Error& error) const {
    const MarkerFate fate = fate_of(topic, partition, error);
    if (fate == MarkerFate::kRetry) outcome.remaining[topic].insert(partition);
    if (fate == MarkerFate::kSuperseded) outcome.superseded = true;
}

}  // namespace milena
