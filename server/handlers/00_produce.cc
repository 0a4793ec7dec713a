// SPDX-License-Identifier: Apache-2.0
// Produce (key 0)
//
// Behaviour: each partition's batch is appended or refused on its own. acks=-1 is answered when
// the in-sync replicas have it, acks=1 when this leader has it, acks=0 never: then the first error
// closes the connection, which is how the client learns that its metadata is old. Other values of
// acks are INVALID_REQUIRED_ACKS. What is not committed within timeout_ms is answered
// REQUEST_TIMED_OUT; it stays appended. Clients may not write to internal topics.
//
// A batch of a transaction is appended only if the transaction's coordinator knows of the
// partition: else INVALID_TXN_STATE (from version 11 on TRANSACTION_ABORTABLE), or
// NOT_ENOUGH_REPLICAS if the coordinator can't be asked. From version 12 on the coordinator adds
// the partition.
//
// Versions: 3 is the first with today's batches (ApiVersions shows 0, because old librdkafka
// refuses a broker without it). 5 log start offset. 7 zstd, UNSUPPORTED_COMPRESSION_TYPE before.
// 8 errors of single records, and messages. 9 flexible. 10 the current leader and its address with
// NOT_LEADER_OR_FOLLOWER. 12 transactions without AddPartitionsToTxn. 13 topics by id.
#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "base/log.h"
#include "coordinator/internal_topics.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/produce_response.h"
#include "protocol/record_batch.h"
#include "protocol/record_validator.h"
#include "server/handlers/handlers.h"
#include "server/handlers/leader_hints.h"
#include "server/transactional_write.h"

namespace milena {

namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;
using PartitionAnswer = ProduceResponse::PartitionProduceResponse;

constexpr int16_t kFirstVersionWithZstd = 7, kFirstVersionWithAbortableError = 11,
                  kFirstVersionWithImplicitPartitions = 12, kFirstVersionWithTopicIds = 13;

/// What a producer is told that can't be verified: it must be able to try again.
Error refusal_of(const Error& verdict, int16_t version) {
    switch (verdict.code()) {
        case ErrorCode::INVALID_TXN_STATE:
            return Error(verdict.code(), "the partition is not part of the transaction");
        case ErrorCode::CONCURRENT_TRANSACTIONS:
            if (version >= kFirstVersionWithImplicitPartitions) return Error(verdict.code());
            [[fallthrough]];
        case ErrorCode::COORDINATOR_LOAD_IN_PROGRESS:
        case ErrorCode::COORDINATOR_NOT_AVAILABLE:
        case ErrorCode::NOT_COORDINATOR:
            return Error(ErrorCode::NOT_ENOUGH_REPLICAS,
                         "the transaction could not be verified: " + verdict.to_string());
        default:
            return Error(verdict.code());
    }
}

/// Of failed appends Kafka gives the log start only where the batch itself could be read.
bool tells_log_start(ErrorCode error, BytesView records) {
    switch (error) {
        case ErrorCode::NOT_LEADER_OR_FOLLOWER:
        case ErrorCode::UNKNOWN_TOPIC_OR_PARTITION:
        case ErrorCode::MESSAGE_TOO_LARGE:
        case ErrorCode::RECORD_LIST_TOO_LARGE:
        case ErrorCode::CORRUPT_MESSAGE:
        case ErrorCode::KAFKA_STORAGE_ERROR:
        case ErrorCode::NOT_ENOUGH_REPLICAS:
            return false;
        case ErrorCode::INVALID_RECORD:
            return check_produced_records(records).has_value();
        default:
            return true;
    }
}

/// One request from its first append to its answer. Appends run on the request's core;
/// acknowledgements may come from any thread, and the time limit from the core.
class ProduceCall : public std::enable_shared_from_this<ProduceCall> {
  public:
    ProduceCall(Broker& broker, Call<ProduceRequest> call)
        : broker_(broker), call_(std::move(call)), image_(broker.image()) {}

    void run() {
        if (call_->transactional_id) return verify_transaction();
        append();
    }

  private:
    void append() {
        append_all();
        if (call_->acks == 0) return finish_without_answer();
        await_acknowledgements();
    }

    struct Appended {
        std::shared_ptr<Partition> partition;
        AppendInfo info;
        PartitionAnswer* answer;
        bool acknowledged = false;
    };

    /// Asks the coordinator of the producer's transaction, then appends.
    void verify_transaction();
    std::optional<TransactionalWrite::Target> target_of(
        const TopicState& topic, const ProduceRequest::PartitionProduceData& data) const;
    void append_all();
    void append_topic(const ProduceRequest::TopicProduceData& data,
                      ProduceResponse::TopicProduceResponse& answers);
    void append_partition(const TopicState* topic, ErrorCode unknown_topic,
                          const ProduceRequest::PartitionProduceData& data,
                          PartitionAnswer& answer);
    Result<void> check_batches(const TopicState& topic, BytesView batches) const;
    Result<AppendSource> source_of(const ProduceRequest::PartitionProduceData& data) const;
    /// The same bytes, writable: offsets are stamped where the batch arrived.
    MutableBytesView in_frame(BytesView records) const;
    const TopicState* find_topic(const ProduceRequest::TopicProduceData& data) const;
    void refuse_all(const Error& error);
    void refuse(PartitionAnswer& answer, const Error& error, const PartitionState* state = nullptr);
    void add_record_errors(PartitionAnswer& answer, const std::vector<RecordError>& errors);

    void await_acknowledgements();
    void await_acknowledgement(size_t index);
    void on_acknowledged(size_t index, const Result<void>& result);
    void on_timeout();
    /// REQUIRES: mutex_ held. True for the one who answers.
    bool take_answer(bool ready) { return ready && !std::exchange(answered_, true); }
    void answer();
    void finish_without_answer();

    Broker& broker_;
    const Call<ProduceRequest> call_;
    const MetadataImagePtr image_;
    ProduceResponse response_;
    std::vector<Appended> appended_;
    std::map<const ProduceRequest::PartitionProduceData*, WriteVerdicts::value_type> verdicts_;
    std::optional<Error> first_error_;

    std::mutex mutex_;
    size_t waiting_ = 0;  // guarded by mutex_, as are the three below
    bool answered_ = false;
    std::unique_ptr<Timer> timer_;
};

const TopicState* ProduceCall::find_topic(const ProduceRequest::TopicProduceData& data) const {
    return call_.version() >= kFirstVersionWithTopicIds ? image_->topic(data.topic_id)
                                                        : image_->topic(data.name);
}

void ProduceCall::verify_transaction() {
    TransactionalWrite write;
    write.transactional_id = *call_->transactional_id;
    write.support = transaction_support(call_.version(), kFirstVersionWithAbortableError,
                                        kFirstVersionWithImplicitPartitions);
    std::vector<const ProduceRequest::PartitionProduceData*> written;
    std::set<std::pair<ProducerId, ProducerEpoch>> producers;
    for (const auto& topic_data : call_->topic_data) {
        const TopicState* topic = find_topic(topic_data);
        for (const auto& data : topic_data.partition_data) {
            const auto batch = RecordBatchView::parse(data.records.bytes());
            if (!batch || !batch->is_transactional()) continue;
            producers.emplace(batch->producer_id(), batch->producer_epoch());
            auto target = topic ? target_of(*topic, data) : std::nullopt;
            if (!target) continue;  // appending tells why
            target->sequence = batch->base_sequence();
            write.targets.push_back(std::move(*target));
            written.push_back(&data);
        }
    }
    if (producers.size() > 1) return refuse_all(Error(ErrorCode::INVALID_PRODUCER_ID_MAPPING));
    if (written.empty()) return append();
    write.producer = {producers.begin()->first, producers.begin()->second};
    verify_write(broker_, call_.request->executor(), std::move(write),
                 [self = shared_from_this(), written](const WriteVerdicts& verdicts) {
                     for (size_t i = 0; i < written.size(); ++i)
                         self->verdicts_.emplace(written[i], verdicts[i]);
                     self->append();
                 });
}

std::optional<TransactionalWrite::Target> ProduceCall::target_of(
    const TopicState& topic, const ProduceRequest::PartitionProduceData& data) const {
    if (!check_batches(topic, data.records.bytes())) return {};
    auto partition = broker_.partitions.find(TopicPartition{topic.id, data.index});
    if (!partition) return {};
    return TransactionalWrite::Target{topic.name, data.index, std::move(partition)};
}

Result<AppendSource> ProduceCall::source_of(
    const ProduceRequest::PartitionProduceData& data) const {
    AppendSource source = AppendOrigin::kClient;
    source.guard = VerificationGuard::kNone;
    const auto verdict = verdicts_.find(&data);
    if (verdict == verdicts_.end()) return source;
    if (!verdict->second) return refusal_of(verdict->second.error(), call_.version());
    source.guard = *verdict->second;
    return source;
}

void ProduceCall::refuse_all(const Error& error) {
    for (const auto& topic_data : call_->topic_data) {
        auto& topic = response_.responses.emplace_back();
        topic.name = topic_data.name;
        topic.topic_id = topic_data.topic_id;
        for (const auto& data : topic_data.partition_data) {
            auto& answer = topic.partition_responses.emplace_back();
            answer.index = data.index;
            refuse(answer, error);
        }
    }
    if (call_->acks == 0) return finish_without_answer();
    answer();
}

void ProduceCall::append_all() {
    // Sized first: appended_ points into it.
    response_.responses.resize(call_->topic_data.size());
    for (size_t i = 0; i < call_->topic_data.size(); ++i)
        append_topic(call_->topic_data[i], response_.responses[i]);
}

void ProduceCall::append_topic(const ProduceRequest::TopicProduceData& data,
                               ProduceResponse::TopicProduceResponse& answers) {
    bool by_id = call_.version() >= kFirstVersionWithTopicIds;
    const TopicState* topic = find_topic(data);
    auto unknown = by_id ? ErrorCode::UNKNOWN_TOPIC_ID : ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    answers.name = data.name;
    answers.topic_id = data.topic_id;
    answers.partition_responses.resize(data.partition_data.size());
    for (size_t i = 0; i < data.partition_data.size(); ++i)
        append_partition(topic, unknown, data.partition_data[i], answers.partition_responses[i]);
}

void ProduceCall::append_partition(const TopicState* topic, ErrorCode unknown_topic,
                                   const ProduceRequest::PartitionProduceData& data,
                                   PartitionAnswer& answer) {
    answer.index = data.index;
    if (call_->acks < -1 || call_->acks > 1)
        return refuse(answer, Error(ErrorCode::INVALID_REQUIRED_ACKS));
    if (!topic) return refuse(answer, Error(unknown_topic));
    if (data.index < 0 || static_cast<size_t>(data.index) >= topic->partitions.size())
        return refuse(answer, Error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    if (auto checked = check_batches(*topic, data.records.bytes()); !checked)
        return refuse(answer, checked.error());

    const PartitionState& state = topic->partitions[static_cast<size_t>(data.index)];
    auto partition = broker_.partitions.find(TopicPartition{topic->id, data.index});
    if (!partition) return refuse(answer, Error(ErrorCode::NOT_LEADER_OR_FOLLOWER), &state);
    const auto source = source_of(data);
    if (!source) return refuse(answer, source.error(), &state);
    std::vector<RecordError> record_errors;
    auto appended = partition->append_as_leader(in_frame(data.records.bytes()), call_->acks,
                                                *source, &record_errors);
    if (!appended) {
        refuse(answer, appended.error(), &state);
        if (tells_log_start(appended.error().code(), data.records.bytes()))
            answer.log_start_offset = partition->log()->log_start_offset().value;
        return add_record_errors(answer, record_errors);
    }
    answer.base_offset = appended->first_offset.value;
    answer.log_append_time_ms = appended->log_append_time.value;
    answer.log_start_offset = appended->log_start_offset.value;
    appended_.push_back({std::move(partition), *appended, &answer});
}

MutableBytesView ProduceCall::in_frame(BytesView records) const {
    if (records.empty()) return {};
    MutableBytesView frame = call_.request->frame();
    return frame.subspan(static_cast<size_t>(records.data() - frame.data()), records.size());
}

Result<void> ProduceCall::check_batches(const TopicState& topic, BytesView batches) const {
    if (is_internal_topic(topic.name))
        return Error(ErrorCode::INVALID_TOPIC_EXCEPTION,
                     "clients can't write to the internal topic " + topic.name);
    auto batch = RecordBatchView::parse(batches);
    if (!batch) return {};  // the log says what is wrong with it
    if (call_.version() < kFirstVersionWithZstd && batch->compression() == CompressionType::kZstd)
        return Error(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
                     "zstd needs Produce version 7 or later");
    if (batch->is_transactional() && !call_->transactional_id)
        return Error(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    return {};
}

void ProduceCall::refuse(PartitionAnswer& answer, const Error& error, const PartitionState* state) {
    answer.error_code = static_cast<int16_t>(error.code());
    answer.base_offset = -1;
    if (!error.message().empty()) answer.error_message = call_.strings().own(error.message());
    if (state && wants_leader_hint(error.code()) && call_.version() >= 10)
        add_leader_hint(broker_, *image_, call_.request->connection(), *state, response_, answer);
    if (!first_error_) first_error_ = error;
}

void ProduceCall::add_record_errors(PartitionAnswer& answer,
                                    const std::vector<RecordError>& errors) {
    for (const RecordError& error : errors) {
        auto& row = answer.record_errors.emplace_back();
        row.batch_index = error.batch_index;
        row.batch_index_error_message = call_.strings().own(error.message);
    }
}

void ProduceCall::await_acknowledgements() {
    waiting_ = appended_.size() + 1;  // and this function
    for (size_t i = 0; i < appended_.size(); ++i) await_acknowledgement(i);
    std::unique_lock lock(mutex_);
    if (take_answer(--waiting_ == 0)) {
        lock.unlock();
        return answer();
    }
    if (answered_) return;
    // Holds this object until then, so that it outlives acknowledgements that never come.
    timer_ =
        call_.request->executor().after(std::chrono::milliseconds(std::max(call_->timeout_ms, 0)),
                                        [self = shared_from_this()] { self->on_timeout(); });
}

void ProduceCall::await_acknowledgement(size_t index) {
    const auto& [partition, info, answer, acknowledged] = appended_[index];
    // Enough for every kind of acks; only who has to wait needs a callback.
    if (info.last_offset < partition->log()->high_watermark()) return on_acknowledged(index, {});
    partition->when_acknowledgeable(info, call_->acks,
                                    [self = shared_from_this(), index](const Result<void>& result) {
                                        self->on_acknowledged(index, result);
                                    });
}

void ProduceCall::on_acknowledged(size_t index, const Result<void>& result) {
    std::unique_lock lock(mutex_);
    if (answered_) return;
    appended_[index].acknowledged = true;
    if (!result) refuse(*appended_[index].answer, result.error());
    bool last = take_answer(--waiting_ == 0);
    auto timer = last ? std::move(timer_) : nullptr;
    lock.unlock();
    if (last) answer();
}

void ProduceCall::on_timeout() {
    {
        std::lock_guard lock(mutex_);
        if (!take_answer(true)) return;
        for (const Appended& appended : appended_)
            if (!appended.acknowledged)
                refuse(*appended.answer, Error(ErrorCode::REQUEST_TIMED_OUT));
    }
    answer();
}

void ProduceCall::answer() { call_.respond(response_); }

void ProduceCall::finish_without_answer() {
    if (first_error_)
        call_.request->close_connection("Produce with acks=0: " + first_error_->to_string());
    else
        call_.request->skip_response();
}

}  // namespace

void handle_produce(Broker& broker, Call<ProduceRequest> call) {
    std::make_shared<ProduceCall>(broker, std::move(call))->run();
}

}  // namespace milena
