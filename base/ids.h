// SPDX-License-Identifier: Apache-2.0
// Distinct types for the numbers that must not be mixed up.
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace milena {

/// An integer with a meaning. Explicit to make, `.value` to look into, ordered, hashable.
template <class Tag, class Int>
struct StrongInt {
    using Value = Int;
    Int value{};

    constexpr StrongInt() = default;
    constexpr explicit StrongInt(Int v) : value(v) {}
    constexpr auto operator<=>(const StrongInt&) const = default;
};

/// Position of a record in its partition.
struct Offset : StrongInt<Offset, int64_t> {
    using StrongInt::StrongInt;
    constexpr Offset operator+(int64_t n) const { return Offset(value + n); }
    constexpr Offset operator-(int64_t n) const { return Offset(value - n); }
    constexpr int64_t operator-(Offset other) const { return value - other.value; }
};
inline constexpr Offset kNoOffset{-1};

/// Incarnation of a partition's leadership. -1: none.
struct LeaderEpoch : StrongInt<LeaderEpoch, int32_t> {
    using StrongInt::StrongInt;
};
inline constexpr LeaderEpoch kNoLeaderEpoch{-1};

struct BrokerId : StrongInt<BrokerId, int32_t> {
    using StrongInt::StrongInt;
};
inline constexpr BrokerId kNoBroker{-1};

/// -1: the producer is not idempotent.
struct ProducerId : StrongInt<ProducerId, int64_t> {
    using StrongInt::StrongInt;
};
inline constexpr ProducerId kNoProducerId{-1};

struct ProducerEpoch : StrongInt<ProducerEpoch, int16_t> {
    using StrongInt::StrongInt;
};

/// Milliseconds since 1970-01-01 UTC. -1: none.
struct TimestampMs : StrongInt<TimestampMs, int64_t> {
    using StrongInt::StrongInt;
};
inline constexpr TimestampMs kNoTimestamp{-1};

/// 128 bits, big-endian as on the wire; printed as Kafka does: 22 characters of URL-safe base64, no
/// padding.
struct Uuid {
    std::array<uint8_t, 16> bytes{};

    constexpr auto operator<=>(const Uuid&) const = default;
    constexpr bool is_zero() const { return *this == Uuid{}; }
    std::string to_string() const;
    /// Nothing if `text` is not 16 bytes in that encoding.
    static std::optional<Uuid> parse(std::string_view text);
    /// Random (version 4), never one whose text starts with '-', never one that Kafka reserves.
    static Uuid random();
};

/// A partition, by the id of its topic; names live only at the edge.
struct TopicPartition {
    Uuid topic_id;
    int32_t partition = -1;
    constexpr auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace milena

template <class T>
    requires std::derived_from<T, milena::StrongInt<T, typename T::Value>>
struct std::hash<T> {
    size_t operator()(const T& id) const noexcept {
        return std::hash<typename T::Value>()(id.value);
    }
};
template <>
struct std::hash<milena::Uuid> {
    size_t operator()(const milena::Uuid& id) const noexcept {
        uint64_t half;
        __builtin_memcpy(&half, id.bytes.data() + 8, sizeof half);  // random bits
        return half;
    }
};
template <>
struct std::hash<milena::TopicPartition> {
    size_t operator()(const milena::TopicPartition& tp) const noexcept {
        return std::hash<milena::Uuid>()(tp.topic_id) ^
               (static_cast<size_t>(tp.partition) * 0x9E3779B97F4A7C15u);
    }
};
