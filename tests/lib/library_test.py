# SPDX-License-Identifier: Apache-2.0
"""The test library itself: a wrong ruler measures nothing."""

import sys
import zlib

from count_tests import count
from milena_test import batch, codecs, schema, wire
from milena_test.suite import Suite, expect, expect_equal

suite = Suite("wire library")


@suite.case
def every_message_and_version_round_trips():
    for message in schema.load().by_name.values():
        for version in message.versions():
            body = message.defaults(version)
            data = wire.encode(message, version, body)
            expect_equal(wire.decode(message, version, data), body, f"{message.name} v{version}")


@suite.case
def known_bytes_of_a_request():
    frame = wire.request_frame("Metadata", 12, {"Topics": [{"Name": "a"}]}, 7, "me")
    expected = (
        "00000024" "0003000c00000007" "00026d65" "00" "02" + "00" * 16 + "0261" "00" "01" "00" "00"
    )
    expect_equal(frame.hex(), expected, "frame")


@suite.case
def truncated_and_trailing_bytes_are_errors():
    data = wire.encode("MetadataRequest", 12, {"Topics": [{"Name": "a"}]})
    for wrong in [data[:size] for size in range(len(data))] + [data + b"\0"]:
        try:
            wire.decode("MetadataRequest", 12, wrong)
        except wire.DecodeError:
            continue
        raise AssertionError(f"{wrong.hex()} was decoded")


@suite.case
def unknown_tagged_fields_are_kept():
    body = {"Topics": [], wire.UNKNOWN_TAGS: {99: b"x"}}
    found = wire.decode("MetadataRequest", 12, wire.encode("MetadataRequest", 12, body))
    expect_equal(found[wire.UNKNOWN_TAGS], {99: b"x"}, "tags")


@suite.case
def crc_of_the_standard():
    expect_equal(batch.crc32c(b"123456789"), 0xE3069283, "CRC32C")
    expect(batch.crc32c(b"123456789") != zlib.crc32(b"123456789"), "that is another polynomial")


@suite.case
def batches_round_trip_in_every_codec():
    records = [
        batch.Record(
            b"k%d" % i if i % 2 else None, b"v" * i if i % 5 else None, [("h", None)], 1000 + i, i
        )
        for i in range(300)
    ]
    for codec, name in enumerate(codecs.NAMES):
        (found,) = batch.parse(batch.build(records, codec=codec))
        expect_equal(found.records, records, name)


_CTEST_LOG = """1/5 Testing: good
Output:
[  PASSED  ] 12 tests.
Test time =   0.56 sec
----------------------------------------------------------
Test Passed.
2/5 Testing: half
[  PASSED  ] 3 tests.
[  FAILED  ] 2 tests, listed below:
Test time =   0.56 sec
----------------------------------------------------------
Test Failed.
3/5 Testing: silent
Test time =   0.56 sec
----------------------------------------------------------
Test Passed.
4/5 Testing: crashed
Test time =   0.56 sec
----------------------------------------------------------
Test Failed.
5/5 Testing: python
hostile input: 7 passed, 1 failed
Ran 20 tests in 0.1s
FAILED (failures=1, errors=2)
Test time =   0.56 sec
----------------------------------------------------------
Test Failed.
"""


@suite.case
def single_tests_are_counted():
    names = ["half", "crashed", "python"]
    expect_equal(count(_CTEST_LOG), (12 + 3 + 1 + 7 + 17, 2 + 1 + 1 + 3, names), "counts")


@suite.case
def a_wrong_crc_is_noticed():
    data = bytearray(batch.build([b"x"]))
    data[-1] ^= 1
    try:
        batch.parse(bytes(data))
    except ValueError:
        return
    raise AssertionError("a changed batch was parsed")


if __name__ == "__main__":
    sys.exit(1 if suite.run() else 0)
