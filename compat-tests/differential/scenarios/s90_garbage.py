# SPDX-License-Identifier: Apache-2.0
"""Every API and version with a body that is nonsense, and frames that are none."""
import struct

from milena_test import schema, wire
from session import garbage

# Answered without looking at the body, or closed at once: a body of zeros is valid for some.
BODIES = {
    "garbage": garbage(), "empty": b"", "one byte": b"\1", "all ones": b"\xff" * 40, "zeros": bytes(40),
    "huge count": b"\x7f\xff\xff\xff" * 8, "huge varint": b"\xff\xff\xff\xff\x0f" * 8,
}  # fmt: skip


def garbage_bodies(t):
    for request in t.apis():
        for version in t.versions(request.api_key):
            for label, body in BODIES.items():
                name = request.name.removesuffix("Request")
                silent = (name, label) == ("AddPartitionsToTxn", "empty")
                t.ask_outcome(name, version, body, label, silent)


def trailing_bytes(t):
    for api in ("Metadata", "ApiVersions", "ListOffsets", "CreateTopics", "DescribeCluster"):
        request = schema.load().request(api)
        for version in t.versions(api):
            body = {"ClientSoftwareName": "a", "ClientSoftwareVersion": "1"} if api == "ApiVersions" else {}
            t.ask_outcome(api, version, wire.encode(request, version, body) + b"\0", "one more")


def unknown_tagged_fields(t):
    tags = {wire.UNKNOWN_TAGS: {1000: b"", 70000: b"something"}}
    for api, version in [("Metadata", 12), ("ApiVersions", 4), ("DescribeCluster", 1)]:
        body = {"ClientSoftwareName": "a", "ClientSoftwareVersion": "1"} if api == "ApiVersions" else {}
        t.ask(api, version, {**body, **tags}, "unknown tags")


def versions_out_of_range(t):
    for request in t.apis():
        if request.api_key == 18:
            continue
        served = t.versions(request.api_key)
        for version in (served[0] - 1, served[-1] + 1, 32767):
            head = struct.pack(">hhih", request.api_key, version, 7, -1) + bytes(16)
            t.ask_bytes(struct.pack(">i", len(head)) + head, f"{request.name} {version}")


def unknown_apis(t):
    for key in (-1, 4, 5, 6, 7, 52, 56, 62, 95, 1000, 32767):
        head = struct.pack(">hhih", key, 0, 7, -1) + bytes(16)
        t.ask_bytes(struct.pack(">i", len(head)) + head, f"key {key}")


def broken_frames(t):
    for label, data in {
        "size -1": struct.pack(">i", -1) + bytes(20),
        "size -2^31": struct.pack(">i", -(2**31)) + bytes(20),
        "size 2^31-1": struct.pack(">i", 2**31 - 1) + bytes(20),
        "size above the limit": struct.pack(">i", 104857601) + bytes(20),
        "size 0": struct.pack(">i", 0),
        "size 1": struct.pack(">i", 1) + b"\0",
        "size 7": struct.pack(">i", 7) + bytes(7),
        "client id too long": struct.pack(">ihhih", 10, 18, 0, 1, 500),
        "client id -2": struct.pack(">ihhih", 10, 18, 0, 1, -2),
        "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "TLS": bytes.fromhex("160301020001000001fc0303") + bytes(500),
    }.items():
        t.ask_bytes(data, label)
    t.ask("ApiVersions", 0, {}, "after all")
