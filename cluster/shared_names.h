// SPDX-License-Identifier: Apache-2.0
// A sorted set of names whose copies share structure: the order in which topics are listed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/shared_map.h"

namespace milena {

/// Chunks of up to kChunkNamesMax sorted names; a change clones one chunk. Threads as SharedMap.
class SharedNames {
  public:
    /// False if it was there.
    bool insert(std::string_view name);
    /// False if it was not there.
    bool erase(std::string_view name);
    /// In order, from the first >= `from`; stops when `visit` returns false.
    void visit(std::string_view from, const std::function<bool(const std::string&)>& visit) const;
    void freeze() { ++edit_; }

  private:
    static constexpr size_t kChunkNamesMax = 256;

    struct Chunk {
        EditId edit;
        std::vector<std::string> names;  // never empty
    };

    /// Index of the chunk where `name` is or belongs.
    size_t chunk_of(std::string_view name) const;
    Chunk& own(size_t index);
    void split(size_t index);

    std::vector<std::shared_ptr<Chunk>> chunks_;
    EditId edit_ = 1;
};

}  // namespace milena
