# SPDX-License-Identifier: Apache-2.0
"""Kafka's own programs as processes: Streams, Connect, MirrorMaker."""

import http.client
import json
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from common import BUILD
from milena_test import oracle
from milena_test.suite import expect

VERSION = oracle.TOOLS_VERSION  # the newest for which these programs are published
OPTIONS = ["-Xmx256M", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
LOGGING = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
LOGGER = ("org.slf4j", "slf4j-simple", "1.7.36")
STOP_SECONDS_MAX = 120
WAIT_SECONDS_MAX = 180


def fetch(name, *artifacts):
    """The folder with Kafka's artifacts and what they need."""
    wanted = [("org.apache.kafka", artifact, VERSION) for artifact in artifacts]
    return oracle.fetch_jars(BUILD / f"{name}-{VERSION}" / "jars", [*wanted, LOGGER])


def connect_jars():
    return fetch("connect", "connect-runtime", "connect-file", "connect-json", "connect-mirror")


def write_properties(path, settings):
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return path


class JavaProgram:
    """A process that writes beside `path`: to path.out, and what it complains about to path.err."""

    def __init__(self, path, class_path, *words):
        self.path = pathlib.Path(path)
        self.output, self.complaints = self.path.with_suffix(".out"), self.path.with_suffix(".err")
        self._words = ["java", *OPTIONS, LOGGING, "-cp", str(class_path), *map(str, words)]
        self.process = None

    def start(self):
        with open(self.output, "w") as output, open(self.complaints, "a") as complaints:
            self.process = subprocess.Popen(self._words, stdout=output, stderr=complaints)
        return self

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """SIGTERM, after which it leaves its groups."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOP_SECONDS_MAX)

    def said(self, size=3000):
        return self.complaints.read_text()[-size:] if self.complaints.exists() else ""

    def expect_alive(self):
        status = self.process.poll()
        expect(status is None, f"{self.path.name} ended with {status}:\n{self.said()}")


class RestProgram(JavaProgram):
    """One that answers HTTP on `port`, in JSON."""

    port = None

    def on_refusal(self, what, problem):
        """What an HTTPError means; returns if the request is to be sent again."""
        raise NotImplementedError

    def request(self, method, path, body=None):
        """The answer; None when it has to be asked again."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"}, method=method,
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS_MAX) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as problem:
            self.on_refusal(f"{method} {path}", problem)
        except (OSError, http.client.HTTPException):
            self.expect_alive()
        return None


def until(condition, what, also=lambda: None):
    """Waits for condition(); also() is done each time. what: a text, or a function that makes one."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        also()
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time: {what() if callable(what) else what}")
        time.sleep(0.02)
