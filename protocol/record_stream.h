// SPDX-License-Identifier: Apache-2.0
// The bytes of a batch's records, whether they lie in memory or come out of a decompressor.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/compression.h"
#include "protocol/varint.h"

namespace milena {

/// A forward cursor. Reads return false when the bytes end or the decompressor fails; `failure()`
/// tells the latter. Compressed bytes are seen through a window that grows only as bytes arrive,
/// and only as far as ensure() asks.
class RecordStream {
  public:
    /// Bytes that a batch may decompress to in all, whatever its records' sizes: what Java can
    /// address, and a bound for the time that one small request can cost.
    static constexpr uint64_t kBatchBytesMax = 0x7fffffff;

    /// `bytes` are borrowed.
    RecordStream(BytesView bytes, CompressionType compression);
    ~RecordStream();
    RecordStream(const RecordStream&) = delete;
    RecordStream& operator=(const RecordStream&) = delete;

    /// Whether no byte is left; false after a failure.
    bool at_end() { return position_ == end_ && !refill() && !failure_; }
    /// Makes `count` bytes readable at data(). Invalidates what data() returned.
    bool ensure(size_t count) { return available() >= count || grow(count); }
    const uint8_t* data() const { return position_; }
    size_t available() const { return static_cast<size_t>(end_ - position_); }
    /// REQUIRES: count <= available()
    void consume(size_t count) { position_ += count; }

    bool read_byte(uint8_t& into) {
        if (position_ == end_ && !refill()) return false;
        into = *position_++;
        return true;
    }
    template <std::signed_integral T>
    bool read(T& into) {
        if (position_ != end_ && *position_ < 0x80) {  // most of them take one byte
            into = unzigzag(static_cast<uint32_t>(*position_++));
            return true;
        }
        // The encoded size is not known before: ask for the longest, take what there is.
        ensure(sizeof(T) == 4 ? kVarintBytesMax : kVarlongBytesMax);
        return read_varint(position_, end_, into);
    }
    bool skip(size_t count);

    /// Bytes read and skipped so far.
    uint64_t consumed() const { return before_window_ + static_cast<uint64_t>(position_ - begin_); }
    const std::optional<Error>& failure() const { return failure_; }

  private:
    bool refill() { return grow(1); }
    bool grow(size_t count);
    void make_room(size_t count);

    const uint8_t* begin_ = nullptr;
    const uint8_t* position_ = nullptr;
    const uint8_t* end_ = nullptr;
    uint64_t before_window_ = 0;
    DecompressorLease decompressor_;
    Bytes window_;
    bool ended_ = true;
    std::optional<Error> failure_;
};

}  // namespace milena
