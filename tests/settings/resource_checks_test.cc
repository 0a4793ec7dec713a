// SPDX-License-Identifier: Apache-2.0
#include "server/settings/resource_checks.h"

#include <gtest/gtest.h>

namespace milena {
namespace {

ErrorCode code(const Result<void>& result) {
    return result ? ErrorCode::NONE : result.error().code();
}

ErrorCode on_broker(std::string name, std::string value) {
    return code(check_broker_config({{std::move(name), std::move(value)}}, false));
}

ErrorCode on_all_brokers(std::string name, std::string value) {
    return code(check_broker_config({{std::move(name), std::move(value)}}, true));
}

ErrorCode on_group(ConfigMap all, ConfigMap broker = {}) {
    return code(check_group_config(all, broker));
}

ErrorCode on_metrics(std::string name, std::string value) {
    return code(check_client_metrics_config({{std::move(name), std::move(value)}}));
}

constexpr auto kNone = ErrorCode::NONE;
constexpr auto kInvalidRequest = ErrorCode::INVALID_REQUEST;
constexpr auto kInvalidConfig = ErrorCode::INVALID_CONFIG;

TEST(ResourceChecks, BrokerChangesWhatIsDynamic) {
    EXPECT_EQ(on_broker("log.retention.ms", "5000"), kNone);
    EXPECT_EQ(on_all_brokers("log.retention.ms", "5000"), kNone);
    EXPECT_EQ(on_broker("node.id", "5"), kInvalidRequest);
    EXPECT_EQ(on_all_brokers("advertised.listeners", "PLAINTEXT://a:1"), kInvalidRequest);
    EXPECT_EQ(on_broker("of.a.plugin", "5"), kNone);
}

TEST(ResourceChecks, BrokerValuesAreChecked) {
    EXPECT_EQ(on_broker("log.retention.ms", "x"), kInvalidRequest);
    EXPECT_EQ(on_broker("log.retention.ms", "0"), kInvalidRequest);
    EXPECT_EQ(on_broker("num.io.threads", "0"), kInvalidRequest);
    EXPECT_EQ(on_broker("leader.replication.throttled.rate", "-1"), kInvalidRequest);
}

TEST(ResourceChecks, SomeSettingsAreOfOneBrokerOrListener) {
    EXPECT_EQ(on_all_brokers("sasl.enabled.mechanisms", "PLAIN"), kInvalidRequest);
    EXPECT_EQ(on_broker("ssl.keystore.location", "/x"), kInvalidRequest);
    EXPECT_EQ(on_broker("listener.name.internal.ssl.keystore.location", "/x"), kNone);
    EXPECT_EQ(on_all_brokers("listener.name.internal.ssl.keystore.location", "/x"),
              kInvalidRequest);
}

TEST(ResourceChecks, GroupsStayWithinTheBrokersBounds) {
    EXPECT_EQ(on_group({{"consumer.session.timeout.ms", "45001"}}), kNone);
    EXPECT_EQ(on_group({{"consumer.session.timeout.ms", "44999"}}), kInvalidConfig);
    EXPECT_EQ(on_group({{"consumer.session.timeout.ms", "44999"}},
                       {{"group.consumer.min.session.timeout.ms", "40000"}}),
              kNone);
    EXPECT_EQ(on_group({{"consumer.heartbeat.interval.ms", "50000"}}), kInvalidConfig);
    EXPECT_EQ(on_group({{"share.delivery.count.limit", "11"}}), kInvalidConfig);
    EXPECT_EQ(on_group({{"streams.num.standby.replicas", "5"}}), kInvalidConfig);
    EXPECT_EQ(on_group({{"streams.num.standby.replicas", "2"}}), kNone);
    EXPECT_EQ(on_group({{"nothing", "1"}}), kInvalidConfig);
}

TEST(ResourceChecks, SessionsOfGroupsOutliveHeartbeats) {
    const ConfigMap broker = {{"group.consumer.max.heartbeat.interval.ms", "90000"}};
    EXPECT_EQ(on_group({{"consumer.heartbeat.interval.ms", "45000"}}, broker), kInvalidConfig);
    EXPECT_EQ(on_group({{"consumer.heartbeat.interval.ms", "44999"}}, broker), kNone);
}

TEST(ResourceChecks, ClientMetricsMatchByKnownNames) {
    for (std::string good : {"client_id=a", "client_id=[a-c]+,client_source_port=1", "",
                             "client_software_name=a b", "client_id=\\["})
        EXPECT_EQ(on_metrics("match", good), kNone) << good;
    for (std::string bad : {"client_id", "client_id=", "=x", "nobody=x", "client_id=[",
                            "client_id=(a", "client_id=a=b"})
        EXPECT_EQ(on_metrics("match", bad), kInvalidConfig) << bad;
    EXPECT_EQ(on_metrics("interval.ms", "100"), kNone);
    EXPECT_EQ(on_metrics("interval.ms", "99"), kInvalidRequest);
    EXPECT_EQ(on_metrics("interval.ms", "x"), kInvalidConfig);
    EXPECT_EQ(on_metrics("nothing", "1"), kInvalidRequest);
}

}  // namespace
}  // namespace milena
