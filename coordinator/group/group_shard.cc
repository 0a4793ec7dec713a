// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/group_shard.h"

namespace milena {

namespace {

/// Kinds of records in __consumer_offsets: what stands before their keys.
constexpr int16_t kLastOffsetKind = 1;

}  // namespace

void GroupShard::replay(const ReplayedRecord& record) {
    const auto key = split_version(record.key);
    if (!key) return;
    if (key->version <= kLastOffsetKind)
        offsets_.replay(key->version, record);
    else
        groups_.replay(key->version, record);
}

void GroupShard::end_transaction(ProducerId producer, bool committed) {
    offsets_.end_transaction(producer, committed);
}

Effects GroupShard::on_loaded() {
    Effects effects = groups_.on_loaded();
    effects.add(offsets_.on_loaded());
    effects.atomic = false;
    return effects;
}

void GroupShard::on_unloaded(const Error& reason) { groups_.on_unloaded(reason); }

Effects GroupShard::on_image(const MetadataImagePtr& image) {
    Effects effects = groups_.on_image(image);
    effects.add(offsets_.on_image(image));
    effects.atomic = false;
    return effects;
}

}  // namespace milena
