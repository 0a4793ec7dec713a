// SPDX-License-Identifier: Apache-2.0
// How a log comes to life: from nothing, from a clean shutdown, or from what a crash left.
#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "base/log.h"
#include "storage/control_record.h"
#include "storage/directory_files.h"
#include "storage/leftovers.h"
#include "storage/partition_log.h"
#include "storage/producer_snapshot.h"
#include "storage/transaction_index.h"

namespace milena {

PartitionLog::PartitionLog(const LogEnvironment& environment, std::string directory,
                           PartitionName name, Uuid topic_id,
                           std::shared_ptr<const LogConfig> config)
    : environment_(environment),
      name_(std::move(name)),
      topic_id_(topic_id),
      directory_(std::move(directory)) {
    config_.store(std::move(config));
    roll_jitter_ms_ = draw_roll_jitter();
}

PartitionLog::~PartitionLog() { delete recent_.load(); }

Result<std::shared_ptr<PartitionLog>> PartitionLog::open(const LogEnvironment& environment,
                                                         std::string directory, PartitionName name,
                                                         Uuid topic_id,
                                                         std::shared_ptr<const LogConfig> config,
                                                         const LogCheckpoint& checkpoint) {
    std::shared_ptr<PartitionLog> log(new PartitionLog(
        environment, std::move(directory), std::move(name), topic_id, std::move(config)));
    if (!checkpoint.is_there && !environment.files().exists(topic_id_path(*log->directory_))) {
        log->has_directory_ = false;
        log->start_empty();
        return log;
    }
    if (auto loaded = log->load(checkpoint); !loaded) return loaded.error();
    return log;
}

Result<void> PartitionLog::make_directory() {
    if (has_directory()) return {};
    std::lock_guard lock(mutex_);
    return make_directory_locked();
}

Result<void> PartitionLog::make_directory_locked() {
    if (has_directory() || retired_.load()) return {};
    FileSystem& files = environment_.files();
    if (auto made = files.make_directory(*directory_); !made) return made;
    if (auto written = write_topic_id(files, *directory_, topic_id_); !written) return written;
    directory_dirty_ = true;
    has_directory_ = true;
    return {};
}

void PartitionLog::start_empty() {
    auto first = std::make_shared<Segment>(*environment_.cache, directory_, Offset(0), 0,
                                           environment_.clock.now());
    segments_.store(std::make_shared<const SegmentList>(1, std::move(first)));
    last_sync_ms_ = environment_.clock.now().value;
}

Result<void> PartitionLog::load(const LogCheckpoint& checkpoint) {
    auto names = finish_compaction(environment_.files(), *directory_);
    if (!names) return names.error();
    auto found = find_segments(*names, checkpoint.log_start);
    if (!found) return found.error();
    SegmentList segments = std::move(*found);
    if (auto loaded = load_epochs(segments); !loaded) return loaded;
    auto trusted_end = load_segments(segments, checkpoint);
    if (!trusted_end) return trusted_end.error();
    auto end = find_log_end(*segments.back());
    if (!end) return end.error();
    Offset start = std::max(checkpoint.log_start, segments.front()->base_offset());
    if (*end < checkpoint.recovery_point) {
        MILENA_LOG(Warn) << *directory_ << " ends at offset " << end->value
                         << ", though it was on the device up to "
                         << checkpoint.recovery_point.value
                         << ": somebody, or the disk, has lost the records in between";
    }
    if (*end < start) {
        // Less is left than was deleted: go on where the deletion ended.
        MILENA_LOG(Warn) << *directory_ << " ends at offset " << end->value
                         << ", where records up to " << start.value
                         << " are deleted; it goes on there, without them";
        if (auto begun = begin_at(start, segments); !begun) return begun;
        *end = start;
        names = environment_.files().list(*directory_);
    }
    if (!checkpoint.clean_shutdown) names = environment_.files().list(*directory_);
    if (!names) return names.error();
    if (auto loaded = load_producers(segments, *names, {start, *end}, *trusted_end); !loaded)
        return loaded;
    if (auto settled = settle_names(checkpoint); !settled) return settled;
    first_segment_ = segments.front()->base_offset().value;
    epochs_.truncate_from_end(*end);
    epochs_.truncate_from_start(start);
    log_start_ = start.value;
    log_end_ = end->value;
    // After a crash, what was read may still be in the page cache only.
    const Offset synced =
        checkpoint.clean_shutdown ? *end : std::clamp(checkpoint.recovery_point, start, *end);
    recovery_point_ = synced.value;
    // What must be synced before it is acknowledged is not, whatever the checkpoint says: that may
    // speak of a deleted namesake.
    const bool awaits_sync = *end - synced >= config_.load()->flush_messages;
    high_watermark_ =
        std::clamp(checkpoint.high_watermark, start, awaits_sync ? synced : *end).value;
    last_sync_ms_ = environment_.clock.now().value;
    if (segments.back()->size() > 0) {
        recent_ = new RecentBorders;
        recent_.load()->push(*end, segments.back()->size());
    }
    const bool has_work = segments.size() > 1 || awaits_flush(*config_.load());
    segments_.store(std::make_shared<const SegmentList>(std::move(segments)));
    publish_unstable_offset();
    if (has_work) become_restless();
    return {};
}

Result<void> PartitionLog::begin_at(Offset start, SegmentList& segments) {
    for (const auto& segment : segments)
        if (auto removed = remove_segment_files(segment->base_offset()); !removed) return removed;
    segments = {std::make_shared<Segment>(*environment_.cache, directory_, start, 0,
                                          environment_.clock.now())};
    // The file's name is what tells the next start where the log goes on.
    auto file = segments.front()->log_file();
    if (!file) return file.error();
    return environment_.files().sync_directory(*directory_);
}

Result<void> PartitionLog::settle_names(const LogCheckpoint& checkpoint) {
    if (!checkpoint.clean_shutdown) directory_dirty_ = true;
    return names_removed_ ? environment_.files().sync_directory(*directory_) : Result<void>();
}

Result<void> PartitionLog::remove_file(const std::string& path) {
    if (!environment_.files().exists(path)) return {};
    names_removed_ = true;
    return environment_.files().remove(path);
}

Result<Offset> PartitionLog::find_log_end(Segment& last) {
    auto tail = last.tail();
    if (!tail && tail.error().code() != ErrorCode::CORRUPT_MESSAGE) return tail.error();
    if (tail && tail->position == last.size()) return tail->next_offset;
    MILENA_LOG(Warn) << last.path(kLogSuffix)
                     << " does not end with a whole batch; cutting it behind the last valid one";
    auto cut = last.recover(*config_.load(), [](const BatchReader::Batch&) {});
    if (!cut) return cut.error();
    tail = last.tail();
    return tail ? Result<Offset>(tail->next_offset) : tail.error();
}

Result<PartitionLog::SegmentList> PartitionLog::find_segments(const FileNames& names,
                                                              Offset log_start) {
    SegmentList segments;
    for (const std::string& name : names) {
        const std::string path = *directory_ + "/" + name;
        if (name.ends_with(kTemporarySuffix)) {
            if (auto removed = remove_file(path); !removed) return removed.error();
            continue;
        }
        auto base_offset = parse_segment_file_name(name, kLogSuffix);
        if (!base_offset) continue;
        auto size = environment_.files().file_size(path);
        if (!size) return size.error();
        segments.push_back(std::make_shared<Segment>(*environment_.cache, directory_, *base_offset,
                                                     *size, environment_.clock.now()));
    }
    // list() sorts, and names sort as their numbers
    if (auto removed = remove_orphans(names, segments); !removed) return removed.error();
    if (segments.empty())
        segments.push_back(std::make_shared<Segment>(*environment_.cache, directory_, log_start, 0,
                                                     environment_.clock.now()));
    return segments;
}

/// Indexes without records: another segment that gets their name would inherit them.
Result<void> PartitionLog::remove_orphans(const FileNames& names, const SegmentList& segments) {
    for (const std::string& name : names)
        for (std::string_view suffix :
             {kOffsetIndexSuffix, kTimeIndexSuffix, kTransactionIndexSuffix}) {
            const auto base = parse_segment_file_name(name, suffix);
            if (!base || std::ranges::binary_search(segments, *base, {}, &Segment::base_offset))
                continue;
            if (auto removed = remove_file(*directory_ + "/" + name); !removed) return removed;
        }
    return {};
}

Result<bool> PartitionLog::find_indexes(Segment& segment) {
    std::array<int64_t, 2> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
        const std::string path = segment.path(i == 0 ? kOffsetIndexSuffix : kTimeIndexSuffix);
        auto size = environment_.files().file_size(path);
        if (!size && environment_.files().exists(path)) return size.error();
        if (!size) return false;
        bytes[i] = *size;
    }
    segment.expect_indexes(bytes[0], bytes[1]);
    return true;
}

Result<Offset> PartitionLog::load_segments(SegmentList& segments, const LogCheckpoint& checkpoint) {
    for (const auto& segment : segments) {
        if (segment->size() == 0) continue;
        auto indexed = find_indexes(*segment);
        if (!indexed) return indexed.error();
        if (*indexed) continue;
        MILENA_LOG(Warn) << segment->path(kLogSuffix) << " lacks an index; making it anew";
        auto cut = segment->recover(*config_.load(), [](const BatchReader::Batch&) {});
        if (!cut) return cut.error();
        // After a clean shutdown nobody looks at it again.
        if (auto synced = segment->sync(true); !synced) return synced.error();
    }
    Offset trusted_end(std::numeric_limits<int64_t>::max());
    if (!checkpoint.clean_shutdown) {
        // From the segment that holds the recovery point on, nothing is known to be good. One that
        // ends there may have been sealed since: its indexes are not.
        size_t first = segments.size() - 1;
        while (first > 0 && segments[first]->base_offset() >= checkpoint.recovery_point) --first;
        // Nor is what it says of records before it, if they may be lost.
        trusted_end = std::min(segments[first]->base_offset(),
                               std::max(checkpoint.recovery_point, checkpoint.log_start));
        if (auto recovered = recover_segments(segments, first); !recovered)
            return recovered.error();
    }
    return trusted_end;
}

/// What lies behind records that are missing stays, as in Apache Kafka: compaction leaves such
/// holes, and so does damage, or a power failure that takes the un-synced end of a segment.
Result<void> PartitionLog::recover_segments(SegmentList& segments, size_t first) {
    const auto config = config_.load();
    Offset next = segments[first]->base_offset();
    for (size_t i = first; i < segments.size(); ++i) {
        Segment& segment = *segments[i];
        if (segment.base_offset() < next) return remove_lost_segments(segments, i);
        if (auto removed = remove_file(segment.path(kTransactionIndexSuffix)); !removed)
            return removed;  // made anew with the producers
        auto cut = segment.recover(*config, [&](const BatchReader::Batch& batch) {
            epochs_dirty_ |= epochs_.assign(batch.header.leader_epoch, batch.header.base_offset);
            next = batch.header.next_offset();
        });
        if (!cut) return cut.error();
        if (*cut == 0) continue;
        MILENA_LOG(Warn) << segment.path(kLogSuffix) << ": cut " << *cut
                         << " bytes that are no valid batch, at offset " << next.value;
        return remove_lost_segments(segments, i + 1);
    }
    return {};
}

Result<void> PartitionLog::remove_lost_segments(SegmentList& segments, size_t first) {
    for (; segments.size() > first; segments.pop_back()) {
        MILENA_LOG(Warn) << segments.back()->path(kLogSuffix)
                         << " does not follow what is before it, and is dropped";
        if (auto removed = remove_segment_files(segments.back()->base_offset()); !removed)
            return removed;
    }
    return {};
}

Result<void> PartitionLog::remove_segment_files(Offset base_offset) {
    for (std::string_view suffix : {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix,
                                    kTransactionIndexSuffix, kSnapshotSuffix}) {
        auto removed = remove_file(*directory_ + "/" + segment_file_name(base_offset, suffix));
        if (!removed) return removed;
    }
    return {};
}

Result<void> PartitionLog::load_epochs(const SegmentList& segments) {
    auto epochs = LeaderEpochs::read(environment_.files(), *directory_);
    if (epochs) {
        epochs_ = std::move(*epochs);
        return {};
    }
    if (epochs.error().is_from_system()) return epochs.error();
    MILENA_LOG(Warn) << epochs.error().message() << "; the epochs are taken from the records";
    for (const auto& segment : segments) {
        if (segment->size() == 0) continue;
        auto file = segment->log_file();
        if (!file) return file.error();
        BatchScanner scanner(**file, 0, segment->size());
        // What is no batch is for the recovery to find.
        for (auto batch = scanner.next(); batch && *batch; batch = scanner.next())
            epochs_dirty_ |=
                epochs_.assign((*batch)->header.leader_epoch, (*batch)->header.base_offset);
    }
    return {};
}

Result<void> PartitionLog::load_producers(const SegmentList& segments, const FileNames& names,
                                          const OffsetRange& log, Offset trusted_end) {
    std::set<Offset> kept;  // a snapshot stays while its segment does
    for (const auto& segment : segments) kept.insert(segment->base_offset());
    Offset from = log.start;  // what lies before is deleted, wherever it is still there
    for (size_t i = names.size(); i-- > 0;) {
        auto offset = parse_segment_file_name(names[i], kSnapshotSuffix);
        if (!offset) continue;
        const std::string path = *directory_ + "/" + names[i];
        const bool usable = *offset >= log.start && *offset <= std::min(log.end, trusted_end);
        if (usable && last_snapshot_ == kNoOffset) {
            const bool is_trusted = trusted_end.value == std::numeric_limits<int64_t>::max();
            auto producers = is_trusted && names_no_producers(environment_.files(), path)
                                 ? ProducerStates()
                                 : read_producer_snapshot(environment_.files(), path, *offset);
            if (producers) {
                producers_ = std::move(*producers);
                last_snapshot_ = *offset;
                from = *offset;
                continue;
            }
            if (producers.error().is_from_system()) return producers.error();
            MILENA_LOG(Warn) << producers.error().message() << "; using what is older";
        } else if (usable && kept.contains(*offset)) {
            continue;
        }
        if (auto removed = remove_file(path); !removed) return removed;
    }
    for (size_t i = 0; i < segments.size() && from < log.end; ++i) {
        if (i + 1 < segments.size() && segments[i + 1]->base_offset() <= from) continue;
        auto replayed = replay_producers(*segments[i], from, trusted_end);
        if (!replayed && replayed.error().code() != ErrorCode::CORRUPT_MESSAGE) return replayed;
        if (replayed) continue;
        MILENA_LOG(Warn) << replayed.error().message() << "; its producers are not remembered";
    }
    producers_.set_end_offset(log.end);
    producers_.on_high_watermark(log.end);
    producers_.expire(environment_.clock.now(), config_.load()->producer_id_expiration_ms);
    return {};
}

Result<void> PartitionLog::replay_producers(Segment& segment, Offset from, Offset trusted_end) {
    auto start = segment.find_batch(from);
    if (!start) return start.error();
    if (!*start) return {};
    auto file = segment.log_file();
    if (!file) return file.error();
    BatchScanner scanner(**file, (*start)->position, segment.size());
    while (true) {
        auto batch = scanner.next();
        if (!batch) return batch.error();
        if (!*batch) return {};
        const BatchHeader& header = (*batch)->header;
        if (header.producer_id.value < 0 || header.last_offset() < from) continue;
        if (!header.is_control()) {
            producers_.record(header);
            continue;
        }
        auto marker = read_marker(**file, **batch);
        if (!marker) return marker.error();
        if (!*marker) continue;
        auto completed = producers_.record_marker(header, **marker);
        if (!completed || !completed->aborted || header.base_offset < trusted_end) continue;
        if (auto noted = note_aborted(segment, *completed); !noted) return noted.error();
    }
}

}  // namespace milena
