// SPDX-License-Identifier: Apache-2.0
// Java's .properties files.
#pragma once

#include <string_view>

#include "base/error.h"
#include "cluster/metadata_image.h"

namespace milena {

/// Keys and values of `text`: comments, escapes, continued lines and all three separators as
/// java.util.Properties reads them; a later key replaces an earlier one. INVALID_CONFIG names the
/// line of a bad escape.
Result<ConfigMap> parse_properties(std::string_view text);

}  // namespace milena
