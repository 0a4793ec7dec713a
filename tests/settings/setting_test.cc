// SPDX-License-Identifier: Apache-2.0
#include "server/settings/setting.h"

#include <gtest/gtest.h>

namespace milena {
namespace {

TEST(SettingTest, KnowsAllOfKafka) { EXPECT_EQ(settings_of(SettingScope::kBroker).size(), 382u); }

}  // namespace
}  // namespace milena
