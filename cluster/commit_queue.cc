// SPDX-License-Identifier: Apache-2.0
#include "cluster/commit_queue.h"

#include "base/log.h"

namespace milena {

void CommitQueue::commit(const RecordList& records, Done done) {
    if (failure_) return done(*failure_);
    if (!records.empty()) {
        if (auto appended = store_.append(records); !appended) {
            if (store_.is_broken()) fail_for_good(appended.error());
            return done(appended);
        }
        dirty_ = true;
    } else if (!dirty_ && !busy_) {
        return done({});
    }
    waiting_.push_back(std::move(done));
    // Posted, so that requests which are queued already share the sync.
    executor_.post([self = shared_from_this()] { self->start(); });
}

void CommitQueue::fail_for_good(const Error& cause) {
    failure_ = cause;
    MILENA_LOG(Fatal) << "The metadata log failed, cluster changes are refused until a restart: "
                      << cause.to_string();
    for (const Done& done : std::exchange(waiting_, {})) done(cause);
}

void CommitQueue::start() {
    if (busy_ || waiting_.empty()) return;
    busy_ = true;
    dirty_ = false;
    syncing_ = std::exchange(waiting_, {});
    changes_ = store_.mutable_state().take_changes();
    pool_.run([self = shared_from_this(), file = store_.file_to_sync(),
               image = store_.mutable_state().publish()] {
        auto synced = file->sync();
        self->executor_.post([self, image, synced] { self->finish(synced, image); });
    });
}

void CommitQueue::finish(Result<void> synced, std::shared_ptr<const ImageState> image) {
    busy_ = false;
    if (synced) {
        apply_(image, changes_);
    } else {
        fail_for_good(synced.error());
    }
    for (const Done& done : std::exchange(syncing_, {})) done(synced);
    if (synced && store_.snapshot_due()) write_snapshot(image);
    start();
    when_idle();
}

void CommitQueue::write_snapshot(std::shared_ptr<const ImageState> image) {
    if (snapshotting_) return;
    if (auto begun = store_.begin_snapshot(); !begun) {
        MILENA_LOG(Error) << "No snapshot of the metadata: " << begun.error().to_string();
        return;
    }
    snapshotting_ = true;
    pool_.run([self = shared_from_this(), image] {
        auto written = self->store_.write_snapshot(*image);
        self->executor_.post([self, written] {
            self->snapshotting_ = false;
            const auto done = written ? self->store_.finish_snapshot() : written;
            if (!done) {
                MILENA_LOG(Error) << "Snapshot of the metadata: " << done.error().to_string();
            }
            self->when_idle();
        });
    });
}

void CommitQueue::close(std::function<void()> then) {
    if (!failure_) failure_ = Error(ErrorCode::NOT_CONTROLLER, "The controller is shutting down.");
    closed_ = std::move(then);
    when_idle();
}

void CommitQueue::when_idle() {
    if (!closed_ || busy_ || snapshotting_ || !waiting_.empty()) return;
    std::exchange(closed_, nullptr)();
}

}  // namespace milena
