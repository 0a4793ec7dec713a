// SPDX-License-Identifier: Apache-2.0
// What is known, from outside, of a log: what was written, what was promised, and when. Time is
// the number of events of the disk so far.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/batch_header.h"
#include "storage/control_record.h"
#include "storage/directory_files.h"
#include "storage/log_config.h"

namespace milena {

inline constexpr size_t kNever = std::numeric_limits<size_t>::max();

struct KnownBatch {
    BatchHeader header;
    Bytes bytes;  ///< as they were stamped
    size_t begun = 0;
    size_t promised = kNever;          ///< from then on, no power failure takes it
    std::optional<bool> commits = {};  ///< of a marker

    bool is_data_of(ProducerId id) const {
        return header.producer_id == id && !header.is_control();
    }
};

/// The log's start has moved, or was told to.
struct KnownDeletion {
    Offset to;
    size_t begun = 0;
    size_t answered = kNever;
};

/// The metadata name a data directory for the log.
struct KnownPlace {
    Uuid directory;
    size_t committed = 0;
};

/// What producers know, and a log must know as well.
struct KnownProducer {
    const KnownBatch* last_data = nullptr;
    const KnownBatch* first_of_open = nullptr;
    const KnownBatch* last = nullptr;  ///< data or marker
};

struct LogModel {
    Uuid topic_id = Uuid::random();
    LogConfig config;
    size_t born = 0;
    std::vector<KnownBatch> batches;  // by offset
    std::vector<KnownDeletion> deletions;
    Offset end_at_least{0};  // what was there may be gone, the log goes on here all the same
    std::vector<KnownPlace> places = {};

    /// Where it is, as the metadata say.
    Uuid directory() const {
        return places.empty() ? kUnassignedDirectory : places.back().directory;
    }
    void assign(const Uuid& to, size_t now) {
        if (to != directory()) places.push_back({to, now});
    }

    Offset end() const {
        return batches.empty() ? end_at_least
                               : std::max(end_at_least, batches.back().header.next_offset());
    }

    const KnownBatch* find(Offset base) const {
        const auto at = std::lower_bound(batches.begin(), batches.end(), base,
                                         [](const KnownBatch& batch, Offset offset) {
                                             return batch.header.base_offset < offset;
                                         });
        return at != batches.end() && at->header.base_offset == base ? &*at : nullptr;
    }

    void promise(Offset last, size_t now) {
        for (KnownBatch& batch : batches)
            if (batch.header.last_offset() <= last) batch.promised = std::min(batch.promised, now);
    }

    /// As it was at `time`, when all that had been before is long past.
    LogModel at(size_t time) const {
        LogModel past{topic_id, config, 0, {}, {}, end_at_least};
        const auto since = [&](size_t event) { return event <= time ? 0 : kNever; };
        for (const KnownBatch& batch : batches) {
            if (batch.begun > time) break;
            past.batches.push_back(batch);
            past.batches.back().begun = 0;
            past.batches.back().promised = since(batch.promised);
        }
        for (const KnownDeletion& deletion : deletions)
            if (deletion.begun <= time)
                past.deletions.push_back({deletion.to, 0, since(deletion.answered)});
        for (const KnownPlace& place : places)
            if (place.committed <= time) past.assign(place.directory, 0);
        return past;
    }
    /// What a power failure took, and the device holds what is left.
    void forget(const std::set<Offset>& lost, Offset log_start, Offset log_end) {
        std::erase_if(batches, [&](const KnownBatch& one) {
            return one.header.last_offset() >= log_end || lost.contains(one.header.base_offset);
        });
        for (KnownBatch& batch : batches) batch.promised = 0;
        if (log_start > start_at_most()) deletions.push_back({log_start, 0, kNever});
        end_at_least = log_end;
    }

    // What follows is about a model after at().

    Offset promised_end() const {
        Offset end(0);
        for (const KnownBatch& batch : batches)
            if (batch.promised != kNever) end = std::max(end, batch.header.next_offset());
        return end;
    }
    Offset start_at_least() const {
        Offset start(0);
        for (const KnownDeletion& one : deletions)
            if (one.answered != kNever) start = std::max(start, one.to);
        return start;
    }
    Offset start_at_most() const {
        Offset start(0);
        for (const KnownDeletion& one : deletions) start = std::max(start, one.to);
        return start;
    }

    /// Of all batches before `end`.
    std::map<ProducerId, KnownProducer> producers(Offset end) const {
        std::map<ProducerId, KnownProducer> all;
        for (const KnownBatch& batch : batches) {
            if (batch.header.base_offset >= end) break;
            if (batch.header.producer_id.value < 0) continue;
            KnownProducer& producer = all[batch.header.producer_id];
            producer.last = &batch;
            if (batch.header.is_control()) {
                producer.first_of_open = nullptr;
                continue;
            }
            producer.last_data = &batch;
            if (batch.header.is_transactional() && !producer.first_of_open)
                producer.first_of_open = &batch;
        }
        return all;
    }
    /// How the transaction of this batch ended before `end`; nothing while it is open.
    std::optional<bool> is_committed(const KnownBatch& data, Offset end) const {
        if (!data.header.is_transactional()) return true;
        for (const KnownBatch& batch : batches)
            if (batch.header.base_offset > data.header.base_offset &&
                batch.header.base_offset < end && batch.header.is_control() &&
                batch.header.producer_id == data.header.producer_id)
                return batch.commits;
        return {};
    }
};

}  // namespace milena
