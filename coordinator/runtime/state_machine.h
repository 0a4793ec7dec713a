// SPDX-License-Identifier: Apache-2.0
// What a coordinator is made of: state that follows from the records of one partition of an
// internal topic, and handlers that turn a request and the state into records and an answer.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cluster/metadata_image.h"
#include "coordinator/runtime/record.h"
#include "storage/log.h"

namespace milena {

/// Sends one answer. An error means that the records were not committed, nothing happened, and the
/// answer must say so.
using Reply = std::function<void(const Result<void>&)>;

/// A producer in one of its incarnations.
struct ProducerIdentity {
    ProducerId id{kNoProducerId};
    ProducerEpoch epoch{-1};
    bool operator==(const ProducerIdentity&) const = default;
};

struct Effects;
/// Runs on a thread of the pool, and must not touch the state machine. What it returns is handled
/// as an event of the machine that asked for it, unless that is gone by then.
using BackgroundWork = std::function<std::function<Effects()>()>;

/// What one event comes to. A handler changes no state that records describe: it returns the
/// records, which the runtime replays at once. What lives in memory alone (timers, parked answers)
/// it may change.
struct Effects {
    std::vector<CoordinatorRecord> records;
    /// Run once the records, and all records that the handler's view was built on, are committed.
    std::vector<Reply> replies;
    /// The records are part of this producer's transaction...
    std::optional<ProducerIdentity> transaction;
    /// ...of which this is known (AppendSource::guard). If the log refuses them, nothing happens
    /// but that the replies get its error.
    std::optional<VerificationGuard> guard;
    /// All records in one batch, so that a crash keeps all or none; RECORD_LIST_TOO_LARGE if they
    /// don't fit. Clean-ups of independent keys need not be.
    bool atomic = true;
    /// Runs once the records are replayed, in the same event: what builds on them.
    std::function<Effects()> then;
    /// If the log refuses the records (they don't fit into one batch): what happens instead, with
    /// answers of its own.
    std::function<Effects(const Error&)> otherwise;
    /// What would take too long here. Whoever asks bounds it.
    std::vector<BackgroundWork> background;

    /// What comes after: both together. REQUIRES: `other` has neither `then` nor `otherwise`
    void add(Effects other);
};

/// One record of the log, or of an event that is being handled. Borrowed for the call.
struct ReplayedRecord {
    Offset offset;
    BytesView key;
    std::optional<BytesView> value;  ///< nothing: the key is deleted
    /// Whose transaction it is part of, if its end is still to come.
    std::optional<ProducerIdentity> transaction;
};

/// All calls come from one event queue, but for replay() and end_transaction() while loading, which
/// come from one thread of the pool before everything else.
class StateMachine {
  public:
    virtual ~StateMachine() = default;

    /// Applies one record. Records that it can't read (of a later release) are skipped with a
    /// warning: a coordinator with less knowledge is better than none.
    virtual void replay(const ReplayedRecord& record) = 0;
    /// The end of a producer's transaction: its records count from here on, or never did.
    virtual void end_transaction(ProducerId producer, bool committed) = 0;

    /// All records of the log were replayed; timers may start.
    virtual Effects on_loaded() = 0;
    /// This node is not the coordinator any more: answers that are parked fail with `reason`.
    virtual void on_unloaded(const Error& reason) = 0;
    /// A newer image of the cluster's metadata. Also called once before on_loaded().
    virtual Effects on_image(const MetadataImagePtr& image) = 0;
};

}  // namespace milena
