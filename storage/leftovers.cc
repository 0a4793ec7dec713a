// SPDX-License-Identifier: Apache-2.0
#include "storage/leftovers.h"

#include <algorithm>
#include <limits>

#include "base/log.h"
#include "storage/batch_scanner.h"
#include "storage/file_names.h"

namespace milena {
namespace {

constexpr Offset kNever{std::numeric_limits<int64_t>::max()};

/// The offset that a segment's file is named by, whatever comes behind it.
std::optional<Offset> offset_of(const std::string& name) {
    return parse_segment_file_name(name.substr(0, name.find('.')), "");
}

bool is_leftover(std::string_view name) {
    return name.ends_with(kCleanedSuffix) || name.ends_with(kSwapSuffix) ||
           name.ends_with(kDeletedSuffix);
}

struct Leftovers {
    FileSystem& files;
    const std::string& directory;
    std::vector<std::string> names;

    std::string path(const std::string& name) const { return directory + "/" + name; }

    /// Removes all that `is_unwanted` says, from the disk and from `names`.
    template <class Predicate>
    Result<void> remove_if(const Predicate& is_unwanted) {
        Result<void> result;
        std::erase_if(names, [&](const std::string& name) {
            if (!result || !is_unwanted(name)) return false;
            result = files.remove(path(name));
            return true;
        });
        return result;
    }
};

/// A replacement with a .cleaned file did not get to step 2, so neither do its .swap files count.
Result<void> undo_incomplete(Leftovers& found) {
    Offset first_cleaned = kNever;
    for (const std::string& name : found.names)
        if (name.ends_with(kCleanedSuffix))
            first_cleaned = std::min(first_cleaned, offset_of(name).value_or(kNever));
    auto removed = found.remove_if([&](const std::string& name) {
        return name.ends_with(kSwapSuffix) && offset_of(name).value_or(Offset(0)) >= first_cleaned;
    });
    // If one came back without a .cleaned file, it would count.
    if (removed && first_cleaned != kNever) removed = found.files.sync_directory(found.directory);
    if (!removed) return removed;
    return found.remove_if([](const std::string& name) { return name.ends_with(kCleanedSuffix); });
}

/// Where the records of a new segment end.
Result<Offset> end_of(FileSystem& files, const std::string& path, Offset base) {
    auto file = files.open(path, OpenMode::kRead);
    if (!file) return file.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    BatchScanner scanner(**file, 0, *size);
    Offset end = base;
    while (true) {
        auto batch = scanner.next();
        if (!batch) return batch.error();
        if (!*batch) return end;
        end = (*batch)->header.next_offset();
    }
}

/// Old segments within the range of the new ones were replaced by them.
Result<void> remove_replaced(Leftovers& found) {
    const std::string suffix = std::string(kLogSuffix).append(kSwapSuffix);
    Offset first = kNever, end{-1};
    for (const std::string& name : found.names) {
        const auto base = offset_of(name);
        if (!base || !name.ends_with(suffix)) continue;
        auto segment_end = end_of(found.files, found.path(name), *base);
        if (!segment_end) return segment_end.error();
        first = std::min(first, *base);
        end = std::max(end, *segment_end);
    }
    auto removed = found.remove_if([&](const std::string& name) {
        const auto base = offset_of(name);
        return base && !name.ends_with(kSwapSuffix) && *base >= first && *base < end;
    });
    // If one came back beside the segment that replaces it, its records would be there twice.
    if (removed && first != kNever) removed = found.files.sync_directory(found.directory);
    return removed;
}

/// Either the segments themselves, or what stands beside them: that only follows.
Result<void> rename_swapped(const Leftovers& found, bool logs) {
    const std::string log_suffix = std::string(kLogSuffix).append(kSwapSuffix);
    bool renamed_any = false;
    for (const std::string& name : found.names) {
        if (!name.ends_with(kSwapSuffix) || name.ends_with(log_suffix) != logs) continue;
        const std::string from = found.path(name);
        const std::string to = from.substr(0, from.size() - kSwapSuffix.size());
        MILENA_LOG(Info) << to << " takes the place of what a compaction replaced";
        if (auto renamed = found.files.rename(from, to); !renamed) return renamed;
        renamed_any = true;
    }
    return renamed_any ? found.files.sync_directory(found.directory) : Result<void>();
}

}  // namespace

Result<std::vector<std::string>> finish_compaction(FileSystem& files,
                                                   const std::string& directory) {
    auto names = files.list(directory);
    if (!names || std::none_of(names->begin(), names->end(), is_leftover)) return names;
    Leftovers found{files, directory, std::move(*names)};
    if (auto undone = undo_incomplete(found); !undone) return undone.error();
    if (auto removed = remove_replaced(found); !removed) return removed.error();
    for (const bool logs : {true, false})
        if (auto renamed = rename_swapped(found, logs); !renamed) return renamed.error();
    auto removed =
        found.remove_if([](const std::string& name) { return name.ends_with(kDeletedSuffix); });
    if (!removed) return removed.error();
    return files.list(directory);
}

}  // namespace milena
