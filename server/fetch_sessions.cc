// SPDX-License-Identifier: Apache-2.0
#include "server/fetch_sessions.h"

#include <algorithm>
#include <limits>
#include <random>

namespace milena {

namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;

constexpr int32_t kNoSession = 0;
constexpr int32_t kFirstEpoch = 0;   // asks for a new session
constexpr int32_t kFinalEpoch = -1;  // asks for none, and ends the one that is named
constexpr int16_t kFirstVersionWithSessions = 7;
constexpr int16_t kFirstVersionWithTopicIds = 13;

int32_t random_session_id() {
    thread_local std::mt19937 generator{std::random_device{}()};
    return std::uniform_int_distribution<int32_t>(1,
                                                  std::numeric_limits<int32_t>::max())(generator);
}

/// Any negative epoch means that the client doesn't know it.
LeaderEpoch epoch_or_none(int32_t epoch) { return LeaderEpoch(std::max(epoch, -1)); }

template <class Visit>
void visit_targets(const FetchRequest& request, bool by_topic_id, Visit visit) {
    for (const auto& topic : request.topics) {
        auto name = by_topic_id ? nullptr : std::make_shared<const std::string>(topic.topic);
        for (const auto& asked : topic.partitions)
            visit(FetchTarget{name, topic.topic_id, asked.partition, Offset(asked.fetch_offset),
                              asked.partition_max_bytes, epoch_or_none(asked.current_leader_epoch),
                              epoch_or_none(asked.last_fetched_epoch)});
    }
}

}  // namespace

size_t FetchSession::KeyHash::operator()(const Key& key) const {
    return std::hash<std::string>()(key.topic) ^ std::hash<Uuid>()(key.topic_id) ^
           (static_cast<size_t>(key.partition) * 0x9E3779B97F4A7C15u);
}

FetchSession::Key FetchSession::key_of(const FetchTarget& target) {
    return {target.topic ? *target.topic : std::string(), target.topic_id, target.partition};
}

void FetchSession::set(FetchTarget target) {
    Key key = key_of(target);
    auto found = index_.find(key);
    if (found != index_.end()) {
        found->second->target = std::move(target);
        return;
    }
    entries_.push_back({std::move(target)});
    index_.emplace(std::move(key), std::prev(entries_.end()));
}

void FetchSession::forget(const Key& key) {
    auto found = index_.find(key);
    if (found == index_.end()) return;
    entries_.erase(found->second);
    index_.erase(found);
}

void FetchSession::update(const FetchRequest& request) {
    visit_targets(request, by_topic_id_, [this](FetchTarget target) { set(std::move(target)); });
    for (const auto& topic : request.forgotten_topics_data)
        for (int32_t partition : topic.partitions)
            forget({std::string(topic.topic), topic.topic_id, partition});
}

std::vector<FetchTarget> FetchSession::targets() const {
    std::vector<FetchTarget> all;
    all.reserve(entries_.size());
    for (const Entry& entry : entries_) all.push_back(entry.target);
    return all;
}

bool FetchSession::must_tell(const FetchTarget& target, const FetchResponse::PartitionData& answer,
                             bool incremental) {
    std::lock_guard lock(mutex_);
    auto found = index_.find(key_of(target));
    if (found == index_.end()) return true;
    Entry& entry = *found->second;
    bool failed = answer.error_code != 0;
    bool has_records = answer.records.size() > 0;
    bool news = failed || has_records || entry.told_high_watermark != answer.high_watermark ||
                entry.told_log_start != answer.log_start_offset ||
                answer.diverging_epoch.epoch != -1;
    // After a failure the next good answer is news, too.
    entry.told_high_watermark = failed ? -1 : answer.high_watermark;
    entry.told_log_start = answer.log_start_offset;
    if (has_records && incremental) entries_.splice(entries_.end(), entries_, found->second);
    return news || !incremental;
}

Result<FetchPlan> FetchSessions::plan(const FetchRequest& request, int16_t version) {
    bool by_topic_id = version >= kFirstVersionWithTopicIds;
    bool full = version < kFirstVersionWithSessions || request.session_epoch == kFirstEpoch ||
                request.session_epoch == kFinalEpoch;
    if (!full) return next_of(request, by_topic_id);

    FetchPlan plan;
    visit_targets(request, by_topic_id,
                  [&](FetchTarget target) { plan.targets.push_back(std::move(target)); });
    if (request.session_id != kNoSession) remove(request.session_id);
    if (version >= kFirstVersionWithSessions && request.session_epoch == kFirstEpoch)
        plan.session = create(plan.targets, by_topic_id);
    return plan;
}

Result<FetchPlan> FetchSessions::next_of(const FetchRequest& request, bool by_topic_id) {
    std::shared_ptr<FetchSession> session;
    {
        std::lock_guard lock(mutex_);
        auto found = sessions_.find(request.session_id);
        if (found == sessions_.end()) return Error(ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
        session = found->second;
    }
    FetchPlan plan;
    bool too_large = false;
    {
        std::lock_guard lock(session->mutex_);
        if (session->next_epoch_ != request.session_epoch)
            return Error(ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        if (session->by_topic_id_ != by_topic_id)
            return Error(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        session->update(request);
        too_large = session->entries_.size() > kPartitionsPerSessionMax;
        session->last_used_ = clock_.steady_now();
        session->next_epoch_ = request.session_epoch == std::numeric_limits<int32_t>::max()
                                   ? 1
                                   : request.session_epoch + 1;
        plan.targets = session->targets();
    }
    if (plan.targets.empty() || too_large) remove(session->id());
    if (too_large) return Error(ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    if (plan.targets.empty()) return plan;
    plan.incremental = true;
    plan.session = std::move(session);
    return plan;
}

std::shared_ptr<FetchSession> FetchSessions::create(const std::vector<FetchTarget>& targets,
                                                    bool by_topic_id) {
    SteadyTime now = clock_.steady_now();
    std::lock_guard lock(mutex_);
    if (targets.size() > kPartitionsPerSessionMax || !make_room(targets.size(), now))
        return nullptr;
    int32_t id = random_session_id();
    while (sessions_.contains(id)) id = random_session_id();
    auto session = std::make_shared<FetchSession>(id, by_topic_id, now);
    for (const FetchTarget& target : targets) session->set(target);
    sessions_.emplace(id, session);
    return session;
}

bool FetchSessions::make_room(size_t partitions, SteadyTime now) {
    if (sessions_.size() < sessions_max_) return true;
    // The one that is unused for longest goes if it is stale; else the smallest that had its time,
    // if the newcomer is larger.
    auto oldest = sessions_.end();
    auto smallest = sessions_.end();
    SteadyTime oldest_use = now;
    size_t smallest_size = partitions;
    for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
        std::lock_guard lock(it->second->mutex_);
        if (it->second->last_used_ <= oldest_use) {
            oldest_use = it->second->last_used_;
            oldest = it;
        }
        bool had_its_time = now - it->second->created_ > kEvictionAge;
        if (had_its_time && it->second->entries_.size() < smallest_size) {
            smallest_size = it->second->entries_.size();
            smallest = it;
        }
    }
    auto victim = oldest != sessions_.end() && now - oldest_use > kEvictionAge ? oldest : smallest;
    if (victim == sessions_.end()) return false;
    sessions_.erase(victim);
    return true;
}

void FetchSessions::remove(int32_t id) {
    std::lock_guard lock(mutex_);
    sessions_.erase(id);
}

size_t FetchSessions::size() const {
    std::lock_guard lock(mutex_);
    return sessions_.size();
}

}  // namespace milena
