# SPDX-License-Identifier: Apache-2.0
"""kafka-python: the pure Python client, an older and the newest release."""

import sys

from common import COUNT, Suite, chosen_versions, codec_cases, folder_of, main, virtual_environment
from word_cases import word_cases

VERSIONS = ["2.2.15", "3.0.12"]
CODEC_PACKAGES = ["lz4", "zstandard", "cramjam"]  # pure Python has only gzip
CANNOT = {"kip-848": "speaks the classic protocol alone"}
OLDER = {"static": "has no static members before 3", "cooperative": "has no cooperative assignor before 3"}


def environment(version):
    return virtual_environment(
        f"kafka-python-{version}", f"kafka-python=={version}", *CODEC_PACKAGES, "python-snappy"
    )


def environments():
    return {version: environment(version) for version in chosen_versions("kafka-python", VERSIONS)}


prepare = environments


if __name__ == "__main__":
    suite = Suite("kafka-python")
    for version, python in environments().items():
        program, client = [python, folder_of(__file__) / "client.py"], f"kafka-python {version}"
        codec_cases(suite, program, version, min(COUNT, 20000), client)
        word_cases(suite, program, client, ["admin"])
        more = ["idempotent", "transact", "times", "large", "errors"]
        word_cases(suite, program, client, more, wide=version != VERSIONS[-1])
        lacks = CANNOT | (OLDER if version.startswith("2.") else {})
        for scenario, reason in lacks.items():
            suite.cannot(scenario, reason, client)
    sys.exit(main(suite))
