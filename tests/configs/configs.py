# SPDX-License-Identifier: Apache-2.0
"""Configurations that change at run time take effect, and survive a restart.

run [--kafka] [WORD...]
"""

import sys
import time

from milena_test import batch, errors
from milena_test.client import ConnectionClosed
from milena_test.suite import Suite, chosen_broker, expect, expect_equal

TOPIC, BROKER, LOGGER, GROUP = 2, 4, 8, 32
SET, DELETE, APPEND, SUBTRACT = range(4)
TOO_LARGE = 10
TAKE_EFFECT_SECONDS_MAX = 60

suite = Suite("configs")


def alter(client, resource_type, name, *changes, validate_only=False):
    """Returns the error code; changes are (key, operation, value)."""
    configs = [{"Name": k, "ConfigOperation": o, "Value": v} for k, o, v in changes]
    resource = {"ResourceType": resource_type, "ResourceName": name, "Configs": configs}
    body = {"Resources": [resource], "ValidateOnly": validate_only}
    return client.request("IncrementalAlterConfigs", 1, body)["Responses"][0]["ErrorCode"]


def altered(client, resource_type, name, *changes):
    errors.check(alter(client, resource_type, name, *changes), f"{name}: {changes}")


def value(client, resource_type, name, key):
    resource = {"ResourceType": resource_type, "ResourceName": name, "ConfigurationKeys": [key]}
    answer = client.request("DescribeConfigs", 4, {"Resources": [resource]})["Results"][0]
    errors.check(answer["ErrorCode"], f"describe {name}")
    return answer["Configs"][0]["Value"] if answer["Configs"] else None


def await_equal(probe, expected, what):
    """Apache Kafka answers before all of it knows of the change."""
    deadline = time.monotonic() + TAKE_EFFECT_SECONDS_MAX
    while (actual := probe()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    expect_equal(actual, expected, what)


@suite.case
def size_of_messages(broker):
    """A topic's limit, then that of all brokers, then this broker's; the nearest one wins."""
    large = batch.build([b"x" * 5000])
    with broker.client() as client:
        client.create_topic("size")

        def outcome():
            return client.produce("size", 0, large)["ErrorCode"]

        await_equal(outcome, 0, "default")
        altered(client, TOPIC, "size", ("max.message.bytes", SET, "1000"))
        await_equal(outcome, TOO_LARGE, "topic's limit")
        altered(client, TOPIC, "size", ("max.message.bytes", DELETE, None))
        await_equal(outcome, 0, "topic's limit deleted")
        altered(client, BROKER, "", ("message.max.bytes", SET, "1000"))
        await_equal(outcome, TOO_LARGE, "limit of all brokers")
        altered(client, BROKER, "1", ("message.max.bytes", SET, "9000"))
        await_equal(outcome, 0, "limit of this broker")
        altered(client, BROKER, "1", ("message.max.bytes", DELETE, None))
        altered(client, BROKER, "", ("message.max.bytes", DELETE, None))


@suite.case
def lists_grow_and_shrink(broker):
    with broker.client() as client:
        client.create_topic("lists")

        def policy():
            return value(client, TOPIC, "lists", "cleanup.policy")

        altered(client, TOPIC, "lists", ("cleanup.policy", APPEND, "compact"))
        await_equal(policy, "delete,compact", "appended")
        altered(client, TOPIC, "lists", ("cleanup.policy", SUBTRACT, "delete"))
        await_equal(policy, "compact", "subtracted")
        altered(client, TOPIC, "lists", ("cleanup.policy", DELETE, None))
        await_equal(policy, "delete", "deleted")


@suite.case
def what_is_refused(broker):
    invalid_config, invalid_request, unknown_topic = 40, 42, 3
    with broker.client() as client:
        client.create_topic("refused")
        for resource, name, key, text, expected in [
            (TOPIC, "refused", "retention.ms", "x", invalid_config),
            (TOPIC, "refused", "nothing", "1", invalid_config),
            (TOPIC, "missing", "retention.ms", "1", unknown_topic),
            (TOPIC, "", "retention.ms", "1", invalid_request),
            (BROKER, "1", "node.id", "2", invalid_request),
            (BROKER, "2", "log.retention.ms", "2", invalid_request),
            (BROKER, "", "sasl.enabled.mechanisms", "PLAIN", invalid_request),
            (BROKER, "1", "log.retention.ms", "x", invalid_request),
            (LOGGER, "1", "root", "LOUD", invalid_config),
            (GROUP, "g", "consumer.session.timeout.ms", "1", invalid_config),
        ]:
            actual = alter(client, resource, name, (key, SET, text))
            expect_equal(actual, expected, f"{name} {key}={text}")


@suite.case
def validating_changes_nothing(broker):
    with broker.client() as client:
        client.create_topic("validated")
        change = ("retention.ms", SET, "5000")
        expect_equal(alter(client, TOPIC, "validated", change, validate_only=True), 0, "valid")
        expect(value(client, TOPIC, "validated", "retention.ms") != "5000", "it was set")


@suite.case
def connections_of_one_address(broker):
    key = "max.connections.per.ip"
    with broker.client() as client:
        altered(client, BROKER, "1", (key, SET, "1"))
        await_equal(lambda: is_served(broker), False, "a second connection")
        altered(client, BROKER, "1", (key, DELETE, None))
        await_equal(lambda: is_served(broker), True, "a second connection, allowed again")


@suite.case
def what_survives_a_restart(broker):
    """The last case: others' connections end."""
    large = batch.build([b"x" * 5000])
    with broker.client() as client:
        client.create_topic("restart")
        altered(client, BROKER, "", ("message.max.bytes", SET, "1000"))
        altered(client, TOPIC, "restart", ("retention.ms", SET, "5000"))
    broker.restart()
    with broker.client() as client:
        client.await_topic("restart")
        expect_equal(value(client, TOPIC, "restart", "retention.ms"), "5000", "topic's")
        expect_equal(client.produce("restart", 0, large)["ErrorCode"], TOO_LARGE, "brokers'")


def is_served(broker):
    try:
        with broker.client() as client:
            client.request("ApiVersions", 0)
            return True
    except (ConnectionClosed, OSError):
        return False


def main():
    with chosen_broker()() as broker:
        return 1 if suite.run(broker) else 0


if __name__ == "__main__":
    sys.exit(main())
