// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/state_machine.h"

#include <iterator>

namespace milena {

void Effects::add(Effects other) {
    records.insert(records.end(), std::make_move_iterator(other.records.begin()),
                   std::make_move_iterator(other.records.end()));
    replies.insert(replies.end(), std::make_move_iterator(other.replies.begin()),
                   std::make_move_iterator(other.replies.end()));
    background.insert(background.end(), std::make_move_iterator(other.background.begin()),
                      std::make_move_iterator(other.background.end()));
}

}  // namespace milena
