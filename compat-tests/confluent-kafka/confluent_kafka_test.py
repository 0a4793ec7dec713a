# SPDX-License-Identifier: Apache-2.0
"""confluent-kafka wheels: each bundles the librdkafka of its own number, from old to new."""

import sys

from common import Suite, codec_cases, folder_of, main, run, virtual_environment

# From the oldest wheel that there is for Python 3.11 to the newest.
VERSIONS = ["2.0.2", "2.3.0", "2.6.1", "2.8.2", "2.16.1"]


def environments():
    return {
        version: virtual_environment(f"confluent-kafka-{version}", f"confluent-kafka=={version}")
        for version in VERSIONS
    }


prepare = environments


if __name__ == "__main__":
    suite = Suite("confluent-kafka")
    program = folder_of(__file__) / "client.py"
    for version, python in environments().items():
        codec_cases(suite, [python, program], version)

        def admin(broker, version=version, python=python):
            run([python, program, "admin", broker.address, f"admin-{version}"])

        suite.add(f"{version} admin", admin)
    sys.exit(main(suite))
