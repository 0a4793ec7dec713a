# SPDX-License-Identifier: Apache-2.0
"""Fetches what the compatibility tests run: prepare() of each CLIENT_test.py. What is there already is left alone."""

import importlib
import sys

from common import folder_of
from milena_test import oracle


def main():
    oracle.broker_jars()
    oracle.tools_jars()
    for path in sorted(folder_of(__file__).glob("*/*_test.py")):
        sys.path.insert(0, str(path.parent))
        prepare = getattr(importlib.import_module(path.stem), "prepare", None)
        if prepare:
            print(f"{path.parent.name}", flush=True)
            prepare()


if __name__ == "__main__":
    main()
