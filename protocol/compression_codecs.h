// SPDX-License-Identifier: Apache-2.0
// What compression.cc needs of each codec; nobody else includes it.
#pragma once

#include "protocol/compression.h"

namespace milena {

std::unique_ptr<Decompressor> make_gzip_decompressor();
std::unique_ptr<Decompressor> make_snappy_decompressor();
std::unique_ptr<Decompressor> make_lz4_decompressor();
std::unique_ptr<Decompressor> make_zstd_decompressor();
std::unique_ptr<Compressor> make_gzip_compressor();
std::unique_ptr<Compressor> make_snappy_compressor();
std::unique_ptr<Compressor> make_lz4_compressor();
std::unique_ptr<Compressor> make_zstd_compressor();

/// Not CORRUPT_MESSAGE, which a producer would retry forever: the checksum was right, so the bytes
/// are what the producer made.
inline Error corrupt_compressed(std::string message) {
    return Error(ErrorCode::INVALID_RECORD, std::move(message));
}
inline Error compression_failed(std::string message) {
    return Error(ErrorCode::UNKNOWN_SERVER_ERROR, std::move(message));
}

inline void append(Bytes& out, BytesView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace milena
