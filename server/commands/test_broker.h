// SPDX-License-Identifier: Apache-2.0
// milena test-broker: a broker for one test or one run of tests.
#pragma once

#include "server/commands/commands.h"

namespace milena {

int run_test_broker(const Arguments& arguments);

}  // namespace milena
