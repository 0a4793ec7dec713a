// SPDX-License-Identifier: Apache-2.0
#include "server/settings/properties.h"

#include <charconv>
#include <optional>

namespace milena {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

void append_utf8(std::string& to, uint32_t code) {
    if (code < 0x80) {
        to += static_cast<char>(code);
    } else if (code < 0x800) {
        to += static_cast<char>(0xC0 | code >> 6);
        to += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        to += static_cast<char>(0xE0 | code >> 12);
        to += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        to += static_cast<char>(0x80 | (code & 0x3F));
    }
}

class Parser {
  public:
    explicit Parser(std::string_view text) : rest_(text) {}

    Result<ConfigMap> parse() {
        ConfigMap properties;
        while (next_line()) {
            std::string key;
            if (!take_key(key)) return bad_escape();
            std::string value;
            if (!take_value(value)) return bad_escape();
            properties[key] = value;
        }
        return properties;
    }

  private:
    // Joins what a backslash at the end of a line continues; skips blank lines and comments.
    bool next_line() {
        line_.clear();
        while (!rest_.empty()) {
            std::string_view natural = take_natural_line();
            bool first = line_.empty();
            while (!natural.empty() && is_blank(natural.front())) natural.remove_prefix(1);
            if (first && (natural.empty() || natural[0] == '#' || natural[0] == '!')) continue;
            line_ += natural;
            if (!ends_in_escape(natural)) return true;
            line_.pop_back();
        }
        return !line_.empty();
    }

    std::string_view take_natural_line() {
        ++number_;
        size_t end = 0;
        while (end < rest_.size() && !is_line_end(rest_[end])) ++end;
        std::string_view line = rest_.substr(0, end);
        if (rest_.substr(end, 2) == "\r\n") ++end;
        rest_.remove_prefix(end < rest_.size() ? end + 1 : end);
        return line;
    }

    static bool ends_in_escape(std::string_view line) {
        size_t slashes = 0;
        while (slashes < line.size() && line[line.size() - 1 - slashes] == '\\') ++slashes;
        return slashes % 2 == 1;
    }

    bool take_key(std::string& key) {
        at_ = 0;
        while (at_ < line_.size() && line_[at_] != '=' && line_[at_] != ':' &&
               !is_blank(line_[at_]))
            if (!take_character(key)) return false;
        while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
        if (at_ < line_.size() && (line_[at_] == '=' || line_[at_] == ':')) ++at_;
        while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
        return true;
    }

    bool take_value(std::string& value) {
        while (at_ < line_.size())
            if (!take_character(value)) return false;
        return true;
    }

    bool take_character(std::string& to) {
        char c = line_[at_++];
        if (c != '\\' || at_ == line_.size()) {
            if (c != '\\') to += c;
            return true;
        }
        c = line_[at_++];
        if (c == 'u') return take_unicode(to);
        to += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'f' ? '\f' : c;
        return true;
    }

    bool take_unicode(std::string& to) {
        uint32_t code = 0;
        if (line_.size() - at_ < 4) return false;
        const char* first = line_.data() + at_;
        auto [end, error] = std::from_chars(first, first + 4, code, 16);
        if (error != std::errc() || end != first + 4) return false;
        at_ += 4;
        append_utf8(to, code);
        return true;
    }

    Error bad_escape() const {
        return Error(ErrorCode::INVALID_CONFIG, "line " + std::to_string(number_) +
                                                    ": after \\u four hexadecimal digits must "
                                                    "stand");
    }

    std::string_view rest_;
    std::string line_;
    size_t at_ = 0;
    int number_ = 0;
};

}  // namespace

Result<ConfigMap> parse_properties(std::string_view text) { return Parser(text).parse(); }

}  // namespace milena
