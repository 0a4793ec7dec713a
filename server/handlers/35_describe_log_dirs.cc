// SPDX-License-Identifier: Apache-2.0
// DescribeLogDirs: data directories, the partitions in them and their sizes.
//
// Behaviour
// - Topics null means everything; partitions that are not here are left out without an error.
// - A replica that is being moved is listed in both directories, in the one it goes to as a future
//   replica, whose lag is how far the copy is behind.
// - The metadata log is not listed. Of other replicas, lag is how far the log end is behind the
// high watermark.
//
// Versions
// - v3 error code of the whole answer. v4 bytes of the volume, in all and usable. v5 whether the
//   directory is cordoned (takes no new partitions).
#include <algorithm>
#include <map>
#include <set>

#include "protocol/messages/describe_log_dirs_request.h"
#include "protocol/messages/describe_log_dirs_response.h"
#include "server/handlers/handlers.h"

namespace milena {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using Directory = DescribeLogDirsResponse::DescribeLogDirsResult;

namespace {

using Wanted = std::optional<std::set<std::pair<std::string_view, int32_t>>>;

Wanted read_wanted(const DescribeLogDirsRequest& request) {
    if (!request.topics) return std::nullopt;
    Wanted wanted(std::in_place);
    for (const auto& topic : *request.topics)
        for (const int32_t index : topic.partitions) wanted->emplace(topic.topic, index);
    return wanted;
}

/// Appends rows to a directory, those of a topic together.
class Rows {
  public:
    Rows(const Wanted& wanted, Directory& directory) : wanted_(wanted), directory_(directory) {}

    void add(std::string_view topic, int32_t partition, int64_t size, int64_t lag, bool is_future) {
        if (wanted_ && !wanted_->contains({topic, partition})) return;
        const auto [entry, is_new] = position_.try_emplace(topic, directory_.topics.size());
        if (is_new) directory_.topics.emplace_back().name = topic;
        auto& row = directory_.topics[entry->second].partitions.emplace_back();
        row.partition_index = partition;
        row.partition_size = size;
        row.offset_lag = lag;
        row.is_future_key = is_future;
    }

  private:
    const Wanted& wanted_;
    Directory& directory_;
    std::map<std::string_view, size_t> position_;
};

void add_logs(const DirectoryDescription& description, const Wanted& wanted, Directory& directory) {
    Rows rows(wanted, directory);
    for (const auto& log : description.logs)
        rows.add(log->topic(), log->partition(), log->size_bytes(),
                 std::max<int64_t>(log->high_watermark() - log->log_end_offset(), 0), false);
    for (const FutureLog& future : description.futures)
        rows.add(future.topic, future.partition, future.size_bytes, future.offset_lag, true);
}

void answer(const Broker& broker, const Call<DescribeLogDirsRequest>& call) {
    const Wanted wanted = read_wanted(*call);
    const auto descriptions = broker.logs.describe();
    DescribeLogDirsResponse response;
    for (const auto& description : descriptions) {
        Directory& directory = response.results.emplace_back();
        directory.error_code = static_cast<int16_t>(description.error);
        directory.log_dir = description.path;
        directory.total_bytes = description.total_bytes;
        directory.usable_bytes = description.usable_bytes;
        directory.is_cordoned = description.is_cordoned;
        add_logs(description, wanted, directory);
    }
    call.respond(response);
}

}  // namespace

void handle_describe_log_dirs(Broker& broker, Call<DescribeLogDirsRequest> call) {
    broker.pool.run([&broker, call] { answer(broker, call); });  // it asks the file system
}

}  // namespace milena
