// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"

namespace milena::protocol {

/// The record batches of a Produce or Fetch: null, borrowed bytes, or runs of files that are sent
/// without being read. Borrowed bytes must outlive it; files are held open.
class Records {
  public:
    Records() = default;  ///< null
    explicit Records(BytesView bytes) : bytes_(bytes), null_(false) {}
    explicit Records(std::vector<FileSlice> slices) : slices_(std::move(slices)), null_(false) {}

    bool is_null() const { return null_; }
    /// Empty if these are slices.
    BytesView bytes() const { return bytes_; }
    const std::vector<FileSlice>& slices() const { return slices_; }
    /// Bytes of records, wherever they lie.
    size_t size() const {
        size_t size = bytes_.size();
        for (const FileSlice& slice : slices_) size += static_cast<size_t>(slice.length);
        return size;
    }

    bool operator==(const Records& other) const {
        return null_ == other.null_ && slices_ == other.slices_ &&
               std::ranges::equal(bytes_, other.bytes_);
    }

  private:
    BytesView bytes_;
    std::vector<FileSlice> slices_;
    bool null_ = true;
};

}  // namespace milena::protocol
