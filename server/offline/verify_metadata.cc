// SPDX-License-Identifier: Apache-2.0
// The metadata log: its snapshots must be whole, and its records must replay.
#include <algorithm>

#include "cluster/metadata_snapshot.h"
#include "cluster/quorum_state.h"
#include "cluster/replay.h"
#include "server/offline/batch_walk.h"
#include "server/offline/file_kind.h"
#include "server/offline/partition_files.h"
#include "server/offline/verify.h"

namespace milena {
namespace {

constexpr std::string_view kSnapshotFileSuffix = ".checkpoint";

/// Calls `visit(position, batch)` for each intact batch; CRCs are the report's business only if
/// `tells` (of segments, verify_partition() has told).
template <class Visit>
void walk_batches(Verification& run, const std::string& path, bool tells, const Visit& visit) {
    auto walk = BatchWalk::open(run.files, path);
    if (!run.is_readable(path, walk)) return;
    while (true) {
        auto step = walk->next();
        if (!run.is_readable(path, step) || !*step) return;
        if (tells) run.report.damages(path, (*step)->damages);
        if (!(*step)->batch || !(*step)->batch->is_intact) continue;
        auto batch = parse_metadata_batch((*step)->batch->bytes);
        if (batch)
            visit((*step)->batch->position, *batch);
        else
            run.report.damage(path, (*step)->batch->position, batch.error().message());
    }
}

/// "<end offset>-<epoch>.checkpoint" -> the offset.
std::optional<Offset> snapshot_offset(const std::string& name) {
    if (!name.ends_with(kSnapshotFileSuffix)) return {};
    return parse_segment_file_name(name.substr(0, name.find('-')), "");
}

bool apply_batch(Verification& run, const std::string& path, int64_t position,
                 const MetadataBatch& batch, Offset from, Replayer& replayer) {
    Offset offset = batch.at.base_offset;
    for (const MetadataBatch::Entry& entry : batch.entries) {
        if (!entry.type && offset >= from) {
            auto applied = replayer.apply(entry.value, offset, batch.at.epoch);
            if (!applied) {
                run.report.damage(path, position,
                                  "the record at offset " + std::to_string(offset.value) + ": " +
                                      applied.error().message());
                return false;
            }
        }
        offset = offset + 1;
    }
    return true;
}

/// Replays a snapshot into `image`; false if it is damaged.
bool replay_snapshot(Verification& run, const std::string& path, ImageState& image) {
    Replayer replayer(image);
    const int64_t damages = run.report.damage_count();
    bool has_footer = false;
    walk_batches(run, path, true, [&](int64_t position, const MetadataBatch& batch) {
        for (const auto& entry : batch.entries)
            has_footer |= entry.type == ControlType::kSnapshotFooter;
        apply_batch(run, path, position, batch, Offset(0), replayer);
    });
    if (!has_footer) run.report.damage(path, "ends before its footer");
    return run.report.damage_count() == damages;
}

std::unique_ptr<ImageState> empty_image() { return std::make_unique<ImageState>("", -1); }

void verify_quorum_state(Verification& run, const std::string& directory) {
    const std::string path = directory + "/quorum-state";
    run.is_readable(path, read_quorum_state(run.files, path));
}

}  // namespace

std::unique_ptr<ImageState> verify_metadata(Verification& run, const std::string& data_directory) {
    const std::string directory = data_directory + "/" + std::string(kMetadataDirectory);
    verify_quorum_state(run, directory);
    auto names = run.files.list(directory);
    auto segments = list_segments(run.files, directory);
    if (!run.is_readable(directory, names) || !run.is_readable(directory, segments)) return nullptr;
    auto image = empty_image();
    Offset from{0};
    for (const std::string& name : *names) {
        const auto end = snapshot_offset(name);
        if (!end) continue;
        auto loaded = empty_image();
        if (!replay_snapshot(run, directory + "/" + name, *loaded)) continue;
        image = std::move(loaded);
        from = *end;
    }
    Replayer replayer(*image);
    bool is_whole = true;
    for (const SegmentFile& segment : *segments)
        walk_batches(run, segment.path, false, [&](int64_t position, const MetadataBatch& batch) {
            if (is_whole && batch.last_offset >= from)
                is_whole = apply_batch(run, segment.path, position, batch, from, replayer);
        });
    return is_whole ? std::move(image) : nullptr;
}

}  // namespace milena
