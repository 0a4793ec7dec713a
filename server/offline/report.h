// SPDX-License-Identifier: Apache-2.0
// What the offline tools say: lines, one for each thing found, and what of it is damage.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace milena {

/// Where a tool prints to.
struct ToolStreams {
    std::ostream& out;
    std::ostream& errors;
};

/// A place of a file that is not as it should be.
struct Damage {
    int64_t position = 0;
    std::string what;
};

/// One thread. Damage stands between the other lines, where it was met:
///   damage FILE:POSITION: what is wrong
class Report {
  public:
    explicit Report(std::ostream& out) : out_(out) {}

    void line(std::string_view text) { out_ << text << '\n'; }
    void damage(const std::string& path, std::string_view what) {
        ++damages_;
        out_ << "damage " << path << ": " << what << '\n';
    }
    void damage(const std::string& path, int64_t position, std::string_view what) {
        damage(path + ":" + std::to_string(position), what);
    }
    void damages(const std::string& path, const std::vector<Damage>& found) {
        for (const Damage& one : found) damage(path, one.position, one.what);
    }
    /// Worth knowing, but nothing is wrong.
    void note(const std::string& path, std::string_view what) {
        ++notes_;
        out_ << "note " << path << ": " << what << '\n';
    }

    int64_t damage_count() const { return damages_; }
    int64_t note_count() const { return notes_; }
    std::ostream& out() { return out_; }

  private:
    std::ostream& out_;
    int64_t damages_ = 0;
    int64_t notes_ = 0;
};

}  // namespace milena
