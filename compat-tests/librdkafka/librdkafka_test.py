# SPDX-License-Identifier: Apache-2.0
"""librdkafka as Debian packages it, through its C interface."""

import sys

from common import BUILD, Suite, codec_cases, folder_of, main, run


def build():
    """Compiles client.c when it changed; returns the program."""
    source, program = folder_of(__file__) / "client.c", BUILD / "librdkafka-client"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        BUILD.mkdir(parents=True, exist_ok=True)
        run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", source, "-o", program, "-lrdkafka"])
    return program


prepare = build


if __name__ == "__main__":
    suite = Suite("librdkafka", "librdkafka 2.0.2")
    codec_cases(suite, [build()])
    sys.exit(main(suite))
