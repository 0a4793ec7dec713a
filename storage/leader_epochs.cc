// SPDX-License-Identifier: Apache-2.0
#include "storage/leader_epochs.h"

#include <algorithm>
#include <sstream>

#include "storage/file_names.h"
#include "storage/text_checkpoint.h"

namespace milena {

std::string LeaderEpochs::file_path(const std::string& directory) {
    return directory + "/" + std::string(kLeaderEpochCheckpoint);
}

bool LeaderEpochs::assign(LeaderEpoch epoch, Offset start) {
    if (epoch.value < 0 || start.value < 0) return false;
    if (!entries_.empty() && entries_.back().epoch >= epoch) return false;
    while (!entries_.empty() && entries_.back().start >= start) entries_.pop_back();
    entries_.push_back({epoch, start});
    return true;
}

void LeaderEpochs::truncate_from_end(Offset end) {
    while (!entries_.empty() && entries_.back().start >= end) entries_.pop_back();
}

void LeaderEpochs::truncate_from_start(Offset start) {
    auto after = std::find_if(entries_.begin(), entries_.end(),
                              [&](const EpochStart& entry) { return entry.start > start; });
    if (after == entries_.begin()) return;
    (after - 1)->start = start;
    entries_.erase(entries_.begin(), after - 1);
}

std::optional<LeaderEpoch> LeaderEpochs::latest() const {
    if (entries_.empty()) return {};
    return entries_.back().epoch;
}

std::optional<LeaderEpoch> LeaderEpochs::epoch_of(Offset offset) const {
    for (size_t i = entries_.size(); i-- > 0;)
        if (entries_[i].start <= offset) return entries_[i].epoch;
    return {};
}

std::pair<LeaderEpoch, Offset> LeaderEpochs::end_offset_for(LeaderEpoch requested,
                                                            Offset log_end) const {
    const std::pair<LeaderEpoch, Offset> undefined{kNoLeaderEpoch, kNoOffset};
    if (requested == kNoLeaderEpoch || entries_.empty()) return undefined;
    if (requested == entries_.back().epoch) return {requested, log_end};
    auto next = std::find_if(entries_.begin(), entries_.end(),
                             [&](const EpochStart& entry) { return entry.epoch > requested; });
    if (next == entries_.end()) return undefined;
    // Older than all that is known: nothing was written in it that is still here.
    if (next == entries_.begin()) return {requested, next->start};
    return {(next - 1)->epoch, next->start};
}

Result<LeaderEpochs> LeaderEpochs::read(FileSystem& files, const std::string& directory) {
    const std::string path = file_path(directory);
    auto lines = read_checkpoint(files, path);
    if (!lines) return lines.error();
    if (lines->empty())
        if (const auto size = files.file_size(path); size && *size == 0)
            return Error(ErrorCode::KAFKA_STORAGE_ERROR,
                         path + " is empty, as a power failure leaves files");
    LeaderEpochs epochs;
    for (const std::string& line : *lines) {
        std::istringstream words(line);
        int32_t epoch;
        int64_t start;
        if (!(words >> epoch >> start))
            return Error(ErrorCode::KAFKA_STORAGE_ERROR, path + " has the entry '" + line + "'");
        epochs.assign(LeaderEpoch(epoch), Offset(start));
    }
    return epochs;
}

Result<void> LeaderEpochs::sync(FileSystem& files, const std::string& directory) {
    const std::string path = file_path(directory);
    if (!files.exists(path)) return {};
    auto file = files.open(path, OpenMode::kReadWrite);
    return file ? (*file)->sync() : file.error();
}

Result<void> LeaderEpochs::write(FileSystem& files, const std::string& directory,
                                 Durable durable) const {
    std::string text = "0\n" + std::to_string(entries_.size()) + "\n";
    for (const EpochStart& entry : entries_)
        text += std::to_string(entry.epoch.value) + " " + std::to_string(entry.start.value) + "\n";
    const std::string path = file_path(directory);
    auto file = files.open(path + ".tmp", OpenMode::kTruncate);
    if (!file) return file.error();
    if (auto written = (*file)->write_at(0, as_bytes(text)); !written) return written;
    if (durable == Durable::kYes)
        if (auto synced = (*file)->sync(); !synced) return synced;
    return files.rename(path + ".tmp", path);
}

}  // namespace milena
