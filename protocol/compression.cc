// SPDX-License-Identifier: Apache-2.0
#include "protocol/compression.h"

#include <array>
#include <vector>

#include "protocol/compression_codecs.h"

namespace milena {
namespace {

/// Idle contexts of one codec that a thread keeps: one for reading through, one for a rewrite
/// nested in it.
constexpr size_t kIdleContextsMax = 2;
constexpr size_t kCodecs = kCompressionTypeLast + 1;

template <class Context>
using IdleContexts = std::array<std::vector<std::unique_ptr<Context>>, kCodecs>;
thread_local IdleContexts<Decompressor> idle_decompressors;
thread_local IdleContexts<Compressor> idle_compressors;

template <class Context>
std::unique_ptr<Context> take_idle(IdleContexts<Context>& idle, CompressionType type) {
    auto& contexts = idle[static_cast<size_t>(type)];
    if (contexts.empty()) return nullptr;
    auto context = std::move(contexts.back());
    contexts.pop_back();
    return context;
}

template <class Context>
void keep_idle(IdleContexts<Context>& idle, CompressionType type,
               std::unique_ptr<Context> context) {
    auto& contexts = idle[static_cast<size_t>(type)];
    if (contexts.size() < kIdleContextsMax) contexts.push_back(std::move(context));
}

std::unique_ptr<Decompressor> make_decompressor(CompressionType type) {
    switch (type) {
        case CompressionType::kNone:
            return nullptr;
        case CompressionType::kGzip:
            return make_gzip_decompressor();
        case CompressionType::kSnappy:
            return make_snappy_decompressor();
        case CompressionType::kLz4:
            return make_lz4_decompressor();
        case CompressionType::kZstd:
            return make_zstd_decompressor();
    }
    return nullptr;
}

std::unique_ptr<Compressor> make_compressor(CompressionType type) {
    switch (type) {
        case CompressionType::kNone:
            return nullptr;
        case CompressionType::kGzip:
            return make_gzip_compressor();
        case CompressionType::kSnappy:
            return make_snappy_compressor();
        case CompressionType::kLz4:
            return make_lz4_compressor();
        case CompressionType::kZstd:
            return make_zstd_compressor();
    }
    return nullptr;
}

}  // namespace

void ReturnDecompressor::operator()(Decompressor* decompressor) const {
    decompressor->release();
    keep_idle(idle_decompressors, type, std::unique_ptr<Decompressor>(decompressor));
}

void ReturnCompressor::operator()(Compressor* compressor) const {
    keep_idle(idle_compressors, type, std::unique_ptr<Compressor>(compressor));
}

DecompressorLease take_decompressor(CompressionType type) {
    auto context = take_idle(idle_decompressors, type);
    if (!context) context = make_decompressor(type);
    return DecompressorLease(context.release(), ReturnDecompressor{type});
}

CompressorLease take_compressor(CompressionType type) {
    auto context = take_idle(idle_compressors, type);
    if (!context) context = make_compressor(type);
    return CompressorLease(context.release(), ReturnCompressor{type});
}

int default_compression_level(CompressionType type) {
    switch (type) {
        case CompressionType::kGzip:
            return kGzipLevelDefault;
        case CompressionType::kLz4:
            return kLz4LevelDefault;
        case CompressionType::kZstd:
            return kZstdLevelDefault;
        default:
            return 0;
    }
}

std::string_view compression_name(CompressionType type) {
    constexpr std::array<std::string_view, kCodecs> kNames{"none", "gzip", "snappy", "lz4", "zstd"};
    return kNames[static_cast<size_t>(type)];
}

}  // namespace milena
