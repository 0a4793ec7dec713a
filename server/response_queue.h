// SPDX-License-Identifier: Apache-2.0
// The answers of one connection: in the order of the requests, gathered into few writes.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "protocol/message.h"
#include "server/request.h"

namespace milena {

/// One thread. A slot is reserved when a request arrives and filled, in any order, when its answer
/// is known; answers leave in the order of the slots.
class ResponseQueue {
  public:
    /// What one write_to() sends of slices: a fast reader must not keep a core from the others.
    static constexpr int64_t kTurnBytes = 4 << 20;

    /// Slots are numbered from 0 for the life of the connection.
    using Slot = uint64_t;

    enum class Progress {
        kIdle,     ///< all that is ready has left
        kYield,    ///< there is more, but other connections have their turn first
        kBlocked,  ///< the peer must read first
        kCold,     ///< front_slice() must be brought into memory first; see mark_warm()
        kFailed,   ///< the connection is unusable; see failure()
    };

    /// `request_bytes` count as in flight until the answer has left.
    Slot reserve(size_t request_bytes);
    void fill(Slot slot, protocol::ResponseChain answer);
    /// This request has no answer.
    void skip(Slot slot);
    void on_interrupt(Slot slot, std::function<void(Interrupt)> hook);
    /// Tells the hooks of all slots that wait.
    void interrupt(Interrupt why);

    /// Writes until nothing is ready, the peer stops reading or kTurnBytes of slices have left.
    Progress write_to(int socket);
    const FileSlice& front_slice() const;
    void mark_warm() { front_is_warm_ = true; }
    const std::string& failure() const { return failure_; }

    /// Requests whose answers have not left.
    size_t in_flight() const { return entries_.size() - first_; }
    size_t request_bytes_in_flight() const { return request_bytes_; }
    /// Bytes of answers held in memory (not those in files).
    size_t unsent_bytes() const { return unsent_bytes_; }

  private:
    struct Entry {
        bool ready = false;
        bool skipped = false;
        uint32_t cut = 0;  // first cut that has not been sent whole
        size_t request_bytes = 0;
        size_t sent = 0;  // of the buffer
        int64_t sent_of_slice = 0;
        protocol::ResponseChain answer;
        std::function<void(Interrupt)> hook;

        size_t unsent_until_cut() const;
        bool at_slice() const { return cut < answer.cuts.size() && unsent_until_cut() == 0; }
        bool is_done() const;
    };

    Entry& entry(Slot slot) { return entries_[first_ + (slot - first_slot_)]; }
    bool has_ready_front() const { return first_ < entries_.size() && entries_[first_].ready; }
    void pop_finished();
    void advance(size_t bytes);
    Progress write_buffers(int socket);
    /// Takes what it sent from `turn_bytes`.
    Progress send_slice(int socket, int64_t& turn_bytes);
    Progress fail(std::string why);

    std::vector<Entry> entries_;  // those before first_ are done
    size_t first_ = 0;
    Slot first_slot_ = 0;  // the slot of entries_[first_]
    size_t request_bytes_ = 0;
    size_t unsent_bytes_ = 0;
    bool front_is_warm_ = false;
    std::string failure_;
};

}  // namespace milena
