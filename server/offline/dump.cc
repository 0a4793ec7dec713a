// SPDX-License-Identifier: Apache-2.0
#include "server/offline/dump.h"

#include "server/offline/offline_tools.h"

namespace milena {
namespace {

std::string_view kind_name(FileKind kind) {
    switch (kind) {
        case FileKind::kSegment:
            return "segment";
        case FileKind::kOffsetIndex:
            return "offset index";
        case FileKind::kTimeIndex:
            return "time index";
        case FileKind::kTransactionIndex:
            return "index of aborted transactions";
        case FileKind::kSnapshot:
            return "snapshot of producers";
        case FileKind::kEpochs:
            return "leader epochs";
        case FileKind::kOffsets:
            return "checkpoint of offsets";
        case FileKind::kText:
            return "text";
        case FileKind::kUnknown:
            break;
    }
    return "unknown";
}

Result<DumpOptions> dump_options(const ToolArguments& arguments) {
    DumpOptions options;
    options.records = arguments.has("--records");
    if (auto kind = arguments.value("--decode"); kind && *kind != "auto") {
        options.decoding = parse_decoding(*kind);
        if (!options.decoding)
            return Error(ErrorCode::INVALID_CONFIG, "--decode does not know " + *kind);
        options.records = true;
    }
    auto from = arguments.number("--offset");
    if (!from) return from.error();
    auto skip = arguments.number("--skip");
    if (!skip) return skip.error();
    auto limit = arguments.number("--limit");
    if (!limit) return limit.error();
    options.from = Offset(from->value_or(0));
    options.skip_bytes = skip->value_or(0);
    options.limit = limit->value_or(-1);
    return options;
}

Result<void> dump_file(FileSystem& files, const std::string& path, const DumpOptions& options,
                       Report& report) {
    const NamedFile named = name_file(path);
    auto size = files.file_size(path);
    if (!size) return size.error();
    report.line("file " + path + ": " + std::string(kind_name(named.kind)) + ", " +
                std::to_string(*size) + " bytes");
    if (named.kind == FileKind::kSegment) return dump_segment(files, path, options, report);
    return dump_table(files, path, named, options, report);
}

}  // namespace

Result<int> run_dump(const ToolArguments& arguments, FileSystem& files,
                     const ToolStreams& streams) {
    if (arguments.words().empty())
        return Error(ErrorCode::INVALID_CONFIG, "it wants the name of a file");
    auto options = dump_options(arguments);
    if (!options) return options.error();
    Report report(streams.out);
    for (const std::string& path : arguments.words()) {
        auto dumped = dump_file(files, path, *options, report);
        if (!dumped) report.damage(path, dumped.error().message());
    }
    return report.damage_count() > 0 ? kDamageFound : kNothingWrong;
}

}  // namespace milena
