// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/group_table.h"

#include "base/log.h"
#include "coordinator/group/classic_group.h"
#include "protocol/messages/group_metadata_key.h"
#include "protocol/messages/group_metadata_value.h"

namespace milena {

using protocol::GroupMetadataKey;
using protocol::GroupMetadataValue;

namespace {

/// A value says its version itself; a key has only one.
template <class Message>
Result<Message> decode_versioned(BytesView bytes, std::optional<int16_t> version = {}) {
    const auto versioned = split_version(bytes);
    if (!versioned) return Error(ErrorCode::CORRUPT_MESSAGE, "less than a version");
    return protocol::decode_message<Message>(versioned->body, version.value_or(versioned->version));
}

void warn(const std::string& what, const Error& error) {
    MILENA_LOG(Warn) << what << " is skipped: " << error.to_string();
}

}  // namespace

GroupTable::GroupTable(const GroupOptions& options, TimerQueue& timers)
    : options_(options), timers_(timers), consumers_(groups_, options, timers) {}
GroupTable::~GroupTable() = default;

std::string_view group_type_name(GroupType type) {
    switch (type) {
        case GroupType::kClassic:
            return "classic";
        case GroupType::kConsumer:
            return "consumer";
        case GroupType::kShare:
            return "share";
        case GroupType::kStreams:
            return "streams";
    }
    __builtin_unreachable();
}

Group* GroupTable::find(std::string_view id) const {
    const auto found = groups_.find(id);
    return found == groups_.end() ? nullptr : found->second.get();
}

ClassicGroup* GroupTable::find_classic(std::string_view id) const {
    Group* group = find(id);
    return group && group->type() == GroupType::kClassic ? static_cast<ClassicGroup*>(group)
                                                         : nullptr;
}

ClassicGroup* GroupTable::get_or_make_classic(std::string_view id) {
    if (find(id)) return find_classic(id);
    auto made = std::make_unique<ClassicGroup>(std::string(id), options_, timers_);
    ClassicGroup* group = made.get();
    groups_.emplace(group->id(), std::move(made));
    return group;
}

void GroupTable::replay(int16_t kind, const ReplayedRecord& record) {
    if (kind == GroupMetadataKey::kApiKey)
        replay_classic(record);
    else
        consumers_.replay(kind, record);
}

void GroupTable::replay_classic(const ReplayedRecord& record) {
    const auto key = decode_versioned<GroupMetadataKey>(record.key, 0);
    if (!key) return warn("a key of a classic group", key.error());
    if (!record.value) {
        ClassicGroup* gone = find_classic(key->group);
        if (!gone) return;
        gone->on_unloaded(ErrorCode::REBALANCE_IN_PROGRESS);  // members find it of another type
        groups_.erase(groups_.find(key->group));
        return;
    }
    const auto value = decode_versioned<GroupMetadataValue>(*record.value);
    if (!value) return warn("classic group " + std::string(key->group), value.error());
    ClassicGroup* known = find_classic(key->group);
    if (known && is_loaded_) return known->apply(*value);
    auto loaded = std::make_unique<ClassicGroup>(std::string(key->group), options_, timers_);
    loaded->load(*value);
    groups_.insert_or_assign(loaded->id(), std::move(loaded));
}

Effects GroupTable::on_loaded() {
    is_loaded_ = true;
    consumers_.on_loaded();
    Effects effects;
    for (const auto& [id, group] : groups_)
        if (group->type() == GroupType::kClassic)
            static_cast<ClassicGroup&>(*group).on_loaded(effects);
    return effects;
}

void GroupTable::on_unloaded(const Error& reason) {
    for (const auto& [id, group] : groups_)
        if (group->type() == GroupType::kClassic)
            static_cast<ClassicGroup&>(*group).on_unloaded(reason.code());
}

Effects GroupTable::on_image(const MetadataImagePtr& image) {
    image_ = image;
    consumers_.on_image(image);
    return {};
}

}  // namespace milena
