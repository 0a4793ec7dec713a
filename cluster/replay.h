// SPDX-License-Identifier: Apache-2.0
// Metadata records -> image: the only way in which an image changes.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "cluster/image_state.h"

namespace milena {

/// Applies records in the order of the log. Records between BeginTransaction and EndTransaction are
/// held back until the end, and dropped by AbortTransaction.
class Replayer {
  public:
    explicit Replayer(ImageState& image) : image_(image) {}

    /// `value` of the record at `offset`. CORRUPT_MESSAGE for what can't be decoded,
    /// UNSUPPORTED_VERSION for a record of a Kafka newer than this.
    Result<void> apply(BytesView value, Offset offset, int32_t epoch);
    bool in_transaction() const { return held_.has_value(); }

  private:
    Result<void> apply_held();

    ImageState& image_;
    std::optional<std::vector<Bytes>> held_;
};

}  // namespace milena
