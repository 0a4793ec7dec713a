// SPDX-License-Identifier: Apache-2.0
#include "server/offline/record_format.h"

#include <charconv>

#include "server/offline/record_text.h"
#include "server/offline/text.h"

namespace milena {
namespace {

constexpr std::string_view kFields = "tpoTkKsSh%";

int64_t length_of(const std::optional<BytesView>& bytes) {
    return bytes ? static_cast<int64_t>(bytes->size()) : -1;
}

std::string plain_headers(const RecordView& record) {
    std::string text;
    for (const RecordHeader& header : record.headers()) {
        if (!text.empty()) text += ',';
        text += std::string(header.key) + "=";
        text += header.value ? as_text(*header.value) : "NULL";
    }
    return text;
}

void put_field(std::string& to, char field, const PartitionName& name, const RecordView& record) {
    switch (field) {
        case 't':
            to += name.topic;
            break;
        case 'p':
            to += std::to_string(name.partition);
            break;
        case 'o':
            to += std::to_string(record.offset.value);
            break;
        case 'T':
            to += std::to_string(record.timestamp.value);
            break;
        case 'k':
            to += as_text(record.key.value_or(BytesView()));
            break;
        case 'K':
            to += std::to_string(length_of(record.key));
            break;
        case 's':
            to += as_text(record.value.value_or(BytesView()));
            break;
        case 'S':
            to += std::to_string(length_of(record.value));
            break;
        case 'h':
            to += plain_headers(record);
            break;
        default:
            to += field;
    }
}

Error bad_format(std::string_view what) {
    return Error(ErrorCode::INVALID_CONFIG, "--format does not know " + std::string(what));
}

/// Takes what follows a backslash from `rest`.
Result<char> unescape(std::string_view& rest) {
    constexpr std::string_view kNames = "nrt\\";
    constexpr std::string_view kMeanings = "\n\r\t\\";
    if (rest.empty()) return bad_format("\\ at its end");
    const size_t found = kNames.find(rest[0]);
    if (found != std::string_view::npos) {
        rest.remove_prefix(1);
        return kMeanings[found];
    }
    uint8_t byte = 0;
    if (rest[0] == 'x' && rest.size() >= 3) {
        const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + 3, byte, 16);
        if (error == std::errc() && end == rest.data() + 3) {
            rest.remove_prefix(3);
            return static_cast<char>(byte);
        }
    }
    return bad_format("\\" + std::string(rest.substr(0, 1)));
}

/// A piece of text, and the field behind it; 0: none.
struct Piece {
    std::string text;
    char field = 0;
};

std::string json_headers(const RecordView& record) {
    std::string text;
    for (const RecordHeader& header : record.headers())
        text += (text.empty() ? "{\"key\":" : ",{\"key\":") + json_text(as_bytes(header.key)) +
                ",\"value\":" + json_text(header.value) + "}";
    return "[" + text + "]";
}

}  // namespace

RecordFormat plain_format(Decoding decoding) {
    return [decoding](const PartitionName& name, const RecordView& record) -> Result<std::string> {
        auto line = record_line(record, decoding, false);
        if (!line) return line.error();
        return name.directory_name() + " " + *line + "\n";
    };
}

RecordFormat json_format() {
    return [](const PartitionName& name, const RecordView& record) -> Result<std::string> {
        return "{\"topic\":" + json_text(as_bytes(name.topic)) +
               ",\"partition\":" + std::to_string(name.partition) +
               ",\"offset\":" + std::to_string(record.offset.value) +
               ",\"timestamp\":" + std::to_string(record.timestamp.value) +
               ",\"key\":" + json_text(record.key) + ",\"value\":" + json_text(record.value) +
               ",\"headers\":" + json_headers(record) + "}\n";
    };
}

Result<RecordFormat> custom_format(const std::string& format) {
    std::vector<Piece> pieces(1);
    for (std::string_view rest = format; !rest.empty();) {
        const char c = rest[0];
        rest.remove_prefix(1);
        if (c == '\\') {
            auto byte = unescape(rest);
            if (!byte) return byte.error();
            pieces.back().text += *byte;
        } else if (c != '%') {
            pieces.back().text += c;
        } else if (rest.empty() || kFields.find(rest[0]) == std::string_view::npos) {
            return bad_format("%" + std::string(rest.substr(0, 1)));
        } else {
            pieces.back().field = rest[0];
            pieces.emplace_back();
            rest.remove_prefix(1);
        }
    }
    return RecordFormat(
        [pieces = std::move(pieces)](const PartitionName& name, const RecordView& record) {
            std::string text;
            for (const Piece& piece : pieces) {
                text += piece.text;
                if (piece.field) put_field(text, piece.field, name, record);
            }
            return Result<std::string>(std::move(text));
        });
}

}  // namespace milena
