// SPDX-License-Identifier: Apache-2.0
// Walks over all record batches of a file that may be damaged anywhere, and goes on behind damage.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "server/offline/report.h"
#include "storage/batch_header.h"

namespace milena {

struct WalkedBatch {
    BatchHeader header;
    int64_t position = 0;
    BytesView bytes;  ///< until the next step
    bool is_intact = true;

    int64_t end() const { return position + header.size_bytes; }
};

/// A batch, what is wrong, or both.
struct WalkStep {
    std::optional<WalkedBatch> batch;
    std::vector<Damage> damages;
};

/// Checks CRCs, lengths and that offsets ascend; looks at no record. One thread.
class BatchWalk {
  public:
    static constexpr size_t kPieceBytes = 1 << 20;

    /// Of the file as it is now, from `position`, which should be a batch border.
    /// KAFKA_STORAGE_ERROR.
    static Result<BatchWalk> open(FileSystem& files, const std::string& path, int64_t position = 0);

    /// Nothing at the end. KAFKA_STORAGE_ERROR where the file can't be read.
    Result<std::optional<WalkStep>> next();
    /// Where the next step begins.
    int64_t position() const { return position_; }
    int64_t file_size() const { return end_; }
    /// Offsets below are wrong. For who knows where the file begins.
    void expect_from(Offset offset) { expected_ = offset; }

  private:
    BatchWalk(std::shared_ptr<File> file, int64_t end, int64_t position)
        : file_(std::move(file)), end_(end), position_(position) {}

    /// Whether `count` bytes from the position are in the buffer, as far as the file has them.
    Result<bool> have(int64_t count);
    const uint8_t* here() const { return buffer_.data() + (position_ - buffer_start_); }
    /// The head at the position, if it is that of a batch that the file holds whole.
    Result<std::optional<BatchHeader>> whole_batch();
    bool is_crc_right(const BatchHeader& header) const;
    Result<bool> is_border(int64_t position);
    /// A batch that is whole but has a wrong CRC: either its bytes are wrong or its length is.
    Result<WalkStep> broken_batch(const BatchHeader& header);
    /// Goes to the next intact batch behind what stands here, or to the end.
    Result<WalkStep> skip(std::string what);
    WalkStep take(const BatchHeader& header, bool is_intact);

    std::shared_ptr<File> file_;
    int64_t end_;
    int64_t position_;
    Offset expected_{0};
    int64_t buffer_start_ = 0;
    Bytes buffer_;
};

}  // namespace milena
