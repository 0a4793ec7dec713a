// SPDX-License-Identifier: Apache-2.0
// Checks of a value's form that a range or a list of choices can't express.
#pragma once

#include "server/settings/setting.h"

namespace milena {

bool follows_rule(SettingRule rule, const SettingValue& value);

}  // namespace milena
