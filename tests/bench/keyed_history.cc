// SPDX-License-Identifier: Apache-2.0
// Writes a history with keys into each partition of a topic, for scripts/bench-cleaner:
//
//   keyed_history HOST PORT TOPIC PARTITIONS MEGABYTES VALUE_BYTES CODEC
//
// MEGABYTES of records a partition, before they are compressed. Keys are drawn from a quarter as
// many as there are records: about a quarter of the records is the last of its key. Values are half
// text that repeats, half random: a codec makes them about half as large.
#include <cstdlib>
#include <random>

#include "protocol/messages/produce_request.h"
#include "protocol/messages/produce_response.h"
#include "protocol/record_batch_builder.h"
#include "tests/bench/connections.h"

namespace milena::bench {
namespace {

constexpr int16_t kProduceVersion = 9;
constexpr size_t kBatchBytes = 16 << 10;  // what producers have unless told otherwise
constexpr int kInFlight = 5;

struct Plan {
    std::string topic;
    int32_t partitions;
    size_t records;  ///< of a partition
    size_t value_bytes;
    CompressionType codec;
};

class History {
  public:
    History(Connections& connections, const Plan& plan, int32_t partition)
        : connections_(connections),
          plan_(plan),
          partition_(partition),
          random_(static_cast<uint64_t>(partition)) {}

    void start() {
        for (int i = 0; i < kInFlight; ++i) send();
    }
    bool is_done() const { return written_ == plan_.records && unanswered_ == 0; }

  private:
    void send() {
        if (written_ == plan_.records) return;
        const Bytes batch = next_batch();
        protocol::ProduceRequest request;
        request.acks = 1;
        request.timeout_ms = 30'000;
        auto& topic = request.topic_data.emplace_back();
        topic.name = plan_.topic;
        auto& row = topic.partition_data.emplace_back();
        row.index = partition_;
        row.records = protocol::Records(BytesView(batch));
        ++unanswered_;
        connections_.ask<protocol::ProduceResponse>(
            static_cast<size_t>(partition_), request, kProduceVersion,
            [this](const protocol::ProduceResponse& produced) {
                if (produced.responses.at(0).partition_responses.at(0).error_code != 0)
                    die("produce");
                --unanswered_;
                send();
            });
    }

    Bytes next_batch() {
        RecordBatchOptions options;
        options.compression = plan_.codec;
        RecordBatchBuilder builder(options);
        size_t bytes = 0;
        while (bytes < kBatchBytes && written_ < plan_.records) {
            const std::string key = "key-" + std::to_string(random_() % (plan_.records / 4 + 1));
            fill_value();
            const auto now = std::chrono::system_clock::now().time_since_epoch();
            NewRecord record;
            record.timestamp =
                TimestampMs(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
            record.key = as_bytes(key);
            record.value = BytesView(value_);
            if (!builder.append(record)) die("build a batch");
            bytes += key.size() + value_.size();
            ++written_;
        }
        return builder.build().value();
    }

    void fill_value() {
        constexpr std::string_view kText = "\"name\": \"somebody\", \"city\": ";
        value_.resize(plan_.value_bytes);
        for (size_t i = 0; i < value_.size(); ++i) {
            const bool is_text = i / kText.size() % 2 == 0;
            value_[i] = static_cast<uint8_t>(is_text ? kText[i % kText.size()] : random_());
        }
    }

    Connections& connections_;
    const Plan& plan_;
    const int32_t partition_;
    std::minstd_rand random_;
    Bytes value_;
    size_t written_ = 0;
    int unanswered_ = 0;
};

void run(const std::string& host, const std::string& port, const Plan& plan) {
    Connections connections(host, port, static_cast<size_t>(plan.partitions));
    std::deque<History> histories;
    for (int32_t i = 0; i < plan.partitions; ++i) histories.emplace_back(connections, plan, i);
    for (History& history : histories) history.start();
    for (const History& history : histories)
        connections.run_until([&] { return history.is_done(); });
}

CompressionType codec_of(const std::string& name) {
    for (int i = 0; i <= kCompressionTypeLast; ++i)
        if (compression_name(static_cast<CompressionType>(i)) == name)
            return static_cast<CompressionType>(i);
    die("no codec " + name);
}

}  // namespace
}  // namespace milena::bench

int main(int argc, char** argv) {
    using namespace milena::bench;
    if (argc != 8) {
        std::fprintf(stderr, "see the head of keyed_history.cc\n");
        return 2;
    }
    const auto megabytes = static_cast<size_t>(std::atoi(argv[5]));
    const auto value_bytes = static_cast<size_t>(std::atoi(argv[6]));
    run(argv[1], argv[2],
        {argv[3], std::atoi(argv[4]), megabytes * 1'000'000 / value_bytes, value_bytes,
         codec_of(argv[7])});
}
