// SPDX-License-Identifier: Apache-2.0
#include "server/offline/batch_walk.h"
#include "server/offline/dump.h"
#include "server/offline/record_text.h"

namespace milena {
namespace {

struct SegmentDump {
    const std::string& path;
    const DumpOptions& options;
    Decoding decoding;
    Report& report;
    DumpedItems items;

    void take(const WalkStep& step) {
        if (step.batch && step.batch->header.last_offset() >= options.from) {
            items.put(batch_line(*step.batch));
            if (options.records && step.batch->is_intact) print_records(*step.batch);
        }
        report.damages(path, step.damages);
    }

    void print_records(const WalkedBatch& batch) {
        auto view = RecordBatchView::parse(batch.bytes);
        if (!view) return report.damage(path, batch.position, view.error().message());
        RecordReader reader(*view);
        while (!items.is_full()) {
            auto more = reader.next();
            if (!more) return report.damage(path, batch.position, more.error().message());
            if (!*more) return;
            if (reader.record().offset >= options.from) print_record(batch, reader.record());
        }
    }

    void print_record(const WalkedBatch& batch, const RecordView& record) {
        auto line = record_line(record, decoding, batch.header.is_control());
        if (line) return items.put("record " + *line);
        report.damage(path, batch.position,
                      "the record at offset " + std::to_string(record.offset.value) + ": " +
                          line.error().message());
    }
};

}  // namespace

Result<void> dump_segment(FileSystem& files, const std::string& path, const DumpOptions& options,
                          Report& report) {
    auto walk = BatchWalk::open(files, path, options.skip_bytes);
    if (!walk) return walk.error();
    SegmentDump dump{path, options, options.decoding.value_or(decoding_of(path)), report,
                     DumpedItems(report, options.limit)};
    while (!dump.items.is_full()) {
        auto step = walk->next();
        if (!step) return step.error();
        if (!*step) break;
        dump.take(**step);
    }
    return {};
}

}  // namespace milena
