// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "server/offline/file_kind.h"
#include "server/offline/tables.h"
#include "server/offline/text.h"
#include "server/offline/verify.h"
#include "server/offline/verify_segment.h"
#include "storage/directory_files.h"

namespace milena {
namespace {

/// leader-epoch-checkpoint: "epoch start-offset", both ascending.
void verify_epochs(Verification& run, const std::string& path, LogProgress& log) {
    if (!run.files.exists(path)) return;
    auto table = read_checkpoint_rows(run.files, path);
    if (!run.is_readable(path, table)) return;
    run.report.damages(path, table->damages);
    log.has_epochs = true;
    for (const CheckpointRow& row : table->rows) {
        std::istringstream words(row.text);
        EpochStart entry;
        if (!(words >> entry.epoch.value >> entry.start.value) || !(words >> std::ws).eof()) {
            run.report.damage(path, row.position, "'" + row.text + "' is no epoch and offset");
            log.has_epochs = false;
            continue;
        }
        if (!log.epochs.empty() &&
            (entry.epoch <= log.epochs.back().epoch || entry.start <= log.epochs.back().start))
            run.report.damage(path, row.position, "epochs and offsets do not ascend");
        log.epochs.push_back(entry);
    }
}

void verify_epoch_ends(Verification& run, const std::string& path, const LogProgress& log) {
    for (const EpochStart& entry : log.epochs)
        if (entry.start > log.next)
            run.report.damage(path, "epoch " + number(entry.epoch.value) + " starts at " +
                                        number(entry.start.value) + ", behind the log's end at " +
                                        number(log.next.value));
}

void verify_snapshot(Verification& run, const std::string& path, Offset at, Offset end) {
    auto table = read_snapshot_rows(run.files, path);
    if (!run.is_readable(path, table)) return;
    run.report.damages(path, table->damages);
    if (at > end)
        run.report.damage(path, "is of offset " + number(at.value) + ", behind the log's end at " +
                                    number(end.value));
    if (!table->damages.empty()) return;
    for (size_t i = 0; i < table->rows.size(); ++i)
        if (table->rows[i].last_offset >= at)
            run.report.damage(
                path,
                ProducerSnapshotHead::kSize + static_cast<int64_t>(i) * ProducerSnapshotRow::kSize,
                "producer " + number(table->rows[i].id.value) + " wrote offset " +
                    number(table->rows[i].last_offset.value) + ", behind the snapshot");
}

/// A crash may leave a log that was just made without one, or with an empty one.
std::optional<Uuid> verify_topic_id(Verification& run, const std::string& directory,
                                    bool has_records) {
    const std::string path = topic_id_path(directory);
    auto id = read_topic_id(run.files, directory);
    if (!id) {
        run.report.damage(path, id.error().message());
        return {};
    }
    if (*id) return *id;
    const char* what = run.files.exists(path) ? "names no topic id" : "is missing";
    if (has_records)
        run.report.damage(path, what);
    else
        run.report.note(path, what);
    return {};
}

void look_at_other_file(Verification& run, const std::string& path, const NamedFile& named,
                        const std::set<Offset>& bases, const LogProgress& log) {
    switch (named.kind) {
        case FileKind::kSnapshot:
            return verify_snapshot(run, path, named.base_offset, log.next);
        case FileKind::kOffsetIndex:
        case FileKind::kTimeIndex:
        case FileKind::kTransactionIndex:
            if (bases.contains(named.base_offset)) return;
            if (log.was_stopped) return run.report.damage(path, "belongs to no segment");
            return run.report.note(path, "belongs to no segment; a broker removes it at its start");
        case FileKind::kUnknown:
            return run.report.note(path, "is no file of a log");
        default:
            return;
    }
}

}  // namespace

VerifiedLog verify_partition(Verification& run, const std::string& directory, LogHistory history) {
    LogProgress log;
    log.was_stopped = history.was_stopped;
    log.is_compacted = history.is_compacted;
    log.is_metadata = directory.ends_with("/" + std::string(kMetadataDirectory));
    auto names = run.files.list(directory);
    auto segments = list_segments(run.files, directory);
    if (!run.is_readable(directory, names) || !run.is_readable(directory, segments)) return {};
    ++run.partitions;
    const int64_t bytes_before = run.bytes;
    VerifiedLog found;
    const std::string epochs_path = directory + "/" + std::string(kLeaderEpochCheckpoint);
    verify_epochs(run, epochs_path, log);
    std::set<Offset> bases;
    for (const SegmentFile& segment : *segments) {
        bases.insert(segment.base_offset);
        verify_segment(run, segment, log);
    }
    if (!segments->empty()) log.next = std::max(log.next, segments->back().base_offset);
    verify_epoch_ends(run, epochs_path, log);
    for (const std::string& name : *names) {
        const std::string path = directory + "/" + name;
        const NamedFile named = name_file(path);
        if (!named.leftover.empty() || name.ends_with(kTemporarySuffix))
            run.report.note(path, "was left over; a broker removes or completes it at its start");
        else
            look_at_other_file(run, path, named, bases, log);
    }
    found.topic_id = verify_topic_id(run, directory, run.bytes > bytes_before);
    found.end = log.next;
    return found;
}

}  // namespace milena
