// SPDX-License-Identifier: Apache-2.0
// Kafka's snappy is xerial's stream:
//   stream: magic[8] version:int32 compatible_version:int32 (length:int32 block[length])*
// Streams may follow each other: a length that equals the magic's first four bytes is a new header.
#include <snappy.h>

#include <algorithm>
#include <array>

#include "protocol/compression_codecs.h"

namespace milena {
namespace {

constexpr std::array<uint8_t, 16> kHeader{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                          0,    0,   0,   1,   0,   0,   0,   1};
constexpr size_t kMagicBytes = 8;
constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kKeptBufferBytesMax = 1 << 20;

const char* text(const uint8_t* bytes) { return reinterpret_cast<const char*>(bytes); }
char* text(uint8_t* bytes) { return reinterpret_cast<char*>(bytes); }

class SnappyDecompressor : public Decompressor {
  public:
    Result<void> start(BytesView compressed) override {
        input_ = compressed;
        pending_ = {};
        if (input_.empty()) return corrupt_compressed("snappy: nothing to decompress");
        if (at_magic()) return read_header();
        BytesView block = input_;
        input_ = {};
        return decompress(block);
    }

    Result<size_t> read(MutableBytesView into) override {
        while (pending_.empty()) {
            if (input_.size() < sizeof(int32_t)) return size_t{0};
            Result<void> chunk = read_chunk();
            if (!chunk) return chunk.error();
        }
        size_t count = std::min(into.size(), pending_.size());
        std::copy_n(pending_.begin(), count, into.begin());
        pending_ = pending_.subspan(count);
        return count;
    }

    void release() override {
        input_ = pending_ = {};
        if (buffer_.capacity() > kKeptBufferBytesMax) buffer_ = Bytes();
    }

  private:
    bool at_magic() const {
        return input_.size() >= kMagicBytes &&
               std::equal(kHeader.begin(), kHeader.begin() + kMagicBytes, input_.begin());
    }

    Result<void> read_header() {
        if (!at_magic() || input_.size() < kHeader.size())
            return corrupt_compressed("snappy: the stream's header is cut short");
        if (load_big_endian<int32_t>(input_.data() + kMagicBytes) < 1)
            return corrupt_compressed("snappy: unknown version of the stream");
        input_ = input_.subspan(kHeader.size());
        return {};
    }

    Result<void> read_chunk() {
        auto length = load_big_endian<uint32_t>(input_.data());
        if (length == load_big_endian<uint32_t>(kHeader.data())) return read_header();
        input_ = input_.subspan(sizeof length);
        if (length > input_.size())
            return corrupt_compressed("snappy: a chunk is longer than the stream");
        BytesView block = input_.first(length);
        input_ = input_.subspan(length);
        return decompress(block);
    }

    Result<void> decompress(BytesView block) {
        // No element of snappy expands 3 bytes to more than 64: a greater claim is not believed.
        const size_t expanded_max = 22 * block.size() + 64;
        size_t expanded = 0;
        if (!snappy::GetUncompressedLength(text(block.data()), block.size(), &expanded) ||
            expanded > expanded_max)
            return corrupt_compressed("snappy: a chunk's length is wrong");
        if (buffer_.size() < expanded) buffer_.resize(expanded);
        if (!snappy::RawUncompress(text(block.data()), block.size(), text(buffer_.data())))
            return corrupt_compressed("snappy: a chunk is corrupt");
        pending_ = BytesView(buffer_).first(expanded);
        return {};
    }

    BytesView input_;
    BytesView pending_;  // decompressed, in buffer_, not read yet
    Bytes buffer_;
};

class SnappyCompressor : public Compressor {
  public:
    Result<void> start(int, Bytes& out) override {
        append(out, kHeader);
        return {};
    }

    Result<void> write(BytesView piece, Bytes& out) override {
        while (!piece.empty()) {
            BytesView block = piece.first(std::min(piece.size(), kBlockBytes));
            piece = piece.subspan(block.size());
            size_t at = out.size();
            out.resize(at + sizeof(int32_t) + snappy::MaxCompressedLength(block.size()));
            size_t length = 0;
            snappy::RawCompress(text(block.data()), block.size(),
                                text(out.data() + at + sizeof(int32_t)), &length);
            store_big_endian(out.data() + at, static_cast<int32_t>(length));
            out.resize(at + sizeof(int32_t) + length);
        }
        return {};
    }

    Result<void> finish(Bytes&) override { return {}; }
};

}  // namespace

std::unique_ptr<Decompressor> make_snappy_decompressor() {
    return std::make_unique<SnappyDecompressor>();
}
std::unique_ptr<Compressor> make_snappy_compressor() {
    return std::make_unique<SnappyCompressor>();
}

}  // namespace milena
