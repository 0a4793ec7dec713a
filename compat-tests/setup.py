# SPDX-License-Identifier: Apache-2.0
"""Fetches what the compatibility tests run; what is there already is left alone."""

import importlib
import sys

from common import folder_of
from milena_test import oracle


def module(folder):
    sys.path.insert(0, str(folder_of(__file__) / folder))
    return importlib.import_module(f"{folder.replace('-', '_')}_test")


def main():
    oracle.broker_jars()
    oracle.tools_jars()
    module("librdkafka").build()
    module("confluent-kafka").environments()
    module("kafka-python").environments()
    java = module("java")
    for version in java.VERSIONS:
        java.build(version)
    module("streams").build()


if __name__ == "__main__":
    main()
