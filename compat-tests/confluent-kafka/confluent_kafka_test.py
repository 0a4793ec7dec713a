# SPDX-License-Identifier: Apache-2.0
"""confluent-kafka wheels: each bundles the librdkafka of its own number, from old to new."""

import sys

from common import Suite, chosen_versions, codec_cases, folder_of, main, virtual_environment
from word_cases import word_cases

# From the oldest wheel that there is for Python 3.11 to the newest.
VERSIONS = ["2.0.2", "2.3.0", "2.6.1", "2.8.2", "2.16.1"]
WIDE_VERSIONS = ["2.5.3", "2.11.1"]


def environment(version):
    return virtual_environment(f"confluent-kafka-{version}", f"confluent-kafka=={version}")


def environments():
    versions = chosen_versions("confluent-kafka", VERSIONS, WIDE_VERSIONS)
    return {version: environment(version) for version in versions}


prepare = environments


if __name__ == "__main__":
    suite = Suite("confluent-kafka")
    for version, python in environments().items():
        program, client = [python, folder_of(__file__) / "client.py"], f"confluent-kafka {version}"
        codec_cases(suite, program, version, client=client)
        word_cases(suite, program, client, ["admin"])
        more = ["idempotent", "transact", "times", "large", "errors"]
        word_cases(suite, program, client, more, wide=version != VERSIONS[-1])
        if [*map(int, version.split("."))] < [2, 12]:
            suite.cannot("kip-848", "speaks the consumer protocol as a preview", client)
    sys.exit(main(suite))
