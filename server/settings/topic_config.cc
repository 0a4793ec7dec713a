// SPDX-License-Identifier: Apache-2.0
#include "server/settings/topic_config.h"

#include <algorithm>

#include "server/settings/text.h"

namespace milena {

std::vector<std::string_view> broker_synonyms(std::string_view name) {
    const Setting* setting = find_setting(SettingScope::kBroker, name);
    if (!setting || setting->synonyms.empty()) return {name};
    return setting->synonyms;
}

// Topics count time in milliseconds, some settings of the broker don't.
static std::string in_topic_unit(std::string_view name, const std::string& text) {
    int64_t factor = name.ends_with(".hours")     ? 3'600'000
                     : name.ends_with(".minutes") ? 60'000
                                                  : 1;
    bool retention =
        name.starts_with("log.retention.") && !name.ends_with(".bytes");  // any minus is "never"
    if (factor == 1 && !retention) return text;
    auto number = parse_integer(trim(text));
    if (!number) return text;
    return std::to_string(retention && *number < 0 ? -1 : *number * factor);
}

std::optional<std::string> value_from_broker(const Setting& topic_setting,
                                             const ConfigMap& broker) {
    if (topic_setting.synonyms.empty()) return std::nullopt;
    for (std::string_view name : broker_synonyms(topic_setting.synonyms.front())) {
        auto at = broker.find(name);
        if (at != broker.end()) return in_topic_unit(name, at->second);
    }
    return std::nullopt;
}

std::optional<std::string> topic_value(const Setting& topic_setting, const ConfigMap& broker,
                                       const ConfigMap& overrides) {
    auto at = overrides.find(topic_setting.name);
    if (at != overrides.end()) return at->second;
    if (auto value = value_from_broker(topic_setting, broker)) return value;
    if (!topic_setting.default_value) return std::nullopt;
    return std::string(*topic_setting.default_value);
}

namespace {

// Looks values up by name; a wrong name would be a mistake of this file, found by its tests.
class TopicValues {
  public:
    TopicValues(const ConfigMap& broker, const ConfigMap& overrides)
        : broker_(broker), overrides_(overrides) {}

    SettingValue operator()(std::string_view name) const {
        const Setting* setting = find_setting(SettingScope::kTopic, name);
        if (!setting) return {};
        auto value = parse_setting(*setting, topic_value(*setting, broker_, overrides_));
        if (value) return *value;
        auto fallback = parse_setting(*setting, topic_value(*setting, broker_, {}));
        return fallback ? *fallback : SettingValue();
    }

    template <class Int>
    void read(std::string_view name, Int& to) const {
        auto value = (*this)(name);
        if (auto* number = std::get_if<int64_t>(&value)) to = static_cast<Int>(*number);
    }
    void read(std::string_view name, bool& to) const {
        auto value = (*this)(name);
        if (auto* flag = std::get_if<bool>(&value)) to = *flag;
    }
    void read(std::string_view name, double& to) const {
        auto value = (*this)(name);
        if (auto* number = std::get_if<double>(&value)) to = *number;
    }
    std::string text(std::string_view name) const { return print_value((*this)(name)).value_or(""); }
    std::vector<std::string> list(std::string_view name) const {
        auto value = (*this)(name);
        auto* list = std::get_if<std::vector<std::string>>(&value);
        return list ? *list : std::vector<std::string>();
    }

  private:
    const ConfigMap& broker_;
    const ConfigMap& overrides_;
};

bool contains(const std::vector<std::string>& list, std::string_view element) {
    return std::find(list.begin(), list.end(), element) != list.end();
}

CompressionPolicy compression_of(const std::string& name) {
    if (name == "uncompressed") return CompressionPolicy::kUncompressed;
    if (name == "gzip") return CompressionPolicy::kGzip;
    if (name == "snappy") return CompressionPolicy::kSnappy;
    if (name == "lz4") return CompressionPolicy::kLz4;
    if (name == "zstd") return CompressionPolicy::kZstd;
    return CompressionPolicy::kProducer;
}

void read_sizes_and_times(const TopicValues& values, LogConfig& config) {
    values.read("segment.bytes", config.segment_bytes);
    values.read("internal.segment.bytes", config.segment_bytes);  // null leaves the former
    values.read("segment.ms", config.segment_ms);
    values.read("segment.jitter.ms", config.segment_jitter_ms);
    values.read("segment.index.bytes", config.segment_index_bytes);
    values.read("index.interval.bytes", config.index_interval_bytes);
    values.read("flush.messages", config.flush_messages);
    values.read("flush.ms", config.flush_ms);
    values.read("retention.bytes", config.retention_bytes);
    values.read("retention.ms", config.retention_ms);
    values.read("max.message.bytes", config.max_message_bytes);
    values.read("max.decompressed.message.bytes", config.max_decompressed_message_bytes);
    values.read("file.delete.delay.ms", config.file_delete_delay_ms);
    values.read("preallocate", config.preallocate);
}

void read_compaction(const TopicValues& values, LogConfig& config) {
    values.read("delete.retention.ms", config.delete_retention_ms);
    values.read("min.compaction.lag.ms", config.min_compaction_lag_ms);
    values.read("max.compaction.lag.ms", config.max_compaction_lag_ms);
    values.read("min.cleanable.dirty.ratio", config.min_cleanable_dirty_ratio);
    auto policy = values.list("cleanup.policy");
    config.cleanup_delete = contains(policy, "delete");
    config.cleanup_compact = contains(policy, "compact");
}

}  // namespace

LogConfig make_log_config(const ConfigMap& broker, const ConfigMap& overrides) {
    LogConfig config;
    TopicValues values(broker, overrides);
    read_sizes_and_times(values, config);
    read_compaction(values, config);
    values.read("unclean.leader.election.enable", config.unclean_leader_election_enable);
    values.read("min.insync.replicas", config.min_insync_replicas);
    config.compression = compression_of(values.text("compression.type"));
    values.read("compression.gzip.level", config.gzip_level);
    values.read("compression.lz4.level", config.lz4_level);
    values.read("compression.zstd.level", config.zstd_level);
    config.timestamp_type = values.text("message.timestamp.type") == "LogAppendTime"
                                ? TimestampType::kLogAppendTime
                                : TimestampType::kCreateTime;
    values.read("message.timestamp.before.max.ms", config.timestamp_before_max_ms);
    values.read("message.timestamp.after.max.ms", config.timestamp_after_max_ms);
    auto expiration = broker.find("producer.id.expiration.ms");
    if (expiration != broker.end())
        if (auto number = parse_integer(trim(expiration->second)))
            config.producer_id_expiration_ms = *number;
    return config;
}

static Error invalid(std::string message) {
    return Error(ErrorCode::INVALID_CONFIG, std::move(message));
}

static Result<void> check_each(const ConfigMap& overrides) {
    for (auto& [name, value] : overrides) {
        const Setting* setting = find_setting(SettingScope::kTopic, name);
        if (!setting) {
            auto similar = similar_setting(SettingScope::kTopic, name);
            return invalid("topics have no setting " + name +
                           (similar ? "; did you mean " + std::string(*similar) + "?" : ""));
        }
        if (auto parsed = parse_setting(*setting, value); !parsed) return parsed.error();
    }
    return {};
}

Result<void> check_topic_config(const ConfigMap& overrides, const ConfigMap& broker) {
    if (auto ok = check_each(overrides); !ok) return ok.error();
    TopicValues values(broker, overrides);
    int64_t lag_min = 0, lag_max = 0;
    values.read("min.compaction.lag.ms", lag_min);
    values.read("max.compaction.lag.ms", lag_max);
    if (lag_min > lag_max)
        return invalid("min.compaction.lag.ms=" + std::to_string(lag_min) +
                       " must not be above max.compaction.lag.ms=" + std::to_string(lag_max));
    bool remote = false;
    values.read("remote.storage.enable", remote);
    if (remote && overrides.contains("remote.storage.enable"))
        return invalid("remote.storage.enable=true needs a broker with a remote tier; this one has "
                       "none (remote.log.storage.system.enable=false)");
    return {};
}

}  // namespace milena
