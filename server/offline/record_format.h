// SPDX-License-Identifier: Apache-2.0
// How milena records prints a record.
#pragma once

#include <functional>
#include <string>

#include "protocol/record_reader.h"
#include "server/offline/decode.h"
#include "storage/file_names.h"

namespace milena {

/// What is printed of one record, with the end of the line if there is one. The error tells what
/// can't be decoded.
using RecordFormat =
    std::function<Result<std::string>(const PartitionName& partition, const RecordView& record)>;

/// "orders-0 offset=5 time=... key=... value=..."
RecordFormat plain_format(Decoding decoding);
/// One JSON object a line.
RecordFormat json_format();
/// INVALID_CONFIG for an unknown % or \ sequence.
Result<RecordFormat> custom_format(const std::string& format);

}  // namespace milena
