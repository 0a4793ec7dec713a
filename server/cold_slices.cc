// SPDX-License-Identifier: Apache-2.0
#include "server/cold_slices.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace milena {

namespace {

constexpr int64_t kProbeStepBytes = 512 * 1024;
constexpr int64_t kReadAheadBytes = 256 * 1024;

/// Whether all of `into` could be filled without touching the disk.
bool read_if_resident(int descriptor, int64_t position, MutableBytesView into) {
    iovec part{into.data(), into.size()};
    ssize_t count = preadv2(descriptor, &part, 1, position, RWF_NOWAIT);
    if (count < 0 && errno == EOPNOTSUPP)
        count = pread(descriptor, into.data(), into.size(), position);
    return count == static_cast<ssize_t>(into.size());
}

bool is_page_resident(int descriptor, int64_t position) {
    uint8_t byte;
    iovec part{&byte, 1};
    return preadv2(descriptor, &part, 1, position, RWF_NOWAIT) == 1 || errno == EOPNOTSUPP;
}

}  // namespace

void copy_small_slices(protocol::ResponseChain& answer) {
    int64_t slice_bytes = 0;
    for (const auto& cut : answer.cuts) slice_bytes += cut.slice.length;
    if (answer.cuts.empty() || slice_bytes > kCopiedSliceBytes) return;

    Bytes whole(answer.buffer.size() + static_cast<size_t>(slice_bytes));
    size_t from = 0;
    size_t to = 0;
    auto copy_until = [&](size_t end) {
        std::copy(answer.buffer.begin() + from, answer.buffer.begin() + end, whole.begin() + to);
        to += end - from;
        from = end;
    };
    for (const auto& [offset, slice] : answer.cuts) {
        copy_until(offset);
        MutableBytesView into(whole.data() + to, static_cast<size_t>(slice.length));
        if (!read_if_resident(slice.file->descriptor(), slice.position, into)) return;
        to += into.size();
    }
    copy_until(answer.buffer.size());
    answer.buffer = std::move(whole);
    answer.cuts.clear();
}

bool is_resident(const FileSlice& slice) {
    if (slice.length == 0) return true;
    int descriptor = slice.file->descriptor();
    int64_t last = slice.position + slice.length - 1;
    for (int64_t at = slice.position; at < last; at += kProbeStepBytes)
        if (!is_page_resident(descriptor, at)) return false;
    return is_page_resident(descriptor, last);
}

void read_ahead(const FileSlice& slice) {
    auto buffer = std::make_unique_for_overwrite<uint8_t[]>(kReadAheadBytes);
    int64_t end = slice.position + slice.length;
    for (int64_t at = slice.position; at < end; at += kReadAheadBytes) {
        auto count = static_cast<size_t>(std::min(kReadAheadBytes, end - at));
        auto read = slice.file->read_at(at, {buffer.get(), count});
        if (!read || *read < count) return;  // sending it will meet the same error, and say so
    }
}

}  // namespace milena
