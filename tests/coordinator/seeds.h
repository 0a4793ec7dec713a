// SPDX-License-Identifier: Apache-2.0
// Seeds of random histories. A failing one is printed; MILENA_SEED plays it alone:
//
//     MILENA_SEED=17 build/release/coordinator_test --gtest_filter='*Histor*'
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace milena::testing {

/// play(seed) for `count` seeds, or until one of them fails; or for MILENA_SEED.
template <class Play>
void for_each_seed(unsigned count, Play play) {
    const char* only = std::getenv("MILENA_SEED");
    const auto first = only ? static_cast<unsigned>(std::strtoul(only, nullptr, 10)) : 1U;
    const unsigned end = only ? first + 1 : count + 1;
    for (unsigned seed = first; seed < end && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("MILENA_SEED=" + std::to_string(seed));
        play(seed);
    }
}

}  // namespace milena::testing
