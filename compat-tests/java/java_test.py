# SPDX-License-Identifier: Apache-2.0
"""The Java client of Kafka 3.9 and of 4.x; with --wide, older ones, too."""

import sys

from common import BUILD, Suite, chosen_versions, codec_cases, folder_of, main, run
from milena_test import oracle
from word_cases import word_cases

VERSIONS = ["3.9.1", oracle.TOOLS_VERSION, oracle.BROKER_VERSION]
WIDE_VERSIONS = ["3.3.2", "4.0.1"]
OPTIONS = ["-Xmx256M", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def versions():
    return chosen_versions("java", VERSIONS, WIDE_VERSIONS)


def build(version, program="Client"):
    """Fetches the client's jars and compiles the program against them; returns its command."""
    jars = oracle.fetch_jars(
        BUILD / f"java-{version}" / "jars",
        [("org.apache.kafka", "kafka-clients", version), ("org.slf4j", "slf4j-nop", "1.7.36")],
    )
    sources, classes = folder_of(__file__), BUILD / f"java-{version}" / "classes"
    compiled = classes / f"{program}.class"
    newest = max(path.stat().st_mtime for path in sources.glob("*.java"))
    if not compiled.exists() or compiled.stat().st_mtime < newest:
        words = ["-nowarn", "-sourcepath", sources, "-cp", f"{jars}/*", "-d", classes]
        run(["javac", *words, sources / f"{program}.java"])
    return ["java", *OPTIONS, "-cp", f"{jars}/*:{classes}", program]


def prepare():
    for version in versions():
        build(version)


if __name__ == "__main__":
    suite = Suite("java")
    for version in versions():
        program, client = build(version), f"java {version}"
        codec_cases(suite, program, version, client=client)
        word_cases(suite, program, client, ["admin"])
        more = ["idempotent", "transact", "times", "large", "errors"]
        word_cases(suite, program, client, more, wide=version != VERSIONS[-1])
        if version.startswith("3."):
            suite.cannot("kip-848", "speaks the classic protocol alone", client)
    sys.exit(main(suite))
