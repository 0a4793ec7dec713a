// SPDX-License-Identifier: Apache-2.0
#include "coordinator/runtime/log_replay.h"

#include "protocol/record_reader.h"
#include "storage/control_record.h"

namespace milena {
namespace {

/// What one read takes from the log (Kafka's offsets.load.buffer.size); one larger batch is read
/// all the same.
constexpr int64_t kReadBytes = 5 << 20;

Result<void> replay_control(const RecordBatchView& batch, StateMachine& machine) {
    if (auto marker = parse_marker(batch.bytes()))
        machine.end_transaction(batch.producer_id(), !marker->aborted);
    return {};
}

Result<void> replay_batch(const RecordBatchView& batch, StateMachine& machine) {
    if (batch.is_control()) return replay_control(batch, machine);
    ReplayedRecord replayed;
    if (batch.is_transactional())
        replayed.transaction = ProducerIdentity{batch.producer_id(), batch.producer_epoch()};
    RecordReader reader(batch);
    for (;;) {
        auto more = reader.next();
        if (!more) return more.error();
        if (!*more) return {};
        const RecordView& record = reader.record();
        if (!record.key) continue;
        replayed.offset = record.offset;
        replayed.key = *record.key;
        replayed.value = record.value;
        machine.replay(replayed);
    }
}

/// Returns the offset behind the last batch; `from` if there was none.
Result<Offset> replay_batches(BytesView bytes, Offset from, StateMachine& machine) {
    RecordBatches batches(bytes);
    for (;;) {
        auto batch = batches.next();
        if (!batch) return batch.error();
        if (!*batch) return from;
        if (auto replayed = replay_batch(**batch, machine); !replayed) return replayed.error();
        from = (*batch)->last_offset() + 1;
    }
}

}  // namespace

Result<void> replay_log(Log& log, Offset end, StateMachine& machine) {
    if (auto usable = log.check_usable(); !usable) return usable;
    Bytes buffer;
    for (Offset next = log.log_start_offset(); next < end;) {
        auto read = log.read(next, kReadBytes, end, true, false);
        if (!read) return read.error();
        if (read->records.length == 0) return {};
        buffer.resize(static_cast<size_t>(read->records.length));
        auto got = read->records.file->read_at(read->records.position, buffer);
        if (!got) return got.error();
        if (*got < buffer.size())
            return Error(ErrorCode::KAFKA_STORAGE_ERROR, log.directory() + ": a file ends early");
        auto replayed = replay_batches(buffer, next, machine);
        if (!replayed) return replayed.error();
        if (*replayed == next)
            return Error(
                ErrorCode::CORRUPT_MESSAGE,
                log.directory() + ": no whole batch at offset " + std::to_string(next.value));
        next = *replayed;
    }
    return {};
}

}  // namespace milena
