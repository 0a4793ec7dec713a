# SPDX-License-Identifier: Apache-2.0
"""rskafka: Rust, a client of single partitions."""

import sys

from client_cases import client_suite, run_suite
from common import folder_of
from toolchains import rust_program

VERSION = "0.6.0"  # of Cargo.toml
NO_GROUPS, NO_PRODUCER_ID = "has no groups", "has no producer ids"
CANNOT = {
    "groups": NO_GROUPS, "static": NO_GROUPS, "cooperative": NO_GROUPS, "kip-848": NO_GROUPS,
    "restart": NO_GROUPS, "idempotence": NO_PRODUCER_ID, "transactions": NO_PRODUCER_ID,
    "exactly-once": NO_PRODUCER_ID,
}  # fmt: skip


def program():
    return rust_program(folder_of(__file__))


prepare = program


if __name__ == "__main__":
    sys.exit(run_suite(client_suite("rskafka", VERSION, program(), (), (), CANNOT, brief=True)))
