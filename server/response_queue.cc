// SPDX-License-Identifier: Apache-2.0
#include "server/response_queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/cold_slices.h"

namespace milena {

namespace {

/// Parts of one gather write; the kernel's own bound is 1024.
constexpr int kPartsMax = 64;
/// One sendfile call.
constexpr int64_t kSliceStepBytes = 1 << 20;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

size_t ResponseQueue::Entry::unsent_until_cut() const {
    size_t end = cut < answer.cuts.size() ? answer.cuts[cut].buffer_offset : answer.buffer.size();
    return end - sent;
}

bool ResponseQueue::Entry::is_done() const {
    return skipped || (ready && cut == answer.cuts.size() && unsent_until_cut() == 0);
}

ResponseQueue::Slot ResponseQueue::reserve(size_t request_bytes) {
    if (first_ == entries_.size()) {
        entries_.clear();
        first_ = 0;
    }
    entries_.emplace_back().request_bytes = request_bytes;
    request_bytes_ += request_bytes;
    return first_slot_ + in_flight() - 1;
}

void ResponseQueue::fill(Slot slot, protocol::ResponseChain answer) {
    Entry& filled = entry(slot);
    copy_small_slices(answer);
    unsent_bytes_ += answer.buffer.size();
    filled.answer = std::move(answer);
    filled.hook = nullptr;
    filled.ready = true;
}

void ResponseQueue::skip(Slot slot) {
    entry(slot).ready = entry(slot).skipped = true;
    entry(slot).hook = nullptr;
    pop_finished();
}

void ResponseQueue::on_interrupt(Slot slot, std::function<void(Interrupt)> hook) {
    entry(slot).hook = std::move(hook);
}

void ResponseQueue::interrupt(Interrupt why) {
    // A hook may answer its request, which changes the queue.
    std::vector<std::function<void(Interrupt)>> hooks;
    for (size_t i = first_; i < entries_.size(); ++i)
        if (entries_[i].hook) hooks.push_back(std::exchange(entries_[i].hook, nullptr));
    for (auto& hook : hooks) hook(why);
}

const FileSlice& ResponseQueue::front_slice() const {
    const Entry& front = entries_[first_];
    return front.answer.cuts[front.cut].slice;
}

ResponseQueue::Progress ResponseQueue::write_to(int socket) {
    int64_t turn_bytes = kTurnBytes;
    pop_finished();
    while (has_ready_front()) {
        if (turn_bytes <= 0) return Progress::kYield;
        Progress progress =
            entries_[first_].at_slice() ? send_slice(socket, turn_bytes) : write_buffers(socket);
        if (progress != Progress::kIdle) return progress;
        pop_finished();
    }
    return Progress::kIdle;
}

void ResponseQueue::pop_finished() {
    while (first_ < entries_.size() && entries_[first_].is_done()) {
        request_bytes_ -= entries_[first_].request_bytes;
        entries_[first_].answer = {};
        ++first_;
        ++first_slot_;
    }
    // Keeps the done part smaller than the living one, so that moving it costs little.
    if (first_ > 32 && first_ > entries_.size() / 2) {
        entries_.erase(entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(first_));
        first_ = 0;
    }
}

void ResponseQueue::advance(size_t bytes) {
    unsent_bytes_ -= bytes;
    for (size_t i = first_; bytes > 0; ++i) {
        if (entries_[i].skipped) continue;
        size_t step = std::min(bytes, entries_[i].unsent_until_cut());
        entries_[i].sent += step;
        bytes -= step;
    }
}

ResponseQueue::Progress ResponseQueue::write_buffers(int socket) {
    iovec parts[kPartsMax];
    int count = 0;
    size_t total = 0;
    bool slice_follows = false;
    for (size_t i = first_; i < entries_.size() && count < kPartsMax; ++i) {
        const Entry& next = entries_[i];
        if (!next.ready) break;
        if (next.skipped) continue;
        if (size_t size = next.unsent_until_cut()) {
            parts[count++] = {const_cast<uint8_t*>(next.answer.buffer.data() + next.sent), size};
            total += size;
        }
        if ((slice_follows = next.cut < next.answer.cuts.size())) break;
    }
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<size_t>(count);
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | (slice_follows ? MSG_MORE : 0));
    if (sent < 0) {
        if (would_block()) return Progress::kBlocked;
        return errno == EINTR ? Progress::kIdle : fail(std::strerror(errno));
    }
    advance(static_cast<size_t>(sent));
    return static_cast<size_t>(sent) < total ? Progress::kBlocked : Progress::kIdle;
}

ResponseQueue::Progress ResponseQueue::send_slice(int socket, int64_t& turn_bytes) {
    Entry& front = entries_[first_];
    const FileSlice& slice = front_slice();
    if (!front_is_warm_ && !is_resident(slice)) return Progress::kCold;
    front_is_warm_ = true;
    off_t position = slice.position + front.sent_of_slice;
    int64_t left = slice.length - front.sent_of_slice;
    ssize_t sent = left == 0 ? 0
                             : sendfile(socket, slice.file->descriptor(), &position,
                                        static_cast<size_t>(std::min(left, kSliceStepBytes)));
    if (sent < 0) {
        if (would_block()) return Progress::kBlocked;
        return errno == EINTR ? Progress::kIdle : fail(std::strerror(errno));
    }
    if (sent == 0 && left > 0)
        return fail("disk error: " + slice.file->path() +
                    " ends before the records it should hold");
    front.sent_of_slice += sent;
    turn_bytes -= sent;
    if (front.sent_of_slice == slice.length) {
        ++front.cut;
        front.sent_of_slice = 0;
        front_is_warm_ = false;
    }
    return Progress::kIdle;
}

ResponseQueue::Progress ResponseQueue::fail(std::string why) {
    failure_ = std::move(why);
    return Progress::kFailed;
}

}  // namespace milena
