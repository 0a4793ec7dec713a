// SPDX-License-Identifier: Apache-2.0
#include "server/offline/print_records.h"

#include <algorithm>
#include <limits>

#include "server/offline/batch_walk.h"
#include "server/offline/offline_tools.h"
#include "server/offline/outcomes.h"
#include "server/offline/partition_files.h"
#include "server/offline/record_format.h"

namespace milena {
namespace {

struct RecordsOptions {
    std::string data_directory;
    std::vector<PartitionName> partitions;
    std::optional<Offset> from;
    int64_t limit = std::numeric_limits<int64_t>::max();
    bool committed_only = false;
    RecordFormat format;
};

Error usage(const std::string& what) { return Error(ErrorCode::INVALID_CONFIG, what); }

/// One partition by its directory's name, or all of a topic.
Result<std::vector<PartitionName>> choose_partitions(FileSystem& files,
                                                     const std::string& data_directory,
                                                     const std::string& word) {
    auto partitions = list_partitions(files, data_directory);
    if (!partitions) return usage(partitions.error().message());
    std::vector<PartitionName> of_topic;
    for (const PartitionName& name : *partitions) {
        if (name.directory_name() == word) return std::vector{name};
        if (name.topic == word) of_topic.push_back(name);
    }
    if (of_topic.empty()) return usage(data_directory + " has no topic or partition " + word);
    return of_topic;
}

Result<RecordFormat> choose_format(const ToolArguments& arguments) {
    const auto format = arguments.value("--format");
    const auto kind = arguments.value("--decode");
    if (format && kind) return usage("--decode goes without --format");
    if (format) return *format == "json" ? json_format() : custom_format(*format);
    const auto decoding = kind ? parse_decoding(*kind) : Decoding::kNone;
    if (!decoding) return usage("--decode does not know " + *kind);
    return plain_format(*decoding);
}

Result<RecordsOptions> records_options(const ToolArguments& arguments, FileSystem& files) {
    if (arguments.words().size() != 2) return usage("it wants a data directory and a topic");
    RecordsOptions options;
    options.data_directory = arguments.words()[0];
    auto partitions = choose_partitions(files, options.data_directory, arguments.words()[1]);
    if (!partitions) return partitions.error();
    auto from = arguments.number("--from");
    if (!from) return from.error();
    auto limit = arguments.number("--limit");
    if (!limit) return limit.error();
    auto format = choose_format(arguments);
    if (!format) return format.error();
    options.partitions = std::move(*partitions);
    if (*from) options.from = Offset(**from);
    options.limit = limit->value_or(options.limit);
    options.committed_only = arguments.has("--read-committed");
    options.format = std::move(*format);
    return options;
}

class PartitionPrinter {
  public:
    PartitionPrinter(FileSystem& files, const RecordsOptions& options, const PartitionName& name,
                     std::ostream& out, Report& report)
        : files_(files),
          options_(options),
          name_(name),
          out_(out),
          report_(report),
          left_(options.limit),
          from_(options.from.value_or(
              checkpointed_offset(files, options.data_directory, kLogStartCheckpoint, name)
                  .value_or(Offset(0)))) {}

    Result<void> print() {
        auto segments =
            list_segments(files_, options_.data_directory + "/" + name_.directory_name());
        if (!segments) return segments.error();
        if (options_.committed_only) {
            for (const SegmentFile& segment : *segments) {
                auto seen = walk(segment, nullptr, [&](const auto& step) { learn(step); });
                if (!seen) return seen;
            }
            end_ = outcomes_.first_open();
        }
        for (size_t i = 0; i < segments->size() && left_ > 0; ++i) {
            if (i + 1 < segments->size() && (*segments)[i + 1].base_offset <= from_) continue;
            auto printed = walk((*segments)[i], &report_, [&](const auto& step) { put(step); });
            if (!printed) return printed;
        }
        return {};
    }

  private:
    template <class Visit>
    Result<void> walk(const SegmentFile& segment, Report* report, const Visit& visit) {
        auto walk = BatchWalk::open(files_, segment.path);
        if (!walk) return walk.error();
        path_ = segment.path;
        while (left_ > 0) {
            auto step = walk->next();
            if (!step) return step.error();
            if (!*step) break;
            if (report) report->damages(segment.path, (*step)->damages);
            if ((*step)->batch && (*step)->batch->is_intact) visit(*(*step)->batch);
        }
        return {};
    }

    void learn(const WalkedBatch& batch) {
        if (!batch.header.is_transactional()) return;
        if (!batch.header.is_control()) return outcomes_.note_records(batch.header);
        if (auto marker = parse_marker(batch.bytes)) outcomes_.note_marker(batch.header, *marker);
    }

    void put(const WalkedBatch& batch) {
        const BatchHeader& header = batch.header;
        if (header.last_offset() < from_ || header.base_offset >= end_ || header.is_control())
            return;
        if (options_.committed_only && outcomes_.is_aborted(header)) return;
        auto view = RecordBatchView::parse(batch.bytes);
        if (!view) return report_.damage(path_, batch.position, view.error().message());
        RecordReader reader(*view);
        while (left_ > 0) {
            auto more = reader.next();
            if (!more) return report_.damage(path_, batch.position, more.error().message());
            if (!*more) return;
            if (reader.record().offset >= from_) put_record(batch, reader.record());
        }
    }

    void put_record(const WalkedBatch& batch, const RecordView& record) {
        auto text = options_.format(name_, record);
        if (!text) return report_.damage(path_, batch.position, text.error().message());
        out_ << *text;
        --left_;
    }

    FileSystem& files_;
    const RecordsOptions& options_;
    const PartitionName& name_;
    std::ostream& out_;
    Report& report_;
    int64_t left_;
    const Offset from_;
    Offset end_{std::numeric_limits<int64_t>::max()};
    TransactionOutcomes outcomes_;
    std::string path_;
};

}  // namespace

Result<int> run_records(const ToolArguments& arguments, FileSystem& files,
                        const ToolStreams& streams) {
    auto options = records_options(arguments, files);
    if (!options) return options.error();
    Report report(streams.errors);
    for (const PartitionName& name : options->partitions) {
        PartitionPrinter printer(files, *options, name, streams.out, report);
        if (auto printed = printer.print(); !printed)
            report.damage(options->data_directory + "/" + name.directory_name(),
                          printed.error().message());
    }
    return report.damage_count() > 0 ? kDamageFound : kNothingWrong;
}

}  // namespace milena
