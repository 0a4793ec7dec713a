# SPDX-License-Identifier: Apache-2.0
"""sarama: Go, with the classic group protocol."""

import sys

from client_cases import client_suite, run_suite
from common import folder_of
from toolchains import go_program

VERSION = "1.61.1"  # of go.mod
STRATEGIES = ["range", "roundrobin", "sticky", "cooperative-sticky"]
CANNOT = {"kip-848": "speaks the classic protocol alone"}


def program():
    return go_program(folder_of(__file__))


prepare = program


if __name__ == "__main__":
    sys.exit(run_suite(client_suite("sarama", VERSION, program(), STRATEGIES, ["range"], CANNOT)))
