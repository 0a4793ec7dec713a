// SPDX-License-Identifier: Apache-2.0
// One answer to which many shards contribute.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "base/strings.h"
#include "coordinator/runtime/state_machine.h"

namespace milena {

/// An answer that several shards fill in, each in its own time. Any thread.
template <class Response>
class Gathering {
  public:
    Gathering(Response response, size_t parts, std::function<void(const Response&)> done)
        : response_(std::move(response)), parts_missing_(parts), done_(std::move(done)) {}

    using Fill = std::function<void(Response&, StringArena&)>;
    void fill(const Fill& fill) {
        std::lock_guard lock(mutex_);
        fill(response_, strings_);
    }
    /// One part is there; the last one sends the answer.
    void finish_part() {
        {
            std::lock_guard lock(mutex_);
            if (--parts_missing_ > 0) return;
        }
        done_(response_);
    }
    void finish_part_with(const Fill& fill) {
        this->fill(fill);
        finish_part();
    }

  private:
    std::mutex mutex_;
    Response response_;
    StringArena strings_;
    size_t parts_missing_;
    const std::function<void(const Response&)> done_;
};

/// Sets the error of one row, and finishes its part.
template <class Gathered, class Rows>
auto fail_row(std::shared_ptr<Gathered> gathering, Rows rows, size_t index) {
    return [=](const Error& error) {
        gathering->finish_part_with([&](auto& response, StringArena&) {
            (response.*rows)[index].error_code = static_cast<int16_t>(error.code());
        });
    };
}

/// Finishes a row's part once what it says is committed.
template <class Gathered, class Rows>
Reply finish_row(std::shared_ptr<Gathered> gathering, Rows rows, size_t index) {
    return [=](const Result<void>& committed) {
        if (committed) return gathering->finish_part();
        fail_row(gathering, rows, index)(committed.error());
    };
}

}  // namespace milena
