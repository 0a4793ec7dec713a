// SPDX-License-Identifier: Apache-2.0
#include "cluster/quorum_state.h"

#include <charconv>
#include <optional>

namespace milena {
namespace {

/// The integer after `"key":`.
std::optional<int32_t> find_integer(std::string_view json, std::string_view key) {
    const size_t found = json.find("\"" + std::string(key) + "\"");
    if (found == std::string_view::npos) return std::nullopt;
    const size_t start = json.find_first_not_of(" :", found + key.size() + 2);
    if (start == std::string_view::npos) return std::nullopt;
    int32_t value = 0;
    const auto [end, error] =
        std::from_chars(json.data() + start, json.data() + json.size(), value);
    return error == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<QuorumState> read_quorum_state(FileSystem& files, const std::string& path) {
    if (!files.exists(path)) return QuorumState{};
    auto content = files.read_file(path);
    if (!content) return content.error();
    const std::string_view json = as_text(*content);
    const auto leader = find_integer(json, "leaderId");
    const auto epoch = find_integer(json, "leaderEpoch");
    const auto version = find_integer(json, "data_version");
    if (!leader || !epoch || !version)
        return Error(ErrorCode::CORRUPT_MESSAGE, path + " holds no leader and epoch");
    if (*version != 0 && *version != 1)
        return Error(ErrorCode::UNSUPPORTED_VERSION, path + " has data_version " +
                                                         std::to_string(*version) +
                                                         ", this version knows 0 and 1");
    QuorumState state{*leader, *epoch, *version == 1, {}};
    constexpr std::string_view kVoter = "\"voterId\"";
    for (size_t at = json.find(kVoter); at != json.npos; at = json.find(kVoter, at + 1))
        state.voters.push_back(find_integer(json.substr(at), "voterId").value_or(-1));
    return state;
}

Result<void> write_quorum_state(FileSystem& files, const std::string& path,
                                const QuorumState& state) {
    const std::string leader = std::to_string(state.leader_id);
    const std::string common = "\"leaderId\":" + leader +
                               ",\"leaderEpoch\":" + std::to_string(state.leader_epoch) +
                               ",\"votedId\":-1";
    if (state.dynamic)
        return files.replace_file(path, "{" + common +
                                            ",\"votedDirectoryId\":\"AAAAAAAAAAAAAAAAAAAAAA\"" +
                                            ",\"data_version\":1}");
    return files.replace_file(path, "{\"clusterId\":\"\"," + common +
                                        ",\"appliedOffset\":0,\"currentVoters\":[{\"voterId\":" +
                                        leader + "}],\"data_version\":0}");
}

}  // namespace milena
