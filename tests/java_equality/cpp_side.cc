// SPDX-License-Identifier: Apache-2.0
// C++'s half of the proof that messages are byte-identical with Java's.
//
//   cpp_side check FILE [--old]   decodes and encodes each case of FILE, compares
//   cpp_side write FILE [--old]   writes every message, version and case to FILE
//   cpp_side old                  prints NAME=LOWEST-HIGHEST of the versions of older releases
//
// --old: those versions, and no others. JavaSide.java says what FILE looks like.
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "protocol/message.h"
#include "protocol/messages/all_messages.h"
#include "tests/protocol/filler.h"

namespace milena::protocol {
namespace {

struct MessageOps {
    int lowest = 0;
    int highest = -1;
    std::function<std::string(BytesView, int16_t)> problem_of;  ///< empty if all is well
    std::function<Bytes(int16_t, FillCase)> filled;
};

template <class M>
std::string problem_of(BytesView expected, int16_t version) {
    const auto message = decode_message<M>(expected, version);
    if (!message) return message.error().to_string();
    if (message->encoded_size(version) != expected.size()) return "another size";
    const Bytes bytes = encode_message(*message, version);
    if (!std::ranges::equal(bytes, expected)) return "other bytes";
    return {};
}

template <class M>
Bytes filled(int16_t version, FillCase fill_case) {
    Filler filler(fill_case);
    M message;
    fill(message, version, filler);
    return encode_message(message, version);
}

std::map<std::string, MessageOps> all_ops(bool old) {
    std::map<std::string, MessageOps> all;
    for_each_message([&]<class M>() {
        const int lowest = old ? M::kMinVersion : M::kKafkaMinVersion;
        const int highest = old ? M::kKafkaMinVersion - 1 : M::kMaxVersion;
        if (lowest <= highest)
            all[std::string(M::kName)] = {lowest, highest, problem_of<M>, filled<M>};
    });
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

int check(const std::string& path, const std::map<std::string, MessageOps>& all) {
    std::ifstream in(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    std::set<std::pair<std::string, int>> seen;
    int cases = 0, wrong = 0;
    for (BytesView rest = as_bytes(content); !rest.empty(); ++cases) {
        const std::string name(as_text(take_bytes(rest, take<uint16_t>(rest))));
        const auto version = take<int16_t>(rest);
        const int fill_case = take<int8_t>(rest);
        const BytesView body = take_bytes(rest, take<uint32_t>(rest));
        const auto ops = all.find(name);
        const std::string problem =
            ops == all.end() ? "no such message" : ops->second.problem_of(body, version);
        seen.emplace(name, version);
        if (problem.empty()) continue;
        std::printf("%s v%d case %d: %s\n", name.c_str(), version, fill_case, problem.c_str());
        ++wrong;
    }
    for (const auto& [name, ops] : all)
        for (int version = ops.lowest; version <= ops.highest; ++version)
            if (!seen.contains({name, version})) {
                std::printf("%s v%d: not in Java's file\n", name.c_str(), version);
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

int write(const std::string& path, const std::map<std::string, MessageOps>& all) {
    Bytes out;
    for (const auto& [name, ops] : all)
        for (int version = ops.lowest; version <= ops.highest; ++version)
            for (int fill_case = 0; fill_case < kFillCases; ++fill_case) {
                const Bytes body =
                    ops.filled(static_cast<int16_t>(version), static_cast<FillCase>(fill_case));
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
        for (const auto& [name, ops] : all_ops(true))
            std::printf("%s=%d-%d\n", name.c_str(), ops.lowest, ops.highest);
        return 0;
    }
    if (arguments.size() < 2) return 2;
    const auto all = all_ops(old);
    return arguments[0] == "write" ? write(arguments[1], all) : check(arguments[1], all);
}

}  // namespace
}  // namespace milena::protocol

int main(int count, char** arguments) {
    return milena::protocol::run(std::vector<std::string>(arguments + 1, arguments + count));
}
