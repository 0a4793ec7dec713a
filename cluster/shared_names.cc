// SPDX-License-Identifier: Apache-2.0
#include "cluster/shared_names.h"

#include <algorithm>

namespace milena {

size_t SharedNames::chunk_of(std::string_view name) const {
    auto after = std::upper_bound(
        chunks_.begin(), chunks_.end(), name,
        [](std::string_view wanted, const auto& chunk) { return wanted < chunk->names.front(); });
    return after == chunks_.begin() ? 0 : static_cast<size_t>(after - chunks_.begin()) - 1;
}

SharedNames::Chunk& SharedNames::own(size_t index) {
    auto& chunk = chunks_[index];
    if (chunk->edit != edit_) chunk = std::make_shared<Chunk>(Chunk{edit_, chunk->names});
    return *chunk;
}

void SharedNames::split(size_t index) {
    auto& names = own(index).names;
    const auto middle = names.begin() + static_cast<ptrdiff_t>(names.size() / 2);
    auto upper = std::make_shared<Chunk>(
        Chunk{edit_, {std::make_move_iterator(middle), std::make_move_iterator(names.end())}});
    names.erase(middle, names.end());
    chunks_.insert(chunks_.begin() + static_cast<ptrdiff_t>(index) + 1, std::move(upper));
}

bool SharedNames::insert(std::string_view name) {
    if (chunks_.empty()) {
        chunks_.push_back(std::make_shared<Chunk>(Chunk{edit_, {std::string(name)}}));
        return true;
    }
    const size_t index = chunk_of(name);
    const auto& sorted = chunks_[index]->names;
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), name);
    if (place != sorted.end() && *place == name) return false;
    const auto position = place - sorted.begin();
    auto& names = own(index).names;
    names.insert(names.begin() + position, std::string(name));
    if (names.size() > kChunkNamesMax) split(index);
    return true;
}

bool SharedNames::erase(std::string_view name) {
    if (chunks_.empty()) return false;
    const size_t index = chunk_of(name);
    const auto& sorted = chunks_[index]->names;
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), name);
    if (place == sorted.end() || *place != name) return false;
    const auto position = place - sorted.begin();
    auto& names = own(index).names;
    names.erase(names.begin() + position);
    if (names.empty()) chunks_.erase(chunks_.begin() + static_cast<ptrdiff_t>(index));
    return true;
}

void SharedNames::visit(std::string_view from,
                        const std::function<bool(const std::string&)>& visit) const {
    if (chunks_.empty()) return;
    const size_t first = chunk_of(from);
    const auto& names = chunks_[first]->names;
    for (auto name = std::lower_bound(names.begin(), names.end(), from); name != names.end();
         ++name)
        if (!visit(*name)) return;
    for (size_t index = first + 1; index < chunks_.size(); ++index)
        for (const std::string& name : chunks_[index]->names)
            if (!visit(name)) return;
}

}  // namespace milena
