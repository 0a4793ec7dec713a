# SPDX-License-Identifier: Apache-2.0
"""Kafka's own command-line tools, unmodified."""

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time

import log_dir_moves
from common import Suite, expect, main, run
from milena_test import oracle

suite = Suite("tools", f"tools {oracle.TOOLS_VERSION}", "admin")
TOOL_SECONDS_MAX = 300


def tool(broker, name, *arguments, option="--bootstrap-server", **options):
    command = oracle.tool_command(name, option, broker.address, *arguments)
    return run(command, timeout=TOOL_SECONDS_MAX, **options)


def fails(broker, name, *arguments):
    """Runs a tool that must complain; returns what it says."""
    try:
        output = tool(broker, name, *arguments)
    except AssertionError as problem:
        return str(problem)
    raise AssertionError(f"{name} {arguments} did not fail: {output}")


def expect_in(text, *wanted):
    for word in wanted:
        expect(word in text, f"{word!r} is not in:\n{text}")


def fill(broker, topic, count, partitions=1):
    with broker.client() as client:
        client.create_topic(topic, partitions)
    lines = "".join(f"key-{i}:value-{i}\n" for i in range(count))
    properties = ["--reader-property", "parse.key=true", "--reader-property", "key.separator=:"]
    tool(broker, "ConsoleProducer", "--topic", topic, *properties, input=lines)


@suite.case
def topics(broker):
    name = "tools-topics"
    config = ["--config", "cleanup.policy=compact"]
    expect_in(
        tool(broker, "TopicCommand", "--create", "--topic", name, "--partitions", 2, *config),
        "Created topic",
    )
    expect_in(fails(broker, "TopicCommand", "--create", "--topic", name), "TopicExistsException")
    expect_in(fails(broker, "TopicCommand", "--create", "--topic", "a b"), "Invalid")
    too_many = fails(broker, "TopicCommand", "--create", "--topic", "x", "--replication-factor", 3)
    expect_in(too_many, "InvalidReplicationFactorException")
    expect_in(tool(broker, "TopicCommand", "--list"), name)
    text = tool(broker, "TopicCommand", "--describe", "--topic", name)
    expect_in(
        text,
        "PartitionCount: 2",
        "ReplicationFactor: 1",
        "cleanup.policy=compact",
        "Leader: 1",
        "Isr: 1",
    )
    tool(broker, "TopicCommand", "--alter", "--topic", name, "--partitions", 5)
    expect_in(tool(broker, "TopicCommand", "--describe", "--topic", name), "PartitionCount: 5")
    tool(broker, "TopicCommand", "--delete", "--topic", name)
    expect(name not in tool(broker, "TopicCommand", "--list"), "still listed")


def config(broker, entity, *arguments):
    """kafka-configs on one entity: ("topics", name), ("brokers", id) or ("brokers", None)."""
    kind, name = entity
    target = ["--entity-name", name] if name else ["--entity-default"]
    return tool(broker, "kafka.admin.ConfigCommand", "--entity-type", kind, *target, *arguments)


def set_config(broker, entity, text):
    return config(broker, entity, "--alter", "--add-config", text)


@suite.case
def topic_configs(broker):
    topic = ("topics", "tools-configs")
    with broker.client() as client:
        client.create_topic(topic[1])
    set_config(broker, topic, "retention.ms=1234567,cleanup.policy=[compact,delete]")
    shown = config(broker, topic, "--describe")
    expect_in(shown, "retention.ms=1234567", "cleanup.policy=compact,delete")
    shown = config(broker, topic, "--describe", "--all")
    expect_in(shown, "segment.bytes=1073741824", "DEFAULT_CONFIG")
    config(broker, topic, "--alter", "--delete-config", "retention.ms")
    expect("retention.ms" not in config(broker, topic, "--describe"), "still set")
    try:
        set_config(broker, topic, "retention.ms=x")
    except AssertionError as problem:
        expect_in(str(problem), "InvalidConfigurationException")
    else:
        raise AssertionError("retention.ms=x was taken")


@suite.case
def broker_configs(broker):
    for entity, value in [(("brokers", 1), "7654321"), (("brokers", None), "99999999")]:
        set_config(broker, entity, f"log.retention.ms={value}")
        expect_in(config(broker, entity, "--describe"), f"log.retention.ms={value}")
        config(broker, entity, "--alter", "--delete-config", "log.retention.ms")
    expect_in(config(broker, ("brokers", 1), "--describe", "--all"), "node.id=1")


@suite.case
def acls(broker):
    """Without an authorizer there are none."""
    acl = ["--allow-principal", "User:someone", "--operation", "Read", "--topic", "any"]
    for words in (["--list"], ["--add", *acl], ["--remove", "--force", *acl]):
        expect_in(fails(broker, "AclCommand", *words), "SecurityDisabledException")


@suite.case_of("times")
def offsets_and_deleted_records(broker):
    name = "tools-offsets"
    fill(broker, name, 100)
    shown = [
        tool(broker, "GetOffsetShell", "--topic", name, "--time", time).strip()
        for time in (-1, -2, -3)
    ]
    expect(shown[:2] == [f"{name}:0:100", f"{name}:0:0"], f"offsets {shown}")
    partition = {"topic": name, "partition": 0, "offset": 30}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"partitions": [partition], "version": 1}, file)
        file.flush()
        text = tool(broker, "DeleteRecordsCommand", "--offset-json-file", file.name)
    expect_in(text, "low_watermark: 30")
    expect_in(tool(broker, "GetOffsetShell", "--topic", name, "--time", -2), f"{name}:0:30")


def described_offsets(broker, group):
    """{(topic, partition): (current offset, log end offset, lag)} as it is printed."""
    rows = [line.split() for line in groups(broker, "--describe", "--group", group).splitlines()]
    return {(row[1], row[2]): tuple(row[3:6]) for row in rows if row[:1] == [group]}


@suite.case_of("groups")
def offsets_of_groups(broker):
    name, group = "tools-group-offsets", "tools-group"
    fill(broker, name, 100)
    reset = ["--group", group, "--topic", name, "--execute", "--reset-offsets"]
    expect_in(groups(broker, *reset, "--to-offset", 30), group, "30")
    expect(described_offsets(broker, group) == {(name, "0"): ("30", "100", "70")}, "reset to 30")
    groups(broker, *reset, "--shift-by", 20)
    expect(described_offsets(broker, group) == {(name, "0"): ("50", "100", "50")}, "shifted by 20")
    groups(broker, *reset, "--to-latest")
    expect(described_offsets(broker, group) == {(name, "0"): ("100", "100", "0")}, "reset to latest")
    text = groups(broker, "--delete-offsets", "--group", group, "--topic", f"{name}:0")
    expect_in(text, "Successful")
    expect(described_offsets(broker, group) == {}, "deleted")
    groups(broker, *reset, "--to-earliest")
    expect_in(groups(broker, "--delete", "--group", group), "successful")
    expect(group not in groups(broker, "--list").split(), "deleted group is listed")


@suite.case
def log_dirs(broker):
    fill(broker, "tools-log-dirs", 10)
    text = tool(broker, "LogDirsCommand", "--describe", "--topic-list", "tools-log-dirs")
    (line,) = [line for line in text.splitlines() if line.startswith("{")]
    (directory,) = json.loads(line)["brokers"][0]["logDirs"]
    expect(directory["error"] is None, line)
    expect([p["partition"] for p in directory["partitions"]] == ["tools-log-dirs-0"], line)
    expect(directory["partitions"][0]["size"] > 0, line)


@suite.case
def moves_between_log_dirs(_):
    log_dir_moves.check(tool, fill, TOOL_SECONDS_MAX)


@suite.case
def api_versions(broker):
    text = tool(broker, "BrokerApiVersionsCommand")
    expect_in(text, "Produce(0): ", "Fetch(1): ", "Metadata(3): ", "[usable: ")
    expect("UNKNOWN" not in text.split("Metadata(3)")[0], text)


@suite.case
def features(broker):
    text = tool(broker, "FeatureCommand", "describe")
    expect_in(text, "metadata.version", "group.version", "FinalizedVersionLevel", "Epoch")


@suite.case
def metadata_quorum(broker):
    status = tool(broker, "MetadataQuorumCommand", "describe", "--status")
    expect_in(
        status, "ClusterId:", "LeaderId:", "HighWatermark:", "MaxFollowerLag:", "CurrentVoters:"
    )
    replication = tool(broker, "MetadataQuorumCommand", "describe", "--replication")
    expect_in(replication, "NodeId", "LogEndOffset", "Leader")


@suite.case_of("codecs")
def console_producer_and_consumer(broker):
    name = "tools-console"
    fill(broker, name, 50)
    options = ["--topic", name, "--partition", 0, "--offset", "earliest", "--max-messages", 50]
    shown = ["--formatter-property", "print.key=true", "--formatter-property", "print.offset=true"]
    text = tool(broker, "consumer.ConsoleConsumer", *options, *shown)
    expected = [f"Offset:{i}\tkey-{i}\tvalue-{i}" for i in range(50)]
    expect(text.splitlines() == expected, text[:500])


@suite.case_of("codecs")
def producer_performance(broker):
    with broker.client() as client:
        client.create_topic("tools-performance", 3)
    options = [
        "--topic",
        "tools-performance",
        "--num-records",
        20000,
        "--record-size",
        500,
        "--throughput",
        -1,
    ]
    options += ["--producer-props", f"bootstrap.servers={broker.address}", "compression.type=lz4"]
    text = run(oracle.tool_command("ProducerPerformance", *options), timeout=TOOL_SECONDS_MAX)
    expect_in(text, "20000 records sent", "99.9th")
    with broker.client() as client:
        expect(
            sum(client.list_offset("tools-performance", p) for p in range(3)) == 20000, "log ends"
        )


@suite.case_of("codecs")
def verifiable_producer(broker):
    with broker.client() as client:
        client.create_topic("tools-verifiable")
    text = tool(
        broker,
        "VerifiableProducer",
        "--topic",
        "tools-verifiable",
        "--max-messages",
        1000,
        "--acks",
        -1,
    )
    events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    acknowledged = [event["offset"] for event in events if event["name"] == "producer_send_success"]
    expect(sorted(acknowledged) == list(range(1000)), f"{len(acknowledged)} acknowledged")
    expect(not [event for event in events if event["name"] == "producer_send_error"], text[-500:])


@suite.case
def leader_election_and_reassignment(broker):
    with broker.client() as client:
        client.create_topic("tools-leader", 2)
    fill_options = ["--election-type", "preferred", "--topic", "tools-leader", "--partition", 0]
    text = tool(broker, "LeaderElectionCommand", *fill_options)
    expect(re.search("completed|already|Valid replica", text), text)
    text = tool(broker, "reassign.ReassignPartitionsCommand", "--list")
    expect_in(text, "No partition reassignments found")


def groups(broker, *arguments):
    """kafka-consumer-groups; its tables without the padding."""
    text = tool(broker, "consumer.group.ConsumerGroupCommand", *arguments)
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


@contextlib.contextmanager
def console_member(broker, topic, group):
    """A console consumer that stays until it is killed."""
    arguments = ["--topic", topic, "--group", group]
    command = oracle.tool_command(
        "consumer.ConsoleConsumer", "--bootstrap-server", broker.address, *arguments
    )
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@suite.case_of("groups")
def consumer_groups(broker):
    topic, group = "tools-groups", "tools-group"
    fill(broker, topic, 10)
    member = ["--topic", topic, "--group", group]
    read = ["--from-beginning", "--max-messages", 6]
    tool(broker, "consumer.ConsoleConsumer", *member, *read)
    expect_in(groups(broker, "--list"), group)
    expect_in(groups(broker, "--list", "--state"), f"{group} Empty")
    expect_in(groups(broker, "--list", "--type"), f"{group} Classic")
    described = groups(broker, "--describe", "--group", group)
    expect_in(described, f"{group} {topic} 0 6 10 4 - - -")
    state = groups(broker, "--describe", "--group", group, "--state")
    expect_in(state, f"{group} {broker.address} (1) - Empty 0")
    reset = ["--reset-offsets", "--to-offset", 2, "--execute", "--group", group, "--topic", topic]
    expect_in(groups(broker, *reset), f"{group} {topic} 0 2")
    forget = ["--delete-offsets", "--group", group, "--topic", topic]
    expect_in(groups(broker, *forget), "Successful")
    expect_in(groups(broker, "--delete", "--group", group), "was successful")
    expect(group not in groups(broker, "--list").splitlines(), "the group is still there")
    expect_in(groups(broker, "--describe", "--group", group), "GroupIdNotFoundException")


def groups_of_all_kinds(broker, *arguments):
    """kafka-groups: {group: (type, protocol)} of those that begin with "kinds-"."""
    rows = [line.split() for line in tool(broker, "GroupsCommand", "--list", *arguments).splitlines()]
    return {row[0]: tuple(row[1:]) for row in rows if row and row[0].startswith("kinds-")}


@suite.case
def kinds_of_groups(broker):
    fill(broker, "tools-kinds", 6)
    for protocol in ("classic", "consumer"):
        kind = ["--group", f"kinds-{protocol}", "--command-property", f"group.protocol={protocol}"]
        read = ["--topic", "tools-kinds", "--from-beginning", "--max-messages", 6]
        tool(broker, "consumer.ConsoleConsumer", *kind, *read)
    reset = ["--reset-offsets", "--to-offset", 2, "--execute", "--topic", "tools-kinds"]
    groups(broker, *reset, "--group", "kinds-simple")
    classic = {"kinds-classic": ("Classic", "consumer")}
    consumer = {"kinds-consumer": ("Consumer", "consumer")}
    simple = {"kinds-simple": ("Classic",)}
    for arguments, wanted in [
        ([], classic | consumer | simple), (["--consumer"], classic | consumer | simple),
        (["--group-type", "classic"], classic | simple), (["--group-type", "consumer"], consumer),
        (["--protocol", "consumer"], classic | consumer), (["--share"], {}), (["--streams"], {}),
    ]:  # fmt: skip
        found = groups_of_all_kinds(broker, *arguments)
        expect(found == wanted, f"kafka-groups {arguments}: {found}")


def await_stable(client, group):
    deadline = time.monotonic() + TOOL_SECONDS_MAX
    while True:
        (found,) = client.request("DescribeGroups", 5, {"Groups": [group]})["Groups"]
        if found["GroupState"] == "Stable":
            return
        expect(time.monotonic() < deadline, f"not stable: {found}")
        time.sleep(0.05)


@suite.case_of("groups")
def consumer_groups_with_members(broker):
    topic, group = "tools-members", "tools-member-group"
    with broker.client() as client:
        client.create_topic(topic, 2)
        with console_member(broker, topic, group):
            await_stable(client, group)
            one = r"console-consumer-[0-9a-f-]{36} /127\.0\.0\.1 console-consumer"
            members = groups(broker, "--describe", "--group", group, "--members", "--verbose")
            expect(re.search(f"{group} {one} 2 .*{topic}:0,1", members), members)
            partitions = groups(broker, "--describe", "--group", group)
            expect(re.search(f"{group} {topic} 1 .* {one}", partitions), partitions)
            state = groups(broker, "--describe", "--group", group, "--state")
            expect_in(state, f"{group} {broker.address} (1) range Stable 1")
            expect_in(groups(broker, "--list", "--state", "stable"), f"{group} Stable")
            deleting = groups(broker, "--delete", "--group", group)
            expect_in(deleting, "GroupNotEmptyException")


if __name__ == "__main__":
    sys.exit(main(suite))
