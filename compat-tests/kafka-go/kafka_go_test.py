# SPDX-License-Identifier: Apache-2.0
"""segmentio's kafka-go: Go, with the classic group protocol."""

import sys

from client_cases import client_suite, run_suite
from common import folder_of
from toolchains import go_program

VERSION = "0.4.51"  # of go.mod
NO_PRODUCER_ID = "its writer is never given a producer id"
CANNOT = {
    "idempotence": NO_PRODUCER_ID, "transactions": NO_PRODUCER_ID, "exactly-once": NO_PRODUCER_ID,
    "static": "has no static members", "cooperative": "has no cooperative balancer",
    "kip-848": "speaks the classic protocol alone",
}  # fmt: skip


def program():
    return go_program(folder_of(__file__))


prepare = program


if __name__ == "__main__":
    strategies = ["range", "roundrobin"]
    sys.exit(run_suite(client_suite("kafka-go", VERSION, program(), strategies, (), CANNOT, brief=True)))
