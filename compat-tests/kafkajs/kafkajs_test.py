# SPDX-License-Identifier: Apache-2.0
"""kafkajs: Node.js, with the classic group protocol; it has one assignor and no static members."""

import sys

from client_cases import client_suite, run_suite
from common import folder_of
from toolchains import node_program

VERSION = "2.2.4"  # of package.json
CANNOT = {
    "static": "has no static members", "cooperative": "has no cooperative assignor",
    "kip-848": "speaks the classic protocol alone",
}  # fmt: skip


def program():
    return node_program(folder_of(__file__), "client.js")


prepare = program


if __name__ == "__main__":
    sys.exit(run_suite(client_suite("kafkajs", VERSION, program(), ["roundrobin"], cannot=CANNOT)))
