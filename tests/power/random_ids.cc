// SPDX-License-Identifier: Apache-2.0
// Ids, and the names made of them, are drawn from the seed, too: the order of names in a directory
// is part of a history.
#include <sys/random.h>

#include <cstring>
#include <random>

#include "tests/power/seeds.h"

namespace {

std::mt19937_64 engine;

}  // namespace

/// In the place of the C library's.
extern "C" ssize_t getrandom(void* into, size_t size, unsigned) {
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        const uint64_t drawn = engine();
        std::memcpy(static_cast<char*>(into) + at, &drawn, std::min(sizeof drawn, size - at));
    }
    return static_cast<ssize_t>(size);
}

namespace milena {

void seed_random_ids(uint64_t seed) { engine.seed(seed); }

}  // namespace milena
