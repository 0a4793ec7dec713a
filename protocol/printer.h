// SPDX-License-Identifier: Apache-2.0
// Messages for people: (name="a", partitions=[(index=0), (index=1)]).
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "protocol/records.h"

namespace milena::protocol {

/// Bytes and records are printed as their size only: they may be secret, and are long.
class Printer {
  public:
    void begin() {
        text_ += '(';
        first_ = true;
    }
    void end() {
        text_ += ')';
        first_ = false;
    }
    std::string take() { return std::move(text_); }

    template <class T>
    void field(std::string_view name, const T& value) {
        start_field(name);
        print(value);
    }

  private:
    void start_field(std::string_view name);
    void print(bool value);
    void print(double value);
    void print(std::string_view value);
    void print(BytesView value);
    void print(const Uuid& value);
    void print(const Records& value);
    void print_integer(int64_t value);
    void print_null() { text_ += "null"; }

    template <std::integral T>
    void print(T value) {
        print_integer(static_cast<int64_t>(value));
    }
    template <class T>
    void print(const std::optional<T>& value) {
        if (value)
            print(*value);
        else
            print_null();
    }
    template <class T>
    void print(const std::vector<T>& values) {
        text_ += '[';
        for (const T& value : values) {
            if (&value != values.data()) text_ += ", ";
            print(value);
        }
        text_ += ']';
    }
    template <class T>
        requires requires(const T& value, Printer& printer) { value.print(printer); }
    void print(const T& value) {
        value.print(*this);
    }

    std::string text_;
    bool first_ = true;
};

}  // namespace milena::protocol
