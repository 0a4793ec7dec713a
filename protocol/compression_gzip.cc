// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <algorithm>

#include "protocol/compression_codecs.h"

namespace milena {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // largest window, gzip wrapper
constexpr int kMemoryLevel = 8;           // zlib's default
constexpr size_t kOutputStep = 16 << 10;

std::string zlib_message(const z_stream& stream) {
    return stream.msg ? stream.msg : "the stream ends early";
}

class GzipDecompressor : public Decompressor {
  public:
    GzipDecompressor() { ready_ = inflateInit2(&stream_, kGzipWindowBits) == Z_OK; }
    ~GzipDecompressor() override {
        if (ready_) inflateEnd(&stream_);
    }

    Result<void> start(BytesView compressed) override {
        if (!ready_ || inflateReset(&stream_) != Z_OK)
            return compression_failed("gzip: no memory for a context");
        stream_.next_in = const_cast<Bytef*>(compressed.data());  // zlib only reads it
        stream_.avail_in = static_cast<uInt>(compressed.size());
        ended_ = false;
        return {};
    }

    Result<size_t> read(MutableBytesView into) override {
        stream_.next_out = into.data();
        stream_.avail_out = static_cast<uInt>(into.size());
        while (!ended_ && stream_.avail_out > 0) {
            int outcome = inflate(&stream_, Z_NO_FLUSH);
            if (outcome == Z_STREAM_END)
                ended_ = !start_next_member();
            else if (outcome != Z_OK)
                return corrupt_compressed("gzip: " + zlib_message(stream_));
        }
        return into.size() - stream_.avail_out;
    }

  private:
    /// Members may follow each other; anything else behind the last one is ignored, as Java does.
    bool start_next_member() {
        bool is_member =
            stream_.avail_in >= 2 && stream_.next_in[0] == 0x1f && stream_.next_in[1] == 0x8b;
        return is_member && inflateReset(&stream_) == Z_OK;
    }

    z_stream stream_{};
    bool ready_ = false;
    bool ended_ = false;
};

class GzipCompressor : public Compressor {
  public:
    ~GzipCompressor() override {
        if (ready_) deflateEnd(&stream_);
    }

    Result<void> start(int level, Bytes&) override {
        level = std::clamp(level, Z_DEFAULT_COMPRESSION, Z_BEST_COMPRESSION);
        if (ready_ && level != level_) {
            deflateEnd(&stream_);
            ready_ = false;
        }
        if (ready_) {
            deflateReset(&stream_);
            return {};
        }
        level_ = level;
        ready_ = deflateInit2(&stream_, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                              Z_DEFAULT_STRATEGY) == Z_OK;
        if (!ready_) return compression_failed("gzip: no memory for a context");
        return {};
    }

    Result<void> write(BytesView piece, Bytes& out) override { return run(piece, Z_NO_FLUSH, out); }
    Result<void> finish(Bytes& out) override { return run({}, Z_FINISH, out); }

  private:
    Result<void> run(BytesView piece, int flush, Bytes& out) {
        stream_.next_in = const_cast<Bytef*>(piece.data());
        stream_.avail_in = static_cast<uInt>(piece.size());
        do {
            size_t before = out.size();
            out.resize(before + kOutputStep);
            stream_.next_out = out.data() + before;
            stream_.avail_out = kOutputStep;
            int outcome = deflate(&stream_, flush);
            out.erase(out.end() - stream_.avail_out, out.end());
            if (outcome == Z_STREAM_ERROR) return compression_failed("gzip: cannot compress");
        } while (stream_.avail_out == 0);
        return {};
    }

    z_stream stream_{};
    int level_ = 0;
    bool ready_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_gzip_decompressor() {
    return std::make_unique<GzipDecompressor>();
}
std::unique_ptr<Compressor> make_gzip_compressor() { return std::make_unique<GzipCompressor>(); }

}  // namespace milena
