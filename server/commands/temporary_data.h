// SPDX-License-Identifier: Apache-2.0
// A data directory that goes away with its process.
#pragma once

#include <string>

#include "base/error.h"

namespace milena {

/// A new directory under $TMPDIR (or /tmp), locked as long as the object lives, removed by its
/// destructor. Who was killed left one behind, unlocked: the next to make one removes it.
class TemporaryData {
  public:
    static Result<TemporaryData> make();
    TemporaryData(TemporaryData&& other) noexcept;
    TemporaryData& operator=(TemporaryData&&) = delete;
    ~TemporaryData();

    const std::string& path() const { return path_; }

  private:
    TemporaryData(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

    std::string path_;
    int lock_;  ///< descriptor of the directory, which holds the lock; -1 in what was moved from
};

}  // namespace milena
