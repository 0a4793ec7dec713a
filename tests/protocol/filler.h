// SPDX-License-Identifier: Apache-2.0
// Values for every type of field. The generated fill() calls it for each field of a version.
#pragma once

#include <concepts>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "protocol/message_filler/message_filler.h"
#include "protocol/records.h"
#include "tests/protocol/any_message.h"

namespace milena::protocol {

/// Owns the strings and bytes that it hands out; must outlive the messages it fills.
class Filler {
  public:
    explicit Filler(FillCase fill_case) : case_(fill_case) {}

    template <std::integral T>
    void fill(T& value, int16_t, bool) {
        if (case_ == FillCase::kFull)
            value = static_cast<T>(++counter_ + (sizeof(T) > 1 ? 300 : 0));
        else if (case_ == FillCase::kEmpty)
            value = 0;
        else if (case_ == FillCase::kExtreme)
            value = ++counter_ % 2 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
    }
    void fill(bool& value, int16_t, bool) {
        if (case_ != FillCase::kDefaults) value = case_ != FillCase::kEmpty;
    }
    void fill(double& value, int16_t, bool) {
        if (case_ != FillCase::kDefaults) value = case_ == FillCase::kEmpty ? 0 : ++counter_ + 0.5;
    }
    void fill(Uuid& value, int16_t, bool) {
        if (case_ == FillCase::kDefaults) return;
        value = {};
        if (case_ != FillCase::kEmpty) value.bytes.fill(static_cast<uint8_t>(++counter_ | 1));
    }
    void fill(std::string_view& value, int16_t, bool) {
        if (case_ != FillCase::kDefaults) value = text();
    }
    void fill(BytesView& value, int16_t, bool) {
        if (case_ != FillCase::kDefaults) value = as_bytes(text());
    }
    void fill(Records& value, int16_t, bool nullable) {
        if (case_ == FillCase::kDefaults && !nullable) value = Records(BytesView{});
        if (case_ == FillCase::kFull || case_ == FillCase::kExtreme)
            value = Records(as_bytes(text()));
        if (case_ == FillCase::kEmpty) value = nullable ? Records() : Records(BytesView{});
    }
    template <class T>
    void fill(std::vector<T>& values, int16_t version, bool) {
        if (case_ == FillCase::kDefaults) return;
        constexpr bool is_struct =
            std::is_class_v<T> && !std::same_as<T, Uuid> && !std::same_as<T, std::string_view>;
        const size_t extreme = is_struct ? 1 : 200;
        values.resize(case_ == FillCase::kEmpty ? 0 : case_ == FillCase::kFull ? 2 : extreme);
        for (T& value : values) fill(value, version, false);
    }
    template <class T>
    void fill(std::optional<T>& value, int16_t version, bool nullable) {
        if (case_ == FillCase::kDefaults) {
            if (!nullable && !value) value.emplace();
            return;
        }
        value.reset();
        if (case_ != FillCase::kEmpty || !nullable) fill(value.emplace(), version, false);
    }
    template <class T>
    void fill(T& message, int16_t version, bool) {
        milena::protocol::fill(message, version, *this);
    }

  private:
    std::string_view text() {
        if (case_ == FillCase::kEmpty) return {};
        std::string text = "text " + std::to_string(++counter_);
        if (case_ == FillCase::kExtreme)
            while (text.size() < 300) text += "\u20ac";
        return texts_.emplace_back(std::move(text));
    }

    FillCase case_;
    int64_t counter_ = 0;
    std::deque<std::string> texts_;
};

}  // namespace milena::protocol
