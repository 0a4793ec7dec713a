// SPDX-License-Identifier: Apache-2.0
// Whole messages from and to bytes. A message M is any struct of protocol/messages/.
#pragma once

#include <concepts>
#include <string>

#include "protocol/reader.h"
#include "protocol/writer.h"

namespace milena::protocol {

/// An encoded message: `buffer`, with file slices to be sent at the cuts.
struct ResponseChain {
    Bytes buffer;
    std::vector<Cut> cuts;  ///< ascending offsets; several may share one

    /// Bytes that the peer receives.
    size_t size() const {
        size_t size = buffer.size();
        for (const Cut& cut : cuts) size += static_cast<size_t>(cut.slice.length);
        return size;
    }
};

/// UNSUPPORTED_VERSION unless M has `version`.
template <class M>
Result<void> check_version(int16_t version) {
    if (version >= M::kMinVersion && version <= M::kMaxVersion) return {};
    return Error(ErrorCode::UNSUPPORTED_VERSION,
                 std::string(M::kName) + " has no version " + std::to_string(version));
}

/// The message that begins at the reader's position; what follows it is left there.
template <class M>
Result<M> decode_next(Reader& reader, int16_t version) {
    if (auto checked = check_version<M>(version); !checked) return checked.error();
    M message;
    message.decode(reader, version);
    if (!reader.ok()) return reader.error();
    return message;
}

/// `body` is exactly one message, and must outlive it. INVALID_REQUEST names the field at fault.
template <class M>
Result<M> decode_message(BytesView body, int16_t version) {
    Reader reader(body);
    Result<M> message = decode_next<M>(reader, version);
    if (message && reader.remaining() > 0)
        return Error(ErrorCode::INVALID_REQUEST, std::string(M::kName) + ": " +
                                                     std::to_string(reader.remaining()) +
                                                     " bytes are left behind the message");
    return message;
}

/// REQUIRES: M has `version`, and no records of it are file slices.
template <class M>
Bytes encode_message(const M& message, int16_t version) {
    Bytes buffer(message.encoded_size(version));
    Writer writer(buffer);
    message.encode(writer, version);
    return buffer;
}

/// REQUIRES: M has `version`.
template <class M>
ResponseChain encode_to_chain(const M& message, int16_t version) {
    ResponseChain chain;
    chain.buffer.resize(message.encoded_size(version));
    Writer writer(chain.buffer, &chain.cuts);
    message.encode(writer, version);
    return chain;
}

/// A whole frame: its length, a header and a message. REQUIRES: both have their versions.
template <class Header, class M>
ResponseChain encode_frame(const Header& header, int16_t header_version, const M& message,
                           int16_t version) {
    ResponseChain chain;
    chain.buffer.resize(sizeof(int32_t) + header.encoded_size(header_version) +
                        message.encoded_size(version));
    Writer writer(chain.buffer, &chain.cuts);
    writer.write<int32_t>(0);
    header.encode(writer, header_version);
    message.encode(writer, version);
    const auto size = static_cast<int32_t>(chain.size() - sizeof(int32_t));
    store_big_endian(chain.buffer.data(), size);
    return chain;
}

}  // namespace milena::protocol
