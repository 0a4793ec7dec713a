// SPDX-License-Identifier: Apache-2.0
#include "coordinator/group/offset_store.h"

namespace milena {

void OffsetStore::replay(int16_t, const ReplayedRecord&) {}
void OffsetStore::end_transaction(ProducerId, bool) {}
Effects OffsetStore::on_loaded() { return {}; }
Effects OffsetStore::on_image(const MetadataImagePtr&) { return {}; }
void OffsetStore::add_tombstones(std::string_view, std::vector<CoordinatorRecord>&) const {}

}  // namespace milena
