// SPDX-License-Identifier: Apache-2.0
// Records of the coordinators' internal topics: key and value each begin with an int16. Before a
// key it says which kind of record it is, before a value which version of that kind.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "protocol/message.h"

namespace milena {

struct CoordinatorRecord {
    Bytes key;
    std::optional<Bytes> value;  ///< nothing: the key is deleted
    bool operator==(const CoordinatorRecord&) const = default;
};

/// An int16 and what follows it.
struct VersionedBytes {
    int16_t version = -1;
    BytesView body;
};
/// Nothing if there are not even two bytes.
inline std::optional<VersionedBytes> split_version(BytesView bytes) {
    if (bytes.size() < sizeof(int16_t)) return {};
    return VersionedBytes{load_big_endian<int16_t>(bytes.data()), bytes.subspan(sizeof(int16_t))};
}

template <class Message>
Bytes encode_versioned(int16_t prefix, const Message& message, int16_t version) {
    Bytes bytes(sizeof(int16_t) + message.encoded_size(version));
    store_big_endian(bytes.data(), prefix);
    protocol::Writer writer(MutableBytesView(bytes).subspan(sizeof(int16_t)));
    message.encode(writer, version);
    return bytes;
}

/// Keys have one version only; what stands before them is their kind.
template <class Key>
CoordinatorRecord make_tombstone(const Key& key) {
    return {encode_versioned(Key::kApiKey, key, Key::kMaxVersion), std::nullopt};
}
template <class Key, class Value>
CoordinatorRecord make_record(const Key& key, const Value& value, int16_t value_version) {
    return {encode_versioned(Key::kApiKey, key, Key::kMaxVersion),
            encode_versioned(value_version, value, value_version)};
}

}  // namespace milena
