// SPDX-License-Identifier: Apache-2.0
#include "server/offline/file_kind.h"

#include "storage/file_names.h"

namespace milena {
namespace {

constexpr std::string_view kTexts[] = {"meta.properties", kPartitionMetadata, "quorum-state",
                                       ".kafka_cleanshutdown", ".lock"};

FileKind kind_of(std::string_view name) {
    if (name.ends_with(kLogSuffix) || name.ends_with(".checkpoint")) return FileKind::kSegment;
    if (name.ends_with(kTimeIndexSuffix)) return FileKind::kTimeIndex;
    if (name.ends_with(kTransactionIndexSuffix)) return FileKind::kTransactionIndex;
    if (name.ends_with(kOffsetIndexSuffix)) return FileKind::kOffsetIndex;
    if (name.ends_with(kSnapshotSuffix)) return FileKind::kSnapshot;
    if (name == kLeaderEpochCheckpoint) return FileKind::kEpochs;
    for (const std::string_view known : kOffsetCheckpoints)
        if (name == known) return FileKind::kOffsets;
    for (const std::string_view known : kTexts)
        if (name == known) return FileKind::kText;
    return FileKind::kUnknown;
}

}  // namespace

NamedFile name_file(const std::string& path) {
    std::string name = path.substr(path.rfind('/') + 1);  // all of it, if there is no slash
    NamedFile named;
    for (const std::string_view suffix : {kDeletedSuffix, kCleanedSuffix, kSwapSuffix})
        if (name.ends_with(suffix)) {
            named.leftover = suffix;
            name.resize(name.size() - suffix.size());
        }
    named.kind = kind_of(name);
    const std::string digits = name.substr(0, name.find('.'));
    named.base_offset = parse_segment_file_name(digits, "").value_or(Offset(0));
    return named;
}

}  // namespace milena
