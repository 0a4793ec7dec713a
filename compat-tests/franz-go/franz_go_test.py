# SPDX-License-Identifier: Apache-2.0
"""franz-go: Go, with both group protocols.

It has no static members of the consumer protocol here: 1.22.2 leaves the instance out of the
heartbeat with which such a member leaves for a while, so that nobody can take its place.
"""

import sys

from client_cases import client_suite, run_suite
from common import folder_of
from toolchains import go_program

VERSION = "1.22.2"  # of go.mod
STRATEGIES = ["range", "roundrobin", "sticky", "cooperative-sticky", "consumer"]


def program():
    return go_program(folder_of(__file__))


prepare = program


if __name__ == "__main__":
    sys.exit(run_suite(client_suite("franz-go", VERSION, program(), STRATEGIES, ["range"])))
