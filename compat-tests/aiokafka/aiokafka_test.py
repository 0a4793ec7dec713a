# SPDX-License-Identifier: Apache-2.0
"""aiokafka: Python's asyncio, with the classic group protocol."""

import sys

from client_cases import client_suite, run_suite
from common import folder_of, virtual_environment

VERSION = "0.14.0"
CODECS = "cramjam==2.14.0"  # without it, there is gzip alone
STRATEGIES = ["range", "roundrobin", "sticky"]
CANNOT = {
    "cooperative": "has no cooperative assignor", "kip-848": "speaks the classic protocol alone",
}  # fmt: skip


def program():
    python = virtual_environment(f"aiokafka-{VERSION}", f"aiokafka=={VERSION}", CODECS)
    return [python, folder_of(__file__) / "client.py"]


prepare = program


if __name__ == "__main__":
    sys.exit(run_suite(client_suite("aiokafka", VERSION, program(), STRATEGIES, ["range"], CANNOT)))
