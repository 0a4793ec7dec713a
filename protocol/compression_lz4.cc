// SPDX-License-Identifier: Apache-2.0
// One LZ4 frame, its blocks independent: Java's reader takes nothing else.
//   frame: magic:le32 flags descriptor [content_size:le64] header_checksum
//          (length:le32 block[length] [checksum:le32])* end:le32=0 [checksum:le32]
// A block's length has its top bit set if the block is stored as it was.
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>

#include <algorithm>
#include <array>

#include "protocol/compression_codecs.h"

namespace milena {
namespace {

/// Magic, flags (version 1, independent blocks, no checksums), 64 KiB blocks, their checksum.
constexpr std::array<uint8_t, 7> kFrameHeader{0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82};
constexpr size_t kBlockBytes = 64 << 10;
constexpr uint32_t kStoredBlock = 0x80000000;
constexpr size_t kMagicBytes = 4;

class Lz4Decompressor : public Decompressor {
  public:
    Lz4Decompressor() {
        ready_ = !LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION));
    }
    ~Lz4Decompressor() override {
        if (ready_) LZ4F_freeDecompressionContext(context_);
    }

    Result<void> start(BytesView compressed) override {
        if (!ready_) return compression_failed("lz4: no memory for a context");
        LZ4F_resetDecompressionContext(context_);
        ended_ = false;
        if (compressed.size() < kFrameHeader.size() ||
            !std::equal(kFrameHeader.begin(), kFrameHeader.begin() + kMagicBytes,
                        compressed.begin()))
            return corrupt_compressed("lz4: this is no frame");
        LZ4F_frameInfo_t info{};
        size_t used = compressed.size();
        size_t outcome = LZ4F_getFrameInfo(context_, &info, compressed.data(), &used);
        if (LZ4F_isError(outcome)) return broken(outcome);
        if (info.blockMode != LZ4F_blockIndependent)
            return corrupt_compressed("lz4: blocks that depend on each other are not supported");
        input_ = compressed.subspan(used);
        return {};
    }

    Result<size_t> read(MutableBytesView into) override {
        size_t total = 0;
        while (!ended_ && total < into.size()) {
            size_t produced = into.size() - total;
            size_t used = input_.size();
            size_t outcome = LZ4F_decompress(context_, into.data() + total, &produced,
                                             input_.data(), &used, nullptr);
            if (LZ4F_isError(outcome)) return broken(outcome);
            input_ = input_.subspan(used);
            total += produced;
            ended_ = outcome == 0;
            if (!ended_ && produced == 0 && input_.empty())
                return corrupt_compressed("lz4: the frame ends early");
        }
        return total;
    }

  private:
    static Error broken(size_t outcome) {
        return corrupt_compressed(std::string("lz4: ") + LZ4F_getErrorName(outcome));
    }

    LZ4F_dctx* context_ = nullptr;
    BytesView input_;
    bool ready_ = false;
    bool ended_ = false;
};

class Lz4Compressor : public Compressor {
  public:
    Result<void> start(int level, Bytes& out) override {
        level_ = level;
        append(out, kFrameHeader);
        return {};
    }

    Result<void> write(BytesView piece, Bytes& out) override {
        while (!piece.empty()) {
            BytesView block = piece.first(std::min(piece.size(), kBlockBytes));
            piece = piece.subspan(block.size());
            write_block(block, out);
        }
        return {};
    }

    Result<void> finish(Bytes& out) override {
        write_length(0, out);
        return {};
    }

  private:
    static void write_length(uint32_t length, Bytes& out) {
        if constexpr (std::endian::native == std::endian::big) length = byteswap(length);
        append(out, {reinterpret_cast<const uint8_t*>(&length), sizeof length});
    }

    void write_block(BytesView block, Bytes& out) {
        size_t length = compress(block);
        if (length == 0) {
            write_length(static_cast<uint32_t>(block.size()) | kStoredBlock, out);
            append(out, block);
        } else {
            write_length(static_cast<uint32_t>(length), out);
            append(out, BytesView(buffer_).first(length));
        }
    }

    /// Into buffer_; 0 if the block does not get smaller. Kafka means the fast compressor by its
    /// default level, and the thorough one by every other.
    size_t compress(BytesView block) {
        buffer_.resize(kBlockBytes);
        auto* from = reinterpret_cast<const char*>(block.data());
        auto* to = reinterpret_cast<char*>(buffer_.data());
        int size = static_cast<int>(block.size());
        if (level_ == kLz4LevelDefault)
            return static_cast<size_t>(LZ4_compress_default(from, to, size, size - 1));
        if (!state_) state_ = std::make_unique<LZ4_streamHC_t>();
        return static_cast<size_t>(
            LZ4_compress_HC_extStateHC(state_.get(), from, to, size, size - 1, level_));
    }

    int level_ = kLz4LevelDefault;
    Bytes buffer_;
    std::unique_ptr<LZ4_streamHC_t> state_;
};

}  // namespace

std::unique_ptr<Decompressor> make_lz4_decompressor() {
    return std::make_unique<Lz4Decompressor>();
}
std::unique_ptr<Compressor> make_lz4_compressor() { return std::make_unique<Lz4Compressor>(); }

}  // namespace milena
