# SPDX-License-Identifier: Apache-2.0
"""The rdkafka crate: Rust, on a librdkafka that it builds itself. It is tested with --wide."""

import sys

from client_cases import add_client, run_suite
from common import Suite, chosen_versions, folder_of
from toolchains import rust_program

VERSIONS = ["0.39.0"]  # of Cargo.toml; librdkafka 2.12.1
STRATEGIES = ["range", "roundrobin", "cooperative-sticky", "consumer"]


if __name__ == "__main__":
    suite = Suite("rdkafka")
    for version in chosen_versions("rdkafka", (), VERSIONS):
        program = rust_program(folder_of(__file__))
        add_client(suite, "rdkafka", version, program, STRATEGIES, ["range"])
    sys.exit(run_suite(suite))
