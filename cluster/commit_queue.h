// SPDX-License-Identifier: Apache-2.0
// Group commit of the metadata log: whatever was appended while one sync ran shares the next.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/executor.h"
#include "cluster/metadata_store.h"

namespace milena {

/// All methods on the controller's executor.
class CommitQueue : public std::enable_shared_from_this<CommitQueue> {
  public:
    /// Makes a committed image this node's: logs, partitions, publication.
    using Apply = std::function<void(std::shared_ptr<const ImageState>, const ImageChanges&)>;
    using Done = std::function<void(Result<void>)>;

    CommitQueue(MetadataStore& store, Executor& executor, BlockingPool& pool, Apply apply)
        : store_(store), executor_(executor), pool_(pool), apply_(std::move(apply)) {}

    /// Appends, and calls `done` once the records, and all before them, are on the device and
    /// applied. Without records: once those before are.
    void commit(const RecordList& records, Done done);
    /// Calls `then` when nothing is under way any more; what is committed later fails.
    void close(std::function<void()> then);

  private:
    void start();
    void fail_for_good(const Error& cause);
    void finish(Result<void> synced, std::shared_ptr<const ImageState> image);
    void write_snapshot(std::shared_ptr<const ImageState> image);
    void when_idle();

    MetadataStore& store_;
    Executor& executor_;
    BlockingPool& pool_;
    const Apply apply_;

    std::vector<Done> waiting_;  // bounded by the requests in flight
    std::vector<Done> syncing_;
    ImageChanges changes_;
    bool dirty_ = false;  // appended since the last sync began
    bool busy_ = false;   // a sync runs
    bool snapshotting_ = false;
    std::optional<Error> failure_;  // after a failed sync nothing may be trusted
    std::function<void()> closed_;
};

}  // namespace milena
