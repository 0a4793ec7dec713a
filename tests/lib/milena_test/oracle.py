# SPDX-License-Identifier: Apache-2.0
"""Starts Apache Kafka, whose behaviour is the measure, and runs its tools.

The jars come from Maven Central through mvn into build/kafka/<kind>-<version>. $KAFKA_JARS names
a folder with broker/ and tools/ instead.
"""

import os
import pathlib
import subprocess
import tempfile
import time

from . import schema
from .process import NO_RETENTION, BrokerProcess, free_port

BROKER_VERSION = "4.4.0"
TOOLS_VERSION = "4.3.1"  # the newest whose tools are published
FETCH_SECONDS_MAX = 120
CLUSTER_ID = "q1Sh-9_ISia_zwGINzRvyQ"

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>fetch</groupId><artifactId>fetch</artifactId>
<version>1</version>
<dependencyManagement><dependencies><dependency><groupId>org.apache.kafka</groupId>
<artifactId>kafka-tools-api</artifactId><version>{tools}</version></dependency>
</dependencies></dependencyManagement>
<dependencies>{dependencies}</dependencies></project>
"""
_DEPENDENCY = (
    "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
)


def fetch_jars(folder, artifacts):
    """Copies artifacts [(group, name, version)] and what they need into folder, once."""
    folder = pathlib.Path(folder)
    complete = folder / ".complete"
    if complete.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    dependencies = "".join(_DEPENDENCY.format(*artifact) for artifact in artifacts)
    with tempfile.TemporaryDirectory() as work:
        pom = pathlib.Path(work) / "pom.xml"
        pom.write_text(_POM.format(tools=TOOLS_VERSION, dependencies=dependencies))
        command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
        command += [f"-DoutputDirectory={folder}"]
        deadline = time.monotonic() + FETCH_SECONDS_MAX
        while (done := subprocess.run(command, capture_output=True, text=True)).returncode != 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"fetching {artifacts}: {done.stdout}{done.stderr}")
            time.sleep(5)  # a network may be down for a moment
    complete.touch()
    return folder


def _jars(kind, version, artifacts):
    given = os.environ.get("KAFKA_JARS")
    if given:
        return pathlib.Path(given) / kind
    kafka = [("org.apache.kafka", artifact, version) for artifact in artifacts]
    log = [("org.slf4j", "slf4j-simple", "1.7.36")]
    return fetch_jars(schema.REPOSITORY / "build" / "kafka" / f"{kind}-{version}", kafka + log)


def broker_jars():
    return _jars("broker", BROKER_VERSION, ["kafka_2.13"])


def tools_jars():
    return _jars("tools", TOOLS_VERSION, ["kafka_2.13", "kafka-tools"])


def tool_command(tool, *arguments, heap="256M"):
    """tool: a class, with org.apache.kafka.tools. in front unless it has a package of its own."""
    name = tool if tool.startswith(("kafka.", "org.")) else f"org.apache.kafka.tools.{tool}"
    options = [f"-Xmx{heap}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    return ["java", *options, "-cp", f"{tools_jars()}/*", name, *map(str, arguments)]


def run_tool(tool, *arguments, timeout=300, check=True, **options):
    """Runs one of Kafka's tools; returns its standard output."""
    done = subprocess.run(
        tool_command(tool, *arguments), capture_output=True, text=True, timeout=timeout, **options
    )
    if check and done.returncode != 0:
        raise RuntimeError(f"{tool} {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class ApacheKafka(BrokerProcess):
    """One node, broker and controller."""

    name = "kafka"
    clean_exit_status = 143  # a JVM ends by the signal
    start_timeout = 300.0

    @staticmethod
    def release():
        return BROKER_VERSION

    def __init__(self, data=None, settings=None, port=None):
        super().__init__(data, settings, port)
        self.controller_port = free_port()
        self._own_ports.append(self.controller_port)

    def _properties(self):
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},"
            f"CONTROLLER://127.0.0.1:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.data),
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            **NO_RETENTION,
            **self.settings,
        }

    def start(self, wait=True):
        self.data.mkdir(parents=True, exist_ok=True)
        self.configuration = self.data.with_name(self.data.name + ".properties")
        lines = [f"{key}={value}\n" for key, value in self._properties().items()]
        self.configuration.write_text("".join(lines))
        if not (self.data / "meta.properties").exists():
            storage = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID]
            command = ["java", "-cp", f"{broker_jars()}/*", *storage, "-c", self.configuration]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"formatting {self.data}: {done.stdout}{done.stderr}")
        return super().start(wait)

    def command(self):
        heap = os.environ.get("KAFKA_HEAP", "512M")
        options = [f"-Xmx{heap}", "-server", "-XX:+UseSerialGC", "-Djava.awt.headless=true"]
        return ["java", *options, "-cp", f"{broker_jars()}/*", "kafka.Kafka", self.configuration]


class TunedKafka(ApacheKafka):
    """With the collector and the heap that Kafka's own start script gives it."""

    def command(self):
        heap = os.environ.get("KAFKA_HEAP", "1G")
        options = [f"-Xmx{heap}", f"-Xms{heap}", "-server", "-XX:+UseG1GC", "-Djava.awt.headless=true"]
        options += ["-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35"]
        return ["java", *options, "-cp", f"{broker_jars()}/*", "kafka.Kafka", self.configuration]
