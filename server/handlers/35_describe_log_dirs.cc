// SPDX-License-Identifier: Apache-2.0
// DescribeLogDirs: data directories, the partitions in them and their sizes.
//
// Behaviour
// - Topics null means everything; partitions that are not here are left out without an error.
// - The metadata log is not listed. Lag is how far the log end is behind the high watermark.
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

void add_logs(const std::vector<std::shared_ptr<Log>>& logs, const Wanted& wanted,
              Directory& directory) {
    std::map<std::string_view, size_t> position;
    for (const auto& log : logs) {
        if (wanted && !wanted->contains({log->topic(), log->partition()})) continue;
        const auto [entry, is_new] = position.try_emplace(log->topic(), directory.topics.size());
        if (is_new) directory.topics.emplace_back().name = log->topic();
        auto& partition = directory.topics[entry->second].partitions.emplace_back();
        partition.partition_index = log->partition();
        partition.partition_size = log->size_bytes();
        partition.offset_lag = std::max<int64_t>(log->high_watermark() - log->log_end_offset(), 0);
    }
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
        add_logs(description.logs, wanted, directory);
    }
    call.respond(response);
}

}  // namespace

void handle_describe_log_dirs(Broker& broker, Call<DescribeLogDirsRequest> call) {
    broker.pool.run([&broker, call] { answer(broker, call); });  // it asks the file system
}

}  // namespace milena
