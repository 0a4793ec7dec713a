// SPDX-License-Identifier: Apache-2.0
// Which histories run. MILENA_POWER_SEED=n repeats one, MILENA_POWER_ROUNDS=n runs more of them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/log.h"

namespace milena {

inline uint64_t from_environment(const char* name, uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// MILENA_POWER_LOG=1 shows what the logs have to say.
inline void quieten_log() {
    set_log_level(std::getenv("MILENA_POWER_LOG") ? LogLevel::kInfo : LogLevel::kOff);
}

/// The instrumented builds are ten times slower.
inline constexpr uint64_t rounds_here(uint64_t rounds) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return rounds / 10 + 1;
#else
    return rounds;
#endif
}

void seed_random_ids(uint64_t seed);

/// Calls `run(seed)` for each; it returns what is wrong, or nothing.
template <class Run>
void run_seeds(uint64_t rounds, const Run& run) {
    const uint64_t only = from_environment("MILENA_POWER_SEED", 0);
    const uint64_t first = only ? only : 1;
    const uint64_t last =
        only ? only : from_environment("MILENA_POWER_ROUNDS", rounds_here(rounds));
    std::cout << "seeds " << first << " to " << last << std::endl;
    for (uint64_t seed = first; seed <= last; ++seed) {
        seed_random_ids(seed);
        const std::string wrong = run(seed);
        EXPECT_TRUE(wrong.empty()) << "MILENA_POWER_SEED=" << seed << wrong;
    }
}

}  // namespace milena
