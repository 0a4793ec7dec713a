// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "server/offline/file_kind.h"
#include "server/offline/verify.h"
#include "storage/directory_files.h"
#include "storage/text_checkpoint.h"

namespace milena {
namespace {

/// Asks the kernel who holds a lock, without taking one.
bool is_locked(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    struct flock whole{};
    whole.l_type = F_WRLCK;
    const bool asked = ::fcntl(descriptor, F_GETLK, &whole) == 0;
    ::close(descriptor);
    return asked && whole.l_type != F_UNLCK;
}

const PartitionState* partition_of(const ImageState& image, const PartitionName& name,
                                   const TopicState*& topic) {
    topic = image.topic(name.topic);
    if (!topic || name.partition >= std::ssize(topic->partitions)) return nullptr;
    return &topic->partitions[static_cast<size_t>(name.partition)];
}

void verify_belonging(Verification& run, const std::string& path, const PartitionName& name,
                      const VerifiedLog& log, const ImageState& image) {
    const TopicState* topic = nullptr;
    if (!partition_of(image, name, topic))
        run.report.damage(path, "is stray: the metadata knows of no such partition");
    else if (log.topic_id && *log.topic_id != topic->id)
        run.report.damage(path, "is stray: it is of topic id " + log.topic_id->to_string() +
                                    ", the metadata says " + topic->id.to_string());
}

/// Now, or at some time before.
bool is_compacted(const OffsetCheckpoint& cleaned, const PartitionName& name,
                  const ImageState* image) {
    if (cleaned.contains(name)) return true;
    const ConfigMap* configs =
        image ? image->configs({ConfigResourceType::kTopic, name.topic}) : nullptr;
    if (!configs) return false;
    const auto policy = configs->find("cleanup.policy");
    return policy != configs->end() && policy->second.find("compact") != std::string::npos;
}

void take_partition(Verification& run, const std::string& directory, const PartitionName& name,
                    LogHistory history, const ImageState* image, FoundLogs& found) {
    const std::string path = directory + "/" + name.directory_name();
    const bool is_metadata = name.directory_name() == kMetadataDirectory;
    const VerifiedLog log = verify_partition(run, path, history);
    if (image && !is_metadata) verify_belonging(run, path, name, log, *image);
    if (!found.emplace(name, log).second)
        run.report.damage(path, "is in another data directory, too");
}

/// What stands in a data directory beside partitions.
void look_at_other(Verification& run, const std::string& directory, const std::string& name) {
    const std::string path = directory + "/" + name;
    if (name.ends_with(kDeletedDirectorySuffix))
        run.report.note(path, "was deleted; a broker removes it at its start");
    else if (name.ends_with(kStrayDirectorySuffix))
        run.report.note(path, "was set aside, as it belonged to no topic");
    else if (name.ends_with(kFutureDirectorySuffix))
        run.report.note(path, "is a replica on its way to this directory");
    else if (name_file(path).kind == FileKind::kUnknown)
        run.report.note(path, "is no file of a data directory");
}

}  // namespace

void verify_data_directory(Verification& run, const std::string& directory, const ImageState* image,
                           FoundLogs& found) {
    if (is_locked(directory + "/.lock"))
        run.report.note(directory, "is in use: what is being written may look like damage");
    const bool was_stopped = read_clean_shutdown(run.files, directory).has_value();
    auto names = run.files.list(directory);
    if (!run.is_readable(directory, names)) return;
    // If it can't be read, verify_expected says so.
    const auto cleaned =
        read_offset_checkpoint(run.files, directory + "/" + std::string(kCleanerCheckpoint));
    for (const std::string& name : *names) {
        if (const auto partition = parse_partition_directory(name))
            take_partition(run, directory, *partition,
                           {was_stopped, !cleaned || is_compacted(*cleaned, *partition, image)},
                           image, found);
        else
            look_at_other(run, directory, name);
    }
}

void verify_expected(Verification& run, const std::vector<std::string>& directories,
                     const ImageState* image, const FoundLogs& found) {
    for (const std::string& directory : directories)
        for (const std::string_view checkpoint : kOffsetCheckpoints) {
            const std::string path = directory + "/" + std::string(checkpoint);
            auto offsets = read_offset_checkpoint(run.files, path);
            if (!run.is_readable(path, offsets)) continue;
            for (const auto& [name, offset] : *offsets) {
                const auto log = found.find(name);
                const TopicState* topic = nullptr;
                if (log != found.end() && offset > log->second.end)
                    run.report.damage(path, name.directory_name() + " is known up to offset " +
                                                std::to_string(offset.value) + ", but ends at " +
                                                std::to_string(log->second.end.value));
                if (log == found.end() && offset > Offset(0) && image &&
                    partition_of(*image, name, topic))
                    run.report.damage(path, name.directory_name() + " is known up to offset " +
                                                std::to_string(offset.value) +
                                                ", but has no directory");
            }
        }
}

}  // namespace milena
