// SPDX-License-Identifier: Apache-2.0
// Everything that handlers reach, made of memory: a real image and real settings, and a controller,
// partitions and requests that answer at once.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "cluster/image_state.h"
#include "protocol/message.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/create_topics_response.h"
#include "protocol/messages/response_header.h"
#include "server/broker.h"
#include "server/coordinators.h"
#include "server/producer_ids.h"
#include "server/request.h"
#include "server/settings/settings.h"

namespace milena {

/// Runs every task at once, in the caller; work of the pool never if it has stalled.
class InlineExecutor final : public Executor, public BlockingPool {
  public:
    void post(std::function<void()> task) override { task(); }
    void run(std::function<void()> work) override {
        if (!has_stalled) work();
    }
    std::unique_ptr<Timer> after(std::chrono::milliseconds, std::function<void()>) override {
        return nullptr;
    }
    bool runs_here() const override { return true; }

    bool has_stalled = false;
};

class FakeRequest final : public Request {
  public:
    FakeRequest(int16_t version, std::shared_ptr<ConnectionContext> connection, Executor& executor)
        : executor_(executor) {
        version_ = version;
        connection_ = std::move(connection);
    }
    Executor& executor() override { return executor_; }
    void send(protocol::ResponseChain chain) override {
        ++answers;
        answer = std::move(chain.buffer);
    }
    void skip_response() override { ADD_FAILURE() << "every answer here has bytes"; }
    void close_connection(const std::string& reason) override { ADD_FAILURE() << reason; }
    void on_interrupt(std::function<void(Interrupt)>) override {}

    Bytes body;
    int answers = 0;
    Bytes answer;

  private:
    Executor& executor_;
};

/// A log of a few numbers.
class FakeLog final : public Log {
  public:
    FakeLog(std::string name, int32_t index) : name_(std::move(name)), index_(index) {}

    const std::string& topic() const override { return name_; }
    int32_t partition() const override { return index_; }
    Uuid topic_id() const override { return {}; }
    std::string directory() const override { return directory_; }
    Offset log_start_offset() const override { return start; }
    Offset log_end_offset() const override { return end; }
    Offset high_watermark() const override { return watermark; }
    Offset last_stable_offset() const override { return stable; }
    int64_t size_bytes() const override { return 4096; }
    bool advance_high_watermark(Offset) override { return false; }
    Result<ValidRecords> validate(MutableBytesView, const AppendSource&,
                                  std::vector<RecordError>*) const override {
        return ValidRecords();
    }
    Result<AppendInfo> append(ValidRecords, LeaderEpoch) override { return AppendInfo(); }
    Result<VerificationGuard> start_verification(const TransactionStart&) override {
        return VerificationGuard::kNone;
    }
    Result<void> check_transaction(ProducerId, ProducerEpoch,
                                   std::optional<VerificationGuard>) const override {
        return {};
    }
    Result<LogRead> read(Offset, int64_t, Offset, bool, bool) override { return LogRead(); }
    Result<std::optional<TimestampedOffset>> offset_for_timestamp(TimestampMs) override {
        return found;
    }
    Result<std::optional<TimestampedOffset>> offset_of_max_timestamp() override { return found; }
    std::optional<LeaderEpoch> latest_epoch() const override { return LeaderEpoch(5); }
    std::optional<LeaderEpoch> epoch_of(Offset) const override { return LeaderEpoch(2); }
    std::pair<LeaderEpoch, Offset> end_offset_for_epoch(LeaderEpoch epoch) const override {
        return epoch > LeaderEpoch(5) ? std::pair(kNoLeaderEpoch, kNoOffset)
                                      : std::pair(LeaderEpoch(5), end);
    }
    Result<void> start_epoch(LeaderEpoch) override { return {}; }
    Result<Offset> delete_records_before(Offset offset) override {
        if (offset > watermark) return Error(ErrorCode::OFFSET_OUT_OF_RANGE);
        return start = std::max(start, offset);
    }
    void sync(std::function<void(Result<void>)> done) override { done({}); }
    Offset recovery_point() const override { return end; }
    std::vector<ActiveProducer> active_producers() const override { return producers; }
    void reconfigure(const LogConfig& config) override { config_ = config; }
    LogConfig config() const override { return config_; }

    Offset start{10}, stable{20}, watermark{30}, end{40};
    std::optional<TimestampedOffset> found;
    std::vector<ActiveProducer> producers;

  private:
    std::string name_;
    std::string directory_ = "/data";
    int32_t index_;
    LogConfig config_;
};

class FakePartition final : public Partition {
  public:
    FakePartition(std::string name, TopicPartition id)
        : fake(std::make_shared<FakeLog>(std::move(name), id.partition)), id_(id), log_(fake) {}

    const std::string& topic() const override { return fake->topic(); }
    TopicPartition id() const override { return id_; }
    bool is_leader() const override { return leads; }
    LeaderEpoch leader_epoch() const override { return LeaderEpoch(5); }
    const std::shared_ptr<Log>& log() const override { return log_; }
    Result<void> check_leader(LeaderEpoch epoch) const override {
        if (epoch != kNoLeaderEpoch && epoch < leader_epoch())
            return Error(ErrorCode::FENCED_LEADER_EPOCH);
        if (epoch > leader_epoch()) return Error(ErrorCode::UNKNOWN_LEADER_EPOCH);
        if (!leads) return Error(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        return {};
    }
    Result<AppendInfo> append_as_leader(MutableBytesView batch, int16_t, const AppendSource&,
                                        std::vector<RecordError>*) override {
        constexpr size_t kLastOffsetDelta = 23;
        AppendInfo info;
        info.last_offset = fake->end + load_big_endian<int32_t>(batch.data() + kLastOffsetDelta);
        fake->watermark = fake->end = info.last_offset + 1;
        return info;
    }
    void when_acknowledgeable(const AppendInfo&, int16_t,
                              std::function<void(Result<void>)> done) override {
        done({});
    }
    Result<FetchData> fetch(Offset, int64_t, Isolation, bool) override { return FetchData(); }
    Offset readable_end(Isolation isolation) const override {
        return isolation == Isolation::kReadCommitted ? fake->stable : fake->watermark;
    }
    void add_waiter(std::weak_ptr<PartitionWaiter>) override {}
    void remove_waiter(const PartitionWaiter*) override {}

    bool leads = true;
    std::shared_ptr<FakeLog> fake;

  private:
    TopicPartition id_;
    std::shared_ptr<Log> log_;
};

class FakePartitions final : public PartitionTable {
  public:
    std::shared_ptr<Partition> find(const TopicPartition& id) const override {
        const auto found = partitions.find(id);
        return found == partitions.end() ? nullptr : found->second;
    }
    std::map<TopicPartition, std::shared_ptr<FakePartition>> partitions;
};

class FakeLogs final : public LogManager {
  public:
    std::vector<DirectoryIdentity> identities() const override { return {}; }
    int64_t previous_broker_epoch() const override { return -1; }
    Result<void> load(std::vector<ExpectedLog>) override { return {}; }
    Result<std::shared_ptr<Log>> get_or_create(const ExpectedLog&) override { return nullptr; }
    std::shared_ptr<Log> find(const std::string&, int32_t) const override { return nullptr; }
    Result<void> remove(const std::string&, int32_t) override { return {}; }
    void on_directory_failure(std::function<void(const DirectoryFailure&)>) override {}
    Result<void> move(const std::string& topic, int32_t partition,
                      const std::string& directory) override {
        moved.push_back(topic + "-" + std::to_string(partition) + " to " + directory);
        return moving;
    }
    void on_log_moving(LogAnnouncer) override {}
    void set_move_rate(double) override {}
    std::vector<Uuid> cordon(const std::set<std::string>&) override { return {}; }
    Result<void> save_log_starts() override { return saving_log_starts; }
    std::vector<DirectoryDescription> describe() const override { return directories; }
    std::shared_ptr<const Uuid> directory_of(const std::string&, int32_t) const override {
        return nullptr;
    }
    void start_background() override {}
    void stop_background() override {}
    Result<void> shut_down(int64_t) override { return {}; }

    std::vector<DirectoryDescription> directories;
    std::vector<std::string> moved;
    Result<void> moving;             ///< what it leads to
    Result<void> saving_log_starts;  ///< what it leads to
};

class FakeController;

/// One node, id 1, that a client dialled at 10.0.0.1:9092.
class World : public testing::Test {
  public:
    World();
    ~World() override;

    /// A topic whose partitions this node leads.
    FakePartition& add_topic(std::string_view name, int32_t partitions);
    /// What `handler` answers to what is left of `body` on the wire; it must do so at once, and
    /// once.
    template <class Response, class Body>
    Response ask(void (*handler)(Broker&, Call<Body>), int16_t version, const Body& body) {
        auto request = std::make_shared<FakeRequest>(version, connection, executor);
        requests_.push_back(request);
        request->body = protocol::encode_message(body, version);
        auto decoded = protocol::decode_message<Body>(request->body, version);
        EXPECT_TRUE(decoded);
        handler(*broker, Call<Body>{request, std::make_shared<const Body>(*decoded)});
        EXPECT_EQ(request->answers, 1);
        return read<Response>(request->answer, version);
    }

    void set_broker(BrokerState state);

    InlineExecutor executor;
    ImageState image{"a-cluster", 1};
    FakePartitions partitions;
    FakeLogs logs;
    std::shared_ptr<ConnectionContext> connection = std::make_shared<ConnectionContext>();
    std::unique_ptr<Settings> settings;
    std::unique_ptr<FakeController> controller;
    std::unique_ptr<ProducerIds> producer_ids;
    std::unique_ptr<Coordinators> coordinators;
    std::unique_ptr<Broker> broker;

  private:
    template <class Response>
    static Response read(BytesView frame, int16_t version) {
        protocol::Reader reader(frame.subspan(sizeof(int32_t)));
        auto header = protocol::decode_next<protocol::ResponseHeader>(
            reader, Response::header_version(version));
        EXPECT_TRUE(header);
        auto response = protocol::decode_next<Response>(reader, version);
        EXPECT_TRUE(response);
        EXPECT_EQ(reader.remaining(), 0u);
        return response ? *response : Response();
    }

    std::deque<std::shared_ptr<FakeRequest>> requests_;  // answers borrow from them
};

/// Creates what it is asked for, unless it refuses everything; gives producer ids when told to.
class FakeController final : public Controller {
  public:
    explicit FakeController(World& world) : world_(world) {}

    void create_topics(int16_t version, const protocol::CreateTopicsRequest& request, StringArena&,
                       Done<protocol::CreateTopicsResponse> done) override;
    void delete_topics(int16_t, const protocol::DeleteTopicsRequest&, StringArena&,
                       Done<protocol::DeleteTopicsResponse>) override {}
    void create_partitions(const protocol::CreatePartitionsRequest&, StringArena&,
                           Done<protocol::CreatePartitionsResponse>) override {}
    void alter_configs(const protocol::AlterConfigsRequest&, StringArena&,
                       Done<protocol::AlterConfigsResponse>) override {}
    void incremental_alter_configs(const protocol::IncrementalAlterConfigsRequest&, StringArena&,
                                   Done<protocol::IncrementalAlterConfigsResponse>) override {}
    void update_features(int16_t, const protocol::UpdateFeaturesRequest&, StringArena&,
                         Done<protocol::UpdateFeaturesResponse>) override {}
    void elect_leaders(const protocol::ElectLeadersRequest&, StringArena&,
                       Done<protocol::ElectLeadersResponse>) override {}
    void alter_reassignments(const protocol::AlterPartitionReassignmentsRequest&, StringArena&,
                             Done<protocol::AlterPartitionReassignmentsResponse>) override {}
    void list_reassignments(const protocol::ListPartitionReassignmentsRequest&, StringArena&,
                            Done<protocol::ListPartitionReassignmentsResponse>) override {}
    void describe_quorum(int16_t, const protocol::DescribeQuorumRequest&, StringArena&,
                         Done<protocol::DescribeQuorumResponse>) override {}
    void allocate_producer_ids(std::function<void(Result<int64_t>)> done) override {
        blocks_asked.push_back(std::move(done));
    }

    bool refuses = false;
    std::map<std::string, std::map<std::string, std::string>> created;  // name -> configs
    std::deque<std::function<void(Result<int64_t>)>> blocks_asked;

  private:
    World& world_;
};

}  // namespace milena
