# SPDX-License-Identifier: Apache-2.0
"""The Java client of Kafka 3.9 and of 4.x."""

import sys

from common import BUILD, Suite, codec_cases, folder_of, main, run
from milena_test import oracle

VERSIONS = ["3.9.1", oracle.TOOLS_VERSION, oracle.BROKER_VERSION]
OPTIONS = ["-Xmx256M", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def build(version):
    """Fetches the client's jars and compiles Client.java against them; returns the program."""
    jars = oracle.fetch_jars(
        BUILD / f"java-{version}" / "jars",
        [("org.apache.kafka", "kafka-clients", version), ("org.slf4j", "slf4j-nop", "1.7.36")],
    )
    source, classes = folder_of(__file__) / "Client.java", BUILD / f"java-{version}" / "classes"
    compiled = classes / "Client.class"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        run(["javac", "-nowarn", "-cp", f"{jars}/*", "-d", classes, source])
    return ["java", *OPTIONS, "-cp", f"{jars}/*:{classes}", "Client"]


def prepare():
    for version in VERSIONS:
        build(version)


if __name__ == "__main__":
    suite = Suite("java")
    for version in VERSIONS:
        program = build(version)
        codec_cases(suite, program, version)

        def admin(broker, version=version, program=program):
            run([*program, "admin", broker.address, f"admin-{version}"])

        suite.add(f"{version} admin", admin)
    sys.exit(main(suite))
