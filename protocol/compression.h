// SPDX-License-Identifier: Apache-2.0
// The codecs of record batches, as streams. What they read and write is what Kafka's clients do:
//   gzip    RFC 1952 members
//   snappy  xerial's framing: magic, version, compatible version, then chunks of
//           int32 length + raw snappy block; without the magic, one raw block is read
//   lz4     the LZ4 frame format, one frame of independent blocks; written with 64 KiB blocks
//   zstd    RFC 8878 frames
// What a codec cannot read is INVALID_RECORD. Contexts are kept per thread and used again.
#pragma once

#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/record_types.h"

namespace milena {

/// Decompresses one input at a time, piece by piece: memory is bounded by the codec's window, not
/// by what the input claims to expand to.
class Decompressor {
  public:
    virtual ~Decompressor() = default;
    /// Begins with `compressed`, borrowed until the end or the next start.
    virtual Result<void> start(BytesView compressed) = 0;
    /// Fills `into` as far as it can at once; 0 only at the end. REQUIRES: into is not empty
    virtual Result<size_t> read(MutableBytesView into) = 0;
    /// Drops the input and memory that is too large to keep.
    virtual void release() {}
};

/// Compresses one stream at a time. The writer hands in pieces of a sensible size (64 KiB).
class Compressor {
  public:
    virtual ~Compressor() = default;
    /// Begins a stream. `level` as in Kafka's settings for the codec; out of range is clamped.
    virtual Result<void> start(int level, Bytes& out) = 0;
    /// Compresses `piece`, appends what is ready to `out`.
    virtual Result<void> write(BytesView piece, Bytes& out) = 0;
    virtual Result<void> finish(Bytes& out) = 0;
};

/// Gives the context back to the thread that it was taken from.
struct ReturnDecompressor {
    CompressionType type = CompressionType::kNone;
    void operator()(Decompressor* decompressor) const;
};
struct ReturnCompressor {
    CompressionType type = CompressionType::kNone;
    void operator()(Compressor* compressor) const;
};
/// Both stay on the thread that took them. Null for kNone.
using DecompressorLease = std::unique_ptr<Decompressor, ReturnDecompressor>;
using CompressorLease = std::unique_ptr<Compressor, ReturnCompressor>;
DecompressorLease take_decompressor(CompressionType type);
CompressorLease take_compressor(CompressionType type);

inline constexpr int kGzipLevelDefault = -1;
inline constexpr int kLz4LevelDefault = 9;
inline constexpr int kZstdLevelDefault = 3;

/// Kafka's default level of `type`; 0 where a codec has none.
int default_compression_level(CompressionType type);
/// Kafka's name: "none", "gzip", "snappy", "lz4", "zstd".
std::string_view compression_name(CompressionType type);

}  // namespace milena
