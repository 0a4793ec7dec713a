// SPDX-License-Identifier: Apache-2.0
#include "protocol/printer.h"

#include <cstdio>

namespace milena::protocol {

void Printer::start_field(std::string_view name) {
    if (!first_) text_ += ", ";
    first_ = false;
    text_ += name;
    text_ += '=';
}

void Printer::print(bool value) { text_ += value ? "true" : "false"; }

void Printer::print(double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%g", value);
    text_ += digits;
}

void Printer::print(std::string_view value) {
    text_ += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') text_ += '\\';
        text_ += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
    text_ += '"';
}

void Printer::print(BytesView value) { text_ += '<' + std::to_string(value.size()) + " bytes>"; }

void Printer::print(const Uuid& value) { text_ += value.to_string(); }

void Printer::print(const Records& value) {
    if (value.is_null()) return print_null();
    text_ += '<' + std::to_string(value.size()) + " bytes of records>";
}

void Printer::print_integer(int64_t value) { text_ += std::to_string(value); }

}  // namespace milena::protocol
