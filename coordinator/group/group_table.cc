// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/group_table.h"

namespace milena {

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

void GroupTable::replay(int16_t, const ReplayedRecord&) {}
Effects GroupTable::on_loaded() { return {}; }
void GroupTable::on_unloaded(const Error&) {}
Effects GroupTable::on_image(const MetadataImagePtr& image) {
    image_ = image;
    return {};
}

}  // namespace milena
