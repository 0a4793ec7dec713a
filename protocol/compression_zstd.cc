// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include "protocol/compression_codecs.h"

namespace milena {
namespace {

constexpr size_t kOutputStep = 16 << 10;

class ZstdDecompressor : public Decompressor {
  public:
    ZstdDecompressor() : context_(ZSTD_createDCtx()) {}
    ~ZstdDecompressor() override { ZSTD_freeDCtx(context_); }

    Result<void> start(BytesView compressed) override {
        if (!context_) return compression_failed("zstd: no memory for a context");
        ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
        input_ = {compressed.data(), compressed.size(), 0};
        within_frame_ = false;
        return {};
    }

    Result<size_t> read(MutableBytesView into) override {
        ZSTD_outBuffer output{into.data(), into.size(), 0};
        while (output.pos < output.size && (within_frame_ || input_.pos < input_.size)) {
            size_t before = output.pos;
            size_t outcome = ZSTD_decompressStream(context_, &output, &input_);
            if (ZSTD_isError(outcome))
                return corrupt_compressed(std::string("zstd: ") + ZSTD_getErrorName(outcome));
            within_frame_ = outcome != 0;
            if (within_frame_ && output.pos == before && input_.pos == input_.size)
                return corrupt_compressed("zstd: the frame ends early");
        }
        return output.pos;
    }

    void release() override {
        // A window may be up to 128 MiB; idle threads must not hold one each.
        if (context_ && ZSTD_sizeof_DCtx(context_) > kKeptContextBytesMax) {
            ZSTD_freeDCtx(context_);
            context_ = ZSTD_createDCtx();
        }
    }

  private:
    static constexpr size_t kKeptContextBytesMax = 8 << 20;

    ZSTD_DCtx* context_;
    ZSTD_inBuffer input_{};
    bool within_frame_ = false;
};

class ZstdCompressor : public Compressor {
  public:
    ZstdCompressor() : context_(ZSTD_createCCtx()) {}
    ~ZstdCompressor() override { ZSTD_freeCCtx(context_); }

    Result<void> start(int level, Bytes&) override {
        if (!context_) return compression_failed("zstd: no memory for a context");
        ZSTD_CCtx_reset(context_, ZSTD_reset_session_only);
        ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
        return {};
    }

    Result<void> write(BytesView piece, Bytes& out) override {
        return run(piece, ZSTD_e_continue, out);
    }
    Result<void> finish(Bytes& out) override { return run({}, ZSTD_e_end, out); }

  private:
    Result<void> run(BytesView piece, ZSTD_EndDirective directive, Bytes& out) {
        ZSTD_inBuffer input{piece.data(), piece.size(), 0};
        for (;;) {
            size_t before = out.size();
            out.resize(before + kOutputStep);
            ZSTD_outBuffer output{out.data() + before, kOutputStep, 0};
            size_t outcome = ZSTD_compressStream2(context_, &output, &input, directive);
            out.resize(before + output.pos);
            if (ZSTD_isError(outcome))
                return compression_failed(std::string("zstd: ") + ZSTD_getErrorName(outcome));
            bool done = directive == ZSTD_e_end ? outcome == 0 : input.pos == input.size;
            if (done) return {};
        }
    }

    ZSTD_CCtx* context_;
};

}  // namespace

std::unique_ptr<Decompressor> make_zstd_decompressor() {
    return std::make_unique<ZstdDecompressor>();
}
std::unique_ptr<Compressor> make_zstd_compressor() { return std::make_unique<ZstdCompressor>(); }

}  // namespace milena
