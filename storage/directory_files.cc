// SPDX-License-Identifier: Apache-2.0
#include "storage/directory_files.h"

#include <charconv>
#include <ctime>
#include <map>
#include <sstream>

#include "storage/file_names.h"

namespace milena {
namespace {

std::string identity_path(const std::string& directory) { return directory + "/meta.properties"; }
std::string clean_shutdown_path(const std::string& directory) {
    return directory + "/.kafka_cleanshutdown";
}

std::string_view trimmed(std::string_view text) {
    size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Java properties, as far as meta.properties needs them.
std::map<std::string, std::string> parse_properties(std::string_view content) {
    std::map<std::string, std::string> values;
    std::istringstream text{std::string(content)};
    for (std::string line; std::getline(text, line);) {
        std::string_view rest = trimmed(line);
        if (rest.empty() || rest[0] == '#' || rest[0] == '!') continue;
        size_t separator = rest.find_first_of("=:");
        if (separator == std::string_view::npos) continue;
        std::string value;
        for (std::string_view escaped = trimmed(rest.substr(separator + 1)); !escaped.empty();
             escaped.remove_prefix(1)) {
            if (escaped[0] == '\\' && escaped.size() > 1) escaped.remove_prefix(1);
            value.push_back(escaped[0]);
        }
        values[std::string(trimmed(rest.substr(0, separator)))] = value;
    }
    return values;
}

std::optional<int64_t> parse_integer(std::string_view text) {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

Error bad_identity(const std::string& path, const std::string& what) {
    return Error(ErrorCode::KAFKA_STORAGE_ERROR, path + ": " + what);
}

std::string java_date() {
    std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    std::strftime(text, sizeof text, "%a %b %d %H:%M:%S UTC %Y", &parts);
    return text;
}

}  // namespace

Result<std::optional<DirectoryIdentity>> read_identity(FileSystem& files,
                                                       const std::string& directory) {
    const std::string path = identity_path(directory);
    if (!files.exists(path)) return std::optional<DirectoryIdentity>();
    auto content = files.read_file(path);
    if (!content) return content.error();
    auto values = parse_properties(as_text(*content));
    if (values["version"] != "1")
        return bad_identity(path, "version '" + values["version"] +
                                      "' is not supported, only 1 is (written by Apache Kafka in "
                                      "KRaft mode)");
    DirectoryIdentity identity;
    identity.cluster_id = values["cluster.id"];
    auto node_id = parse_integer(values["node.id"]);
    if (identity.cluster_id.empty()) return bad_identity(path, "it has no cluster.id");
    if (!node_id) return bad_identity(path, "it has no node.id");
    identity.node_id = static_cast<int32_t>(*node_id);
    // Directories formatted before Kafka 3.7 have none; they get one when they are next written.
    if (auto id = Uuid::parse(values["directory.id"])) identity.directory_id = *id;
    return std::optional<DirectoryIdentity>(identity);
}

Result<void> write_identity(FileSystem& files, const std::string& directory,
                            const DirectoryIdentity& identity) {
    std::string text = "#\n#" + java_date() + "\n";
    text += "cluster.id=" + identity.cluster_id + "\n";
    text += "directory.id=" + identity.directory_id.to_string() + "\n";
    text += "node.id=" + std::to_string(identity.node_id) + "\n";
    text += "version=1\n";
    return files.replace_file(identity_path(directory), text);
}

std::optional<int64_t> read_clean_shutdown(FileSystem& files, const std::string& directory) {
    const std::string path = clean_shutdown_path(directory);
    if (!files.exists(path)) return {};
    auto content = files.read_file(path);
    // Its being there is what tells. A recovery beside it would, interrupted, be taken for done.
    if (!content) return -1;
    // {"version":0,"brokerEpoch":13}; without an epoch (Kafka before 3.7 wrote none) it is -1.
    std::string_view text = as_text(*content);
    constexpr std::string_view kKey = "\"brokerEpoch\":";
    size_t key = text.find(kKey);
    if (key == std::string_view::npos) return -1;
    std::string_view rest = trimmed(text.substr(key + kKey.size()));
    return parse_integer(rest.substr(0, rest.find_first_not_of("-0123456789"))).value_or(-1);
}

Result<void> write_clean_shutdown(FileSystem& files, const std::string& directory,
                                  int64_t broker_epoch) {
    return files.replace_file(
        clean_shutdown_path(directory),
        "{\"version\":0,\"brokerEpoch\":" + std::to_string(broker_epoch) + "}");
}

Result<void> remove_clean_shutdown(FileSystem& files, const std::string& directory) {
    if (auto removed = files.remove(clean_shutdown_path(directory)); !removed) return removed;
    return files.sync_directory(directory);
}

std::string topic_id_path(const std::string& partition_directory) {
    return partition_directory + "/" + std::string(kPartitionMetadata);
}

Result<std::optional<Uuid>> read_topic_id(FileSystem& files,
                                          const std::string& partition_directory) {
    const std::optional<Uuid> none;
    const std::string path = topic_id_path(partition_directory);
    auto content = files.read_file(path);
    if (!content && files.exists(path)) return content.error();
    if (!content) return none;
    auto values = parse_properties(as_text(*content));
    if (values["version"] != "0") return none;
    return Uuid::parse(values["topic_id"]);
}

Result<void> write_topic_id(FileSystem& files, const std::string& partition_directory,
                            Uuid topic_id) {
    auto file = files.open(topic_id_path(partition_directory), OpenMode::kTruncate);
    if (!file) return file.error();
    std::string text = "version: 0\ntopic_id: " + topic_id.to_string();
    return (*file)->write_at(0, as_bytes(text));
}

}  // namespace milena
