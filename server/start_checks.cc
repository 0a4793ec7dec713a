// SPDX-License-Identifier: Apache-2.0
#include "server/start_checks.h"

#include <filesystem>
#include <map>

namespace milena {
namespace {

Error invalid(std::string message) { return Error(ErrorCode::INVALID_CONFIG, std::move(message)); }

}  // namespace

Result<void> check_voters(const BrokerSettings& settings) {
    const auto& voters = settings.controller_quorum_voters;
    if (voters.empty()) return {};
    const std::string own = std::to_string(settings.node_id);
    if (voters.size() > 1)
        return invalid("controller.quorum.voters names " + std::to_string(voters.size()) +
                       " nodes; a quorum of more than one is not supported yet. Leave only " + own +
                       "@host:port, or leave the setting out");
    const std::string& voter = voters.front();
    if (voter.substr(0, voter.find('@')) == own) return {};
    return invalid("controller.quorum.voters=" + voter + " does not name this node, node.id=" +
                   own + ": the two must agree, for this node is the controller");
}

Result<void> check_distinct(const std::vector<std::string>& directories) {
    std::map<std::string, std::string> known;
    for (const std::string& directory : directories) {
        std::error_code error;
        auto canonical = std::filesystem::weakly_canonical(directory, error);
        if (error) canonical = directory;
        if (canonical.filename().empty()) canonical = canonical.parent_path();  // "data/"
        const auto [same, is_new] = known.emplace(canonical.string(), directory);
        if (!is_new)
            return invalid("log.dirs names one directory twice: " + same->second + " and " +
                           directory);
    }
    return {};
}

}  // namespace milena
