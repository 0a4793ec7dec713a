# SPDX-License-Identifier: Apache-2.0
"""Steps that make, change and describe topics and configurations."""

from milena_test import errors
from milena_test.wire import ZERO_UUID

from world import verb

_RESOURCES = {"topic": 2, "broker": 4, "brokers": 4, "logger": 8, "metrics": 16, "group": 32}
_OPERATIONS = {"": 0, "+": 2, "-": 3}
_DELETE = 1
_SOURCES = {1: "topic", 2: "broker", 3: "brokers", 4: "static", 5: "default", 8: "group"}
_TIMEOUT_MS = 60000
_NOT_YET = ("LEADER_NOT_AVAILABLE",)


@verb
def create(world, words, options):
    """create NAME [partitions=1] [validate=yes] [a.config=VALUE]: its id."""
    configs = {option.name: option.value for option in options.take_configs()}
    if "segment.bytes" not in configs:  # a scenario that needs large segments says so
        configs = {**world.configuration.topic, **configs}
    topic = {
        "Name": words[0],
        "NumPartitions": options.take("partitions", 1),
        "ReplicationFactor": options.take("replicas", 1),
        "Configs": [{"Name": name, "Value": value} for name, value in configs.items()],
    }
    only_validate = options.take("validate") == "yes"
    body = {"Topics": [topic], "TimeoutMs": _TIMEOUT_MS, "ValidateOnly": only_validate}
    answer = world.client.request("CreateTopics", None, body)["Topics"][0]
    errors.check(answer["ErrorCode"], "create", answer["ErrorMessage"])
    if not only_validate:
        world.client.await_topic(words[0], max(1, topic["NumPartitions"]))
    return [answer["TopicId"]]


@verb
def delete(world, words, options):
    """delete NAME, or delete id=ID."""
    topic = {"TopicId": options.take("id", ZERO_UUID), "Name": words[0] if words else None}
    body = {"Topics": [topic], "TimeoutMs": _TIMEOUT_MS}
    answer = world.client.request("DeleteTopics", 6, body)["Responses"][0]
    errors.check(answer["ErrorCode"], "delete", answer["ErrorMessage"])


@verb
def grow(world, words, options):
    """grow NAME to=COUNT."""
    topic = {"Name": words[0], "Count": options.take("to", 1), "Assignments": None}
    body = {"Topics": [topic], "TimeoutMs": _TIMEOUT_MS, "ValidateOnly": False}
    answer = world.client.request("CreatePartitions", 3, body)["Results"][0]
    errors.check(answer["ErrorCode"], "grow", answer["ErrorMessage"])
    world.client.await_topic(words[0], topic["Count"])


@verb
def topics(world, _words, _options):
    """The names of all topics."""
    answer = world.client.request("Metadata", 12, {"Topics": None})
    return sorted(topic["Name"] for topic in answer["Topics"])


@verb
def partitions(world, words, options):
    """partitions NAME [create=yes]: how many there are."""
    return [len(metadata(world, words[0], options.take("create") == "yes")["Partitions"])]


@verb
def topic_id(world, words, _options):
    return [metadata(world, words[0])["TopicId"]]


@verb
def topic_name(world, words, _options):
    """topic-name ID."""
    body = {"Topics": [{"TopicId": words[0], "Name": None}], "AllowAutoTopicCreation": False}
    answer = world.client.request("Metadata", 12, body)["Topics"][0]
    errors.check(answer["ErrorCode"], "metadata by id")
    return [answer["Name"]]


@verb
def epoch(world, words, _options):
    """The leader epoch of a partition."""
    name, index = words[0].split("/")
    found = metadata(world, name)["Partitions"]
    return [one["LeaderEpoch"] for one in found if one["PartitionIndex"] == int(index)]


def metadata(world, name, create=False):
    body = {"Topics": [{"Name": name}], "AllowAutoTopicCreation": create}
    while True:
        answer = world.client.request("Metadata", 12, body)["Topics"][0]
        # Apache Kafka says "not yet" while it creates the topic.
        code = errors.NAMES[answer["ErrorCode"]]
        if code not in _NOT_YET and not (create and code == "UNKNOWN_TOPIC_OR_PARTITION"):
            break
    errors.check(answer["ErrorCode"], f"metadata of {name}")
    return answer


# Configurations -----------------------------------------------------------------------------------


def _resource(word):
    """topic:NAME, broker:ID, brokers (what all of them have), group:NAME, ..."""
    kind, _, name = word.partition(":")
    return {"ResourceType": _RESOURCES[kind], "ResourceName": name}


@verb
def alter(world, words, options):
    """alter RESOURCE KEY=VALUE KEY= KEY+=VALUE KEY-=VALUE [validate=yes]: KEY= is deleted."""
    configs = [
        {
            "Name": option.name,
            "ConfigOperation": _OPERATIONS[option.operation] if option.value else _DELETE,
            "Value": option.value or None,
        }
        for option in options.take_configs()
    ]
    body = {
        "Resources": [{**_resource(words[0]), "Configs": configs}],
        "ValidateOnly": options.take("validate") == "yes",
    }
    answer = world.client.request("IncrementalAlterConfigs", 1, body)["Responses"][0]
    errors.check(answer["ErrorCode"], "alter", answer["ErrorMessage"])


@verb
def replace(world, words, options):
    """replace RESOURCE KEY=VALUE ...: what isn't named is deleted."""
    given = [{"Name": option.name, "Value": option.value} for option in options.take_configs()]
    body = {"Resources": [{**_resource(words[0]), "Configs": given}], "ValidateOnly": False}
    answer = world.client.request("AlterConfigs", 2, body)["Responses"][0]
    errors.check(answer["ErrorCode"], "replace", answer["ErrorMessage"])


@verb
def config(world, words, _options):
    """config RESOURCE KEY: its value and where that is from."""
    resource = {**_resource(words[0]), "ConfigurationKeys": words[1:2]}
    body = {"Resources": [resource], "IncludeSynonyms": True}
    answer = world.client.request("DescribeConfigs", 4, body)["Results"][0]
    errors.check(answer["ErrorCode"], "describe", answer["ErrorMessage"])
    (found,) = answer["Configs"]
    return [found["Value"] or "nothing", _SOURCES[found["ConfigSource"]]]
