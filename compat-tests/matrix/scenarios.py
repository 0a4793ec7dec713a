# SPDX-License-Identifier: Apache-2.0
"""The columns of the compatibility matrix: what a client is asked to do."""

# name -> (title, meaning)
SCENARIOS = {
    "admin": ("Admin", "topics are created, described and deleted; metadata and configurations"),
    "codecs": (
        "Codecs",
        "records without compression, in gzip, snappy, lz4 and zstd come back equal: keys, "
        "values, headers, timestamps, tombstones",
    ),
    "groups": ("Groups", "members join, leave and are killed while records flow: each record is read"),
    "static": ("Static members", "a member that is killed and comes back has its partitions again"),
    "cooperative": ("Cooperative", "groups in which members keep what need not move"),
    "kip-848": ("KIP-848", "groups of the consumer protocol, which the broker assigns"),
    "times": ("Times", "offsets are found by timestamp"),
    "large": ("Large", "a record of 5 MB is written and read"),
    "idempotence": (
        "Idempotence",
        "what an idempotent producer sends is there once and in order, though the broker is killed "
        "meanwhile (kcat: without that)",
    ),
    "transactions": ("Transactions", "transactions are committed and aborted; readers see what is committed"),
    "exactly-once": (
        "Exactly once",
        "records and offsets move in transactions while the program or the broker is killed: each "
        "arrives once",
    ),
    "errors": ("Errors", "what is refused is refused with Kafka's own code"),
    "restart": ("Restart", "members go on where they were, under a broker that was started again"),
    "application": ("Application", "a program built on clients does its work, also when it is killed"),
}
