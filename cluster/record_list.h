// SPDX-License-Identifier: Apache-2.0
// Metadata records on their way into the log, already encoded: frame version (1), api key, record
// version, all unsigned varints, then the record's body.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/message.h"

namespace milena {

/// Appends `value` as an unsigned varint.
void put_unsigned_varint(Bytes& to, uint32_t value);

/// What one operation of the controller writes, in order.
class RecordList {
  public:
    /// Encodes at once: nothing that `record` borrows is needed afterwards.
    template <class Record>
    void add(const Record& record, int16_t version) {
        Bytes value = frame(Record::kApiKey, version);
        const Bytes body = protocol::encode_message(record, version);
        value.insert(value.end(), body.begin(), body.end());
        values_.push_back(std::move(value));
    }
    void add_raw(Bytes value) { values_.push_back(std::move(value)); }

    size_t size() const { return values_.size(); }
    bool empty() const { return values_.empty(); }
    std::span<const Bytes> values() const { return values_; }

  private:
    static Bytes frame(int16_t api_key, int16_t version);

    std::vector<Bytes> values_;
};

/// The parts of a record's value; `body` borrows from it.
struct FramedRecord {
    int16_t api_key = -1;
    int16_t version = -1;
    BytesView body;
};

/// CORRUPT_MESSAGE if it isn't one.
Result<FramedRecord> parse_framed_record(BytesView value);

}  // namespace milena
