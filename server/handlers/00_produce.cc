// SPDX-License-Identifier: Apache-2.0
// Produce (key 0)
//
// Behaviour: each partition's batch is appended or refused on its own. acks=-1 is answered when
// the in-sync replicas have it, acks=1 when this leader has it, acks=0 never: then the first error
// closes the connection, which is how the client learns that its metadata is old. Other values of
// acks are INVALID_REQUIRED_ACKS. What is not committed within timeout_ms is answered
// REQUEST_TIMED_OUT; it stays appended. Clients may not write to internal topics.
//
// Versions: 3 is the first with today's batches (ApiVersions shows 0, because old librdkafka
// refuses a broker without it). 5 log start offset. 7 zstd, UNSUPPORTED_COMPRESSION_TYPE before.
// 8 errors of single records, and messages. 9 flexible. 10 the current leader and its address with
// NOT_LEADER_OR_FOLLOWER. 12 transactions without AddPartitionsToTxn. 13 topics by id.
#include <atomic>
#include <mutex>

#include "base/log.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/produce_response.h"
#include "protocol/record_batch.h"
#include "protocol/record_validator.h"
#include "server/handlers/handlers.h"
#include "coordinator/internal_topics.h"
#include "server/handlers/leader_hints.h"

namespace milena {

namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;
using PartitionAnswer = ProduceResponse::PartitionProduceResponse;

constexpr int16_t kFirstVersionWithZstd = 7;

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
        append_all();
        if (call_->acks == 0) return finish_without_answer();
        await_acknowledgements();
    }

  private:
    struct Appended {
        std::shared_ptr<Partition> partition;
        AppendInfo info;
        PartitionAnswer* answer;
        bool acknowledged = false;
    };

    void append_all();
    void append_topic(const ProduceRequest::TopicProduceData& data,
                      ProduceResponse::TopicProduceResponse& answers);
    void append_partition(const TopicState* topic, ErrorCode unknown_topic,
                          const ProduceRequest::PartitionProduceData& data,
                          PartitionAnswer& answer);
    Result<void> check_batches(const TopicState& topic, BytesView batches) const;
    /// The same bytes, writable: offsets are stamped where the batch arrived.
    MutableBytesView in_frame(BytesView records) const;
    void refuse(PartitionAnswer& answer, const Error& error, const PartitionState* state = nullptr);
    void add_record_errors(PartitionAnswer& answer, const std::vector<RecordError>& errors);

    void await_acknowledgements();
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
    std::optional<Error> first_error_;

    std::mutex mutex_;
    size_t waiting_ = 0;  // guarded by mutex_, as are the three below
    bool answered_ = false;
    std::unique_ptr<Timer> timer_;
};

void ProduceCall::append_all() {
    // Sized first: appended_ points into it.
    response_.responses.resize(call_->topic_data.size());
    for (size_t i = 0; i < call_->topic_data.size(); ++i)
        append_topic(call_->topic_data[i], response_.responses[i]);
}

void ProduceCall::append_topic(const ProduceRequest::TopicProduceData& data,
                               ProduceResponse::TopicProduceResponse& answers) {
    bool by_id = call_.version() >= 13;
    const TopicState* topic = by_id ? image_->topic(data.topic_id) : image_->topic(data.name);
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
    std::vector<RecordError> record_errors;
    auto appended = partition->append_as_leader(in_frame(data.records.bytes()), call_->acks,
                                                AppendOrigin::kClient, &record_errors);
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
    // Transactions are not served yet, so none can be open.
    if (batch->is_transactional())
        return Error(ErrorCode::INVALID_TXN_STATE, "no transaction is open for this partition");
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
    for (size_t i = 0; i < appended_.size(); ++i)
        appended_[i].partition->when_acknowledgeable(
            appended_[i].info, call_->acks,
            [self = shared_from_this(), i](const Result<void>& result) {
                self->on_acknowledged(i, result);
            });
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
