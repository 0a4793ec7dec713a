# SPDX-License-Identifier: Apache-2.0
"""kafka-python: the pure Python client, an older and the newest release."""

import sys

from common import COUNT, Suite, codec_cases, folder_of, main, run, virtual_environment

VERSIONS = ["2.2.15", "3.0.12"]
CODEC_PACKAGES = ["lz4", "zstandard", "cramjam"]  # pure Python has only gzip


def environments():
    return {
        version: virtual_environment(
            f"kafka-python-{version}", f"kafka-python=={version}", *CODEC_PACKAGES, "python-snappy"
        )
        for version in VERSIONS
    }


prepare = environments


if __name__ == "__main__":
    suite = Suite("kafka-python")
    program = folder_of(__file__) / "client.py"
    for version, python in environments().items():
        codec_cases(suite, [python, program], version, min(COUNT, 20000))

        def admin(broker, version=version, python=python):
            run([python, program, "admin", broker.address, f"admin-{version}"])

        suite.add(f"{version} admin", admin)
    sys.exit(main(suite))
