# SPDX-License-Identifier: Apache-2.0
"""Java clients before 3.0, back to the first that writes record batches. They are tested with --wide."""

import importlib
import sys

from client_cases import add_client, run_suite
from common import CODECS, Suite, chosen_versions, folder_of

VERSIONS = ["0.11.0.3", "1.1.1", "2.0.1", "2.8.2"]
STRATEGIES = ["range", "roundrobin", "sticky"]
CANNOT = {"kip-848": "speaks the classic protocol alone"}
OLDER = {
    "static": "has no static members before 2.3", "cooperative": "has no cooperative assignor before 2.4",
}  # fmt: skip

if __name__ == "__main__":
    sys.path.insert(0, str(folder_of(__file__).parent / "java"))
    java = importlib.import_module("java_test")
    suite = Suite("java-old")
    for version in chosen_versions("java", (), VERSIONS):
        program = java.build(version, "OldClient")
        if version.startswith("2.8"):
            strategies = [*STRATEGIES, "cooperative-sticky"]
            add_client(suite, "java", version, program, strategies, ["range"], CANNOT)
        else:  # zstd came with 2.1
            codecs = [codec for codec in CODECS if codec != "zstd"]
            add_client(suite, "java", version, program, STRATEGIES, (), CANNOT | OLDER, codecs=codecs)
    sys.exit(run_suite(suite))
