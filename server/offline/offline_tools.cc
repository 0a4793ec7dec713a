// SPDX-License-Identifier: Apache-2.0
#include "server/offline/offline_tools.h"

#include <algorithm>

#include "server/offline/dump.h"
#include "server/offline/print_records.h"
#include "server/offline/verify.h"

namespace milena {
namespace {

struct Tool {
    std::string_view name;
    std::string_view help;
    ToolOptions options;
    Result<int> (*run)(const ToolArguments& arguments, FileSystem& files,
                       const ToolStreams& streams);
};

constexpr std::string_view kDumpHelp =
    "Usage: milena dump [OPTION]... FILE...\n"
    "\n"
    "Prints what stands in files of a data directory, one line an item: segments (.log), indexes,\n"
    "producer snapshots, checkpoints, metadata snapshots, properties; also .deleted, .cleaned and\n"
    ".swap ones. Damage is a line that begins with \"damage\"; what follows it is printed, too.\n"
    "\n"
    "  --records           of segments, the records of each batch\n"
    "  --decode KIND       what records hold: metadata, offsets, transactions or none; with it,\n"
    "                      records are printed. auto (the default): by the directory's name\n"
    "  --offset OFFSET     of segments, what is at that offset or behind it\n"
    "  --skip BYTES        of segments, what is at that position or behind it\n"
    "  --limit N           at most N items of each file\n";

constexpr std::string_view kVerifyHelp =
    "Usage: milena verify [--records] DATA-DIRECTORY...\n"
    "\n"
    "Looks for damage in the data directories of one node, writes nothing, and prints each damage\n"
    "with file and position. The broker should be stopped: what a running one is about to write\n"
    "may look like damage. A broker removes at its start some of what is found, and makes indexes\n"
    "and snapshots of producers anew.\n"
    "\n"
    "  --records           also decompress and read the records of each batch\n";

constexpr std::string_view kRecordsHelp =
    "Usage: milena records [OPTION]... DATA-DIRECTORY TOPIC[-PARTITION]\n"
    "\n"
    "Prints the records of a topic, or of one partition, from a data directory whose broker is\n"
    "stopped.\n"
    "\n"
    "  --from OFFSET       the first offset (default: where the partition begins)\n"
    "  --limit N           at most N records of each partition\n"
    "  --read-committed    leave records of aborted and of open transactions out\n"
    "  --decode KIND       as in milena dump (default: none)\n"
    "  --format FORMAT     json, or as kcat's -f: %t topic, %p partition, %o offset, %T "
    "timestamp,\n"
    "                      %k key, %K its length, %s value, %S its length, %h headers, %%, \\n, "
    "\\t\n";

const Tool kTools[] = {
    {"dump", kDumpHelp, {{"--decode", "--offset", "--skip", "--limit"}, {"--records"}}, run_dump},
    {"verify", kVerifyHelp, {{}, {"--records"}}, run_verify},
    {"records",
     kRecordsHelp,
     {{"--from", "--limit", "--decode", "--format"}, {"--read-committed"}},
     run_records},
};

}  // namespace

int run_offline_tool(std::string_view name, const std::vector<std::string>& words,
                     FileSystem& files, std::ostream& out, std::ostream& errors) {
    const Tool& tool = *std::find_if(std::begin(kTools), std::end(kTools),
                                     [&](const Tool& one) { return one.name == name; });
    if (words.size() == 1 && (words[0] == "--help" || words[0] == "-h")) {
        out << tool.help;
        return kNothingWrong;
    }
    auto status = [&]() -> Result<int> {
        auto arguments = ToolArguments::parse(words, tool.options);
        if (!arguments) return arguments.error();
        return tool.run(*arguments, files, {out, errors});
    }();
    if (status) return *status;
    const bool is_usage = status.error().code() == ErrorCode::INVALID_CONFIG;
    errors << "milena " << tool.name << ": " << status.error().message()
           << (is_usage ? "; see milena " + std::string(tool.name) + " --help\n" : "\n");
    return is_usage ? kWrongUsage : kDamageFound;
}

}  // namespace milena
