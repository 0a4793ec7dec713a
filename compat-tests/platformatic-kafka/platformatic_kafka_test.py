# SPDX-License-Identifier: Apache-2.0
"""@platformatic/kafka: Node.js, with both group protocols."""

import sys

from client_cases import World, add_client, run_suite
from common import Suite, folder_of
from toolchains import node_program

VERSION = "2.12.1"  # of package.json
NODE_OLDEST = (22, 22)
STRATEGIES = ["roundrobin", "consumer"]
CANNOT = {"cooperative": "has no cooperative assignor"}


def program():
    return node_program(folder_of(__file__), "client.js", NODE_OLDEST)


prepare = program


if __name__ == "__main__":
    World.rereads = True  # on a change it goes back to the committed offsets, with records on their way
    suite = Suite("platformatic-kafka", f"platformatic-kafka {VERSION}")
    add_client(suite, "platformatic-kafka", VERSION, program(), STRATEGIES, ["roundrobin"], CANNOT, brief=True)
    sys.exit(run_suite(suite))
