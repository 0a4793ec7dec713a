// SPDX-License-Identifier: Apache-2.0
#include "storage/directory_failures.h"

namespace milena {

void DirectoryFailures::report(BlockingPool& pool, std::string directory, Error cause) {
    pool.run(
        [self = shared_from_this(), directory = std::move(directory), cause = std::move(cause)] {
            std::lock_guard lock(self->mutex_);
            if (self->listener_) self->listener_(directory, cause);
        });
}

void DirectoryFailures::listen(Listener listener) {
    std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
}

}  // namespace milena
