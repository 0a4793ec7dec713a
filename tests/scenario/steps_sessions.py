# SPDX-License-Identifier: Apache-2.0
"""Steps of fetch sessions, as a consumer keeps them: only what changed is sent."""

import dataclasses

from milena_test import batch, errors

from steps_records import partition_of, word_of
from world import verb

_FETCH_VERSION = 12
_FINAL_EPOCH = -1


@dataclasses.dataclass
class Session:
    number: int = 0
    epoch: int = 0
    positions: dict = dataclasses.field(default_factory=dict)  # (topic, partition) -> offset
    unsent: set = dataclasses.field(default_factory=set)


@verb
def session(world, words, options):
    """session NAME T/P...: opens one; TOPIC/PARTITION:VALUE of each record."""
    opened = Session()
    world.sessions[words[0]] = opened
    return _poll(world, opened, words[1:], [], options)


@verb
def poll(world, words, options):
    """poll NAME [wait=] [add=T/P] [forget=T/P] [epoch=] [within=]: what is new."""
    known = world.sessions[words[0]]
    known.epoch = options.take("epoch", known.epoch)
    added, forgotten = options.take("add"), options.take("forget")
    return _poll(world, known, [added] if added else [], [forgotten] if forgotten else [], options)


@verb
def close(world, words, _options):
    """Ends a session; its number stays known to the scenario, not to the broker."""
    known = world.sessions[words[0]]
    body = _request(known, [], 0, _FINAL_EPOCH)
    errors.check(world.client.request("Fetch", _FETCH_VERSION, body)["ErrorCode"], "close")


@verb
def seek(world, words, options):
    """seek NAME T/P to=OFFSET: the next poll sends it."""
    known = world.sessions[words[0]]
    known.positions[partition_of(words[1])] = options.take("to", 0)
    known.unsent.add(partition_of(words[1]))


def _poll(world, known, added, forgotten, options):
    for word in added:
        known.positions[partition_of(word)] = 0
        known.unsent.add(partition_of(word))
    for word in forgotten:
        del known.positions[partition_of(word)]
    body = _request(known, forgotten, options.take("wait", 0), known.epoch)
    answer = world.client.request("Fetch", _FETCH_VERSION, body)
    errors.check(answer["ErrorCode"], "poll")
    known.number, known.epoch, known.unsent = answer["SessionId"], known.epoch + 1, set()
    return [
        word
        for topic in sorted(answer["Responses"], key=lambda one: one["Topic"])
        for partition in sorted(topic["Partitions"], key=lambda one: one["PartitionIndex"])
        for word in _take(known, topic["Topic"], partition)
    ]


def _request(known, forgotten, wait_ms, epoch):
    topics = {}
    for topic, partition in sorted(known.unsent if known.number else known.positions):
        offset = known.positions[topic, partition]
        asked = {"Partition": partition, "FetchOffset": offset, "PartitionMaxBytes": 1 << 20}
        topics.setdefault(topic, []).append(asked)
    gone = [partition_of(word) for word in forgotten]
    return {
        "MaxWaitMs": wait_ms,
        "MinBytes": 1,
        "MaxBytes": 1 << 20,
        "SessionId": known.number,
        "SessionEpoch": epoch,
        "Topics": [{"Topic": topic, "Partitions": asked} for topic, asked in topics.items()],
        "ForgottenTopicsData": [{"Topic": topic, "Partitions": [index]} for topic, index in gone],
    }


def _take(known, topic, answer):
    """Words of one partition's records, and moves the position behind them."""
    where = (topic, answer["PartitionIndex"])
    name = f"{topic}/{answer['PartitionIndex']}"
    if answer["ErrorCode"]:
        return [f"{name}:{errors.NAMES[answer['ErrorCode']]}"]
    found = batch.parse(answer["Records"] or b"")
    records = [r for one in found for r in one.records if r.offset >= known.positions[where]]
    if records:
        known.positions[where] = records[-1].offset + 1
        known.unsent.add(where)
    return [f"{name}:{word_of(record)}" for record in records]
