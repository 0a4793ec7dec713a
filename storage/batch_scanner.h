// SPDX-License-Identifier: Apache-2.0
// Walks over the record batches of a file.
#pragma once

#include <array>
#include <optional>

#include "base/file.h"
#include "storage/batch_header.h"

namespace milena {

struct BatchPosition {
    BatchHeader header;
    int64_t position = 0;

    int64_t end() const { return position + header.size_bytes; }
};

/// Reads heads only, several small batches with one pread.
class BatchScanner {
  public:
    /// `end`: of the readable part of the file.
    BatchScanner(const File& file, int64_t position, int64_t end)
        : file_(file), position_(position), end_(end) {}

    /// The batch at the current position, which then moves behind it; nothing at `end`, or where
    /// that cuts a batch: the log then goes on in the next file. CORRUPT_MESSAGE where there is no
    /// batch; KAFKA_STORAGE_ERROR.
    Result<std::optional<BatchPosition>> next();

  private:
    const File& file_;
    int64_t position_;
    const int64_t end_;
    std::array<uint8_t, 4096> buffer_;
    int64_t buffer_start_ = 0;
    int64_t buffer_end_ = 0;
};

enum class CrcCheck : bool { kNo, kYes };

/// Reads whole batches in large pieces, for recovery. Stops at the first byte that is not part of a
/// whole, valid batch: a torn write, or damage.
class BatchReader {
  public:
    static constexpr size_t kPieceBytes = 1 << 20;

    /// From `position`, a batch border, to `end`.
    explicit BatchReader(const File& file, int64_t end, int64_t position = 0,
                         size_t piece_bytes = kPieceBytes, CrcCheck check = CrcCheck::kYes)
        : file_(file), end_(end), piece_bytes_(piece_bytes), check_(check), position_(position) {}

    struct Batch {
        BatchHeader header;
        int64_t position = 0;
        BytesView bytes;  ///< until the next call
    };
    /// Nothing at the end, or where a batch is cut short, implausible or has a wrong CRC (which not
    /// everybody wants to be checked).
    Result<std::optional<Batch>> next();
    /// Everything before is valid.
    int64_t position() const { return position_; }

  private:
    Result<bool> have(int64_t bytes);

    const File& file_;
    const int64_t end_;
    const size_t piece_bytes_;
    const CrcCheck check_;
    int64_t position_;
    int64_t buffer_start_ = 0;
    Bytes buffer_;
};

}  // namespace milena
