// SPDX-License-Identifier: Apache-2.0
// Apache Kafka's DumpLogSegments reads what Milena wrote. Runs where MILENA_KAFKA_JARS names a
// folder with the jars of Kafka's tools and there is a Java; is skipped elsewhere.
#include <array>
#include <cstdio>

#include "tests/storage/fixtures.h"

namespace milena {
namespace {

class DumpLogSegmentsTest : public LogTest {
  protected:
    void write_history() {
        config.segment_bytes = 4000;
        config.index_interval_bytes = 300;
        auto log = open();
        constexpr std::array kCodecs{CompressionType::kNone, CompressionType::kGzip,
                                     CompressionType::kSnappy, CompressionType::kLz4,
                                     CompressionType::kZstd};
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE(append(*log, {.records = 1 + i % 4,
                                      .timestamp = clock.now_ms + (i * 7919) % 5000,
                                      .compression = kCodecs[static_cast<size_t>(i) % 5]}));
        for (int i = 0; i < 10; ++i)
            ASSERT_TRUE(append(*log, {.records = 2,
                                      .producer = 40 + i % 3,
                                      .epoch = 1,
                                      .sequence = i / 3 * 2,
                                      .transactional = i % 3 == 0}));
        ASSERT_TRUE(append_bytes(*log, make_marker(40, 1, false), AppendOrigin::kCoordinator));
        ASSERT_TRUE(log->shut_down());
    }
    /// What the tool prints about `names`.
    std::string dump(const std::string& jars, const std::string& options,
                     const std::string& names) {
        const std::string command = "java -Xmx128M -cp '" + jars +
                                    "/*' org.apache.kafka.tools.DumpLogSegments " + options +
                                    " --files " + names + " 2>&1";
        std::FILE* pipe = ::popen(command.c_str(), "r");
        std::string output;
        std::array<char, 4096> piece;
        while (size_t count = std::fread(piece.data(), 1, piece.size(), pipe))
            output.append(piece.data(), count);
        EXPECT_EQ(::pclose(pipe), 0) << output;
        return output;
    }
};

TEST_F(DumpLogSegmentsTest, FindsNothingToComplainAbout) {
    const char* jars = std::getenv("MILENA_KAFKA_JARS");
    if (jars == nullptr) GTEST_SKIP() << "MILENA_KAFKA_JARS is not set";
    write_history();
    std::string all, indexes;
    const auto names = files->list(directory());
    for (const std::string& name : *names) {
        if (parse_segment_file_name(name, kLogSuffix) ||
            parse_segment_file_name(name, kSnapshotSuffix) ||
            parse_segment_file_name(name, kTransactionIndexSuffix))
            all += directory() + "/" + name + ",";
        if (parse_segment_file_name(name, kOffsetIndexSuffix) ||
            parse_segment_file_name(name, kTimeIndexSuffix))
            indexes += directory() + "/" + name + ",";
    }
    const std::string records = dump(jars, "--deep-iteration --print-data-log", all);
    EXPECT_NE(records.find("baseOffset: 0 "), std::string::npos) << records.substr(0, 2000);
    EXPECT_NE(records.find("producerId: 41 producerEpoch: 1"), std::string::npos);
    EXPECT_NE(records.find("endTxnMarker: ABORT"), std::string::npos);
    EXPECT_EQ(records.find("isvalid: false"), std::string::npos);
    for (const char* options : {"--index-sanity-check", "--verify-index-only"}) {
        const std::string checked = dump(jars, options, indexes);
        EXPECT_EQ(checked.find("ismatch"), std::string::npos) << checked;
        EXPECT_EQ(checked.find("ound "), std::string::npos) << checked;
        EXPECT_EQ(checked.find("xception"), std::string::npos) << checked;
    }
}

}  // namespace
}  // namespace milena
