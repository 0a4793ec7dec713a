// SPDX-License-Identifier: Apache-2.0
// C++'s half of the proof that messages are byte-identical with Java's.
//
//   cpp_side check FILE [--old]   decodes and encodes each case of FILE, compares
//   cpp_side write FILE [--old]   writes every message, version and case to FILE
//   cpp_side old                  prints NAME=LOWEST-HIGHEST of the versions of older releases
//
// --old: those versions, and no others. JavaSide.java says what FILE looks like.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "tests/protocol/any_message.h"

namespace milena::protocol {
namespace {

/// A message, and those of its versions that are asked for.
struct Asked {
    const AnyMessage* message;
    int lowest;
    int highest;
};

/// Empty if `body` becomes the same bytes again.
std::string problem_of(const AnyMessage& message, BytesView body, int16_t version) {
    const auto again = message.recode(body, version);
    if (!again) return again.error().to_string();
    if (again->size() != body.size()) return "another size";
    return std::ranges::equal(*again, body) ? "" : "other bytes";
}

std::map<std::string_view, Asked> all_asked(bool old) {
    std::map<std::string_view, Asked> all;
    for (const AnyMessage& message : all_messages()) {
        const int lowest = old ? message.version_min : message.kafka_version_min;
        const int highest = old ? message.kafka_version_min - 1 : message.version_max;
        if (lowest <= highest) all[message.name] = {&message, lowest, highest};
    }
    return all;
}

template <class T>
T take(BytesView& bytes) {
    const T value = load_big_endian<T>(bytes.data());
    bytes = bytes.subspan(sizeof(T));
    return value;
}

BytesView take_bytes(BytesView& bytes, size_t size) {
    const BytesView taken = bytes.first(size);
    bytes = bytes.subspan(size);
    return taken;
}

int check(const std::string& path, const std::map<std::string_view, Asked>& all) {
    std::ifstream in(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    std::set<std::pair<std::string, int>> seen;
    int cases = 0, wrong = 0;
    for (BytesView rest = as_bytes(content); !rest.empty(); ++cases) {
        const std::string name(as_text(take_bytes(rest, take<uint16_t>(rest))));
        const auto version = take<int16_t>(rest);
        const int fill_case = take<int8_t>(rest);
        const BytesView body = take_bytes(rest, take<uint32_t>(rest));
        const auto asked = all.find(name);
        const std::string problem = asked == all.end()
                                        ? "no such message"
                                        : problem_of(*asked->second.message, body, version);
        seen.emplace(name, version);
        if (problem.empty()) continue;
        std::printf("%s v%d case %d: %s\n", name.c_str(), version, fill_case, problem.c_str());
        ++wrong;
    }
    for (const auto& [name, asked] : all)
        for (int version = asked.lowest; version <= asked.highest; ++version)
            if (!seen.contains({std::string(name), version})) {
                std::printf("%s v%d: not in Java's file\n", name.data(), version);
                ++wrong;
            }
    std::printf("Java to C++: %zu messages, %zu versions, %d cases, %d differ\n", all.size(),
                seen.size(), cases, wrong);
    return wrong == 0 && cases > 0 ? 0 : 1;
}

template <class T>
void put(Bytes& out, T value) {
    out.resize(out.size() + sizeof value);
    store_big_endian(out.data() + out.size() - sizeof value, value);
}

int write(const std::string& path, const std::map<std::string_view, Asked>& all) {
    Bytes out;
    for (const auto& [name, asked] : all)
        for (int version = asked.lowest; version <= asked.highest; ++version)
            for (int fill_case = 0; fill_case < kFillCases; ++fill_case) {
                const Bytes body = asked.message->filled(static_cast<int16_t>(version),
                                                         static_cast<FillCase>(fill_case));
                put(out, static_cast<uint16_t>(name.size()));
                out.insert(out.end(), name.begin(), name.end());
                put(out, static_cast<int16_t>(version));
                put(out, static_cast<int8_t>(fill_case));
                put(out, static_cast<uint32_t>(body.size()));
                out.insert(out.end(), body.begin(), body.end());
            }
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size()));
    return file.good() ? 0 : 1;
}

int run(const std::vector<std::string>& arguments) {
    const bool old =
        !arguments.empty() && arguments.back() != arguments.front() && arguments.back() == "--old";
    if (arguments.size() == 1 && arguments[0] == "old") {
        for (const auto& [name, asked] : all_asked(true))
            std::printf("%s=%d-%d\n", name.data(), asked.lowest, asked.highest);
        return 0;
    }
    if (arguments.size() < 2) return 2;
    const auto all = all_asked(old);
    return arguments[0] == "write" ? write(arguments[1], all) : check(arguments[1], all);
}

}  // namespace
}  // namespace milena::protocol

int main(int count, char** arguments) {
    return milena::protocol::run(std::vector<std::string>(arguments + 1, arguments + count));
}
