// SPDX-License-Identifier: Apache-2.0
#include "server/producer_ids.h"

#include <utility>
#include <vector>

namespace milena {

bool ProducerIds::take(int64_t& id) {
    if (current_.left() == 0) current_ = std::exchange(following_, Block());
    if (current_.left() == 0) return false;
    id = current_.next++;
    return true;
}

bool ProducerIds::wants_block() const {
    return !asking_ && following_.left() == 0 && current_.left() < kPrefetchBelow;
}

void ProducerIds::next(Done done) {
    std::unique_lock lock(mutex_);
    int64_t id = -1;
    const bool taken = waiters_.empty() && take(id);
    const bool refused = !taken && waiters_.size() >= kWaitersMax;
    if (!taken && !refused) waiters_.push_back(std::move(done));
    const bool ask = wants_block();
    asking_ = asking_ || ask;
    lock.unlock();

    if (ask) ask_for_block();
    if (taken) done(ProducerId(id));
    if (refused)
        done(Error(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS, "too many wait for a producer id"));
}

void ProducerIds::ask_for_block() {
    controller_.allocate_producer_ids([this](Result<int64_t> first) { on_block(first); });
}

void ProducerIds::on_block(const Result<int64_t>& first) {
    std::vector<std::pair<Done, Result<ProducerId>>> answers;
    std::unique_lock lock(mutex_);
    asking_ = false;
    if (first) following_ = {*first, *first + Controller::kProducerIdBlock};
    int64_t id = -1;
    while (!waiters_.empty() && (!first || take(id))) {
        Result<ProducerId> answer = ProducerId(id);
        if (!first)
            answer = Error(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS, first.error().message());
        answers.emplace_back(std::move(waiters_.front()), std::move(answer));
        waiters_.pop_front();
    }
    const bool ask = first && wants_block();
    asking_ = ask;
    lock.unlock();

    if (ask) ask_for_block();
    for (auto& [done, answer] : answers) done(std::move(answer));
}

}  // namespace milena
