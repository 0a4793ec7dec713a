// SPDX-License-Identifier: Apache-2.0
#include "server/offline/verify.h"

#include "server/offline/offline_tools.h"
#include "storage/directory_files.h"

namespace milena {
namespace {

std::string counted(int64_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Of one cluster and one node, each with an id of its own.
void verify_identities(Verification& run, const std::vector<std::string>& directories) {
    std::optional<DirectoryIdentity> first;
    std::set<Uuid> ids;
    for (const std::string& directory : directories) {
        const std::string path = directory + "/meta.properties";
        auto identity = read_identity(run.files, directory);
        if (!run.is_readable(path, identity)) continue;
        if (!*identity) {
            run.report.damage(path, "is missing");
            continue;
        }
        if (first && first->cluster_id != (*identity)->cluster_id)
            run.report.damage(path, "cluster.id is " + (*identity)->cluster_id + ", elsewhere " +
                                        first->cluster_id);
        if (first && first->node_id != (*identity)->node_id)
            run.report.damage(path, "node.id is " + std::to_string((*identity)->node_id) +
                                        ", elsewhere " + std::to_string(first->node_id));
        if (!(*identity)->directory_id.is_zero() && !ids.insert((*identity)->directory_id).second)
            run.report.damage(path, "directory.id is that of another directory");
        if (!first) first = **identity;
    }
}

std::unique_ptr<ImageState> find_metadata(Verification& run,
                                          const std::vector<std::string>& directories) {
    for (const std::string& directory : directories)
        if (run.files.exists(directory + "/" + std::string(kMetadataDirectory)))
            return verify_metadata(run, directory);
    run.report.note(directories[0], "holds no metadata: which partitions belong here is unknown");
    return nullptr;
}

void summarise(const Verification& run) {
    run.report.line("checked " + counted(run.partitions, "partition") + ", " +
                    counted(run.segments, "segment") + ", " + std::to_string(run.batches) +
                    (run.batches == 1 ? " batch, " : " batches, ") + counted(run.bytes, "byte") +
                    ": " + counted(run.report.damage_count(), "damage") + ", " +
                    counted(run.report.note_count(), "note"));
}

}  // namespace

Result<int> run_verify(const ToolArguments& arguments, FileSystem& files,
                       const ToolStreams& streams) {
    const std::vector<std::string>& directories = arguments.words();
    if (directories.empty()) return Error(ErrorCode::INVALID_CONFIG, "it wants a data directory");
    Report report(streams.out);
    Verification run{files, report, arguments.has("--records")};
    for (const std::string& directory : directories)
        if (auto listed = files.list(directory); !listed)
            return Error(ErrorCode::INVALID_CONFIG, listed.error().message());
    verify_identities(run, directories);
    const auto image = find_metadata(run, directories);
    FoundLogs found;
    for (const std::string& directory : directories)
        verify_data_directory(run, directory, image.get(), found);
    verify_expected(run, directories, image.get(), found);
    summarise(run);
    return report.damage_count() > 0 ? kDamageFound : kNothingWrong;
}

}  // namespace milena
