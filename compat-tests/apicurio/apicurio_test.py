# SPDX-License-Identifier: Apache-2.0
"""Apicurio Registry with its state in topics: what is registered with one instance is known to another one, and to
one that comes later, though registries and the broker are killed. It is tested with the matrix."""

import json
import pathlib
import sys
import tempfile

from common import BUILD, Suite, run
from jvm import RestProgram, until
from milena_test.process import free_port
from milena_test.suite import chosen_broker, expect_equal

VERSION = "3.0.9"  # the newest that is published as a program
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:zip:all"
MAIN = "io.quarkus.runner.GeneratedMain"
SUBJECTS = "/apis/ccompat/v7/subjects"
SNAPSHOTS = "/apis/registry/v3/admin/snapshots"
INCOMPATIBLE = 409


def program():
    """The class path of the registry, which is fetched once."""
    folder = BUILD / f"apicurio-{VERSION}"
    complete = folder / ".complete"
    if not complete.exists():
        folder.mkdir(parents=True, exist_ok=True)
        words = ["dependency:unpack", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
        run(["mvn", "-q", "-B", *words], cwd=folder)  # where it leaves a marker
        complete.touch()
    return folder / f"apicurio-registry-app-{VERSION}-runner.jar"


class Refused(Exception):
    """The registry answers, and refuses; its argument is the status."""


class Registry(RestProgram):
    """An instance; it keeps what it knows in memory, and all of it comes from the topics."""

    def __init__(self, broker, path):
        self.port = free_port()
        settings = {
            "apicurio.storage.kind": "kafkasql",
            "apicurio.kafkasql.bootstrap.servers": broker.address,
            "apicurio.storage.snapshot.location": path.parent,
            "quarkus.http.host": "127.0.0.1",
            "quarkus.http.port": self.port,
            "quarkus.log.level": "WARN",
        }
        super().__init__(path, program(), *(f"-D{name}={value}" for name, value in settings.items()), MAIN)

    def said(self, size=3000):
        return self.output.read_text()[-size:]

    def on_refusal(self, what, problem):
        if problem.code < 500:
            raise Refused(problem.code) from problem

    def ask(self, method, path, body=None):
        answers = []

        def answered():
            answers.append(self.request(method, path, body))
            return answers[-1] is not None

        until(answered, lambda: f"{method} {path} is answered\n{self.said()}")
        return answers[-1]


def schema(version):
    """One that differs from the version before by one more field, which may be missing."""
    fields = [{"name": f"field{i}", "type": "string", "default": ""} for i in range(version)]
    return json.dumps({"type": "record", "name": "row", "fields": fields})


class World:
    """Registries, the broker that is theirs alone, and what they must know."""

    def __init__(self):
        self.broker, self.folder = chosen_broker()(), tempfile.TemporaryDirectory(prefix="milena-apicurio-")
        self.registries, self.known = [], {}  # (subject, version) -> id

    def __enter__(self):
        self.broker.__enter__()
        return self

    def __exit__(self, *_):
        for registry in self.registries:
            registry.kill()
        self.broker.close()
        self.folder.cleanup()

    def start(self):
        registry = Registry(self.broker, pathlib.Path(self.folder.name) / f"registry-{len(self.registries)}")
        self.registries.append(registry.start())
        return registry

    def register(self, registry, subject, versions):
        for version in versions:
            answer = registry.ask("POST", f"{SUBJECTS}/{subject}/versions", {"schema": schema(version)})
            self.known[subject, version] = answer["id"]

    def until_known(self, registry):
        """The registry knows the same subjects and versions, by the same ids."""
        subjects = sorted({subject for subject, _ in self.known})

        def found():
            return sorted(registry.ask("GET", SUBJECTS)) == subjects and {
                (subject, version): registry.ask("GET", f"{SUBJECTS}/{subject}/versions/{version}")["id"]
                for subject in subjects
                for version in registry.ask("GET", f"{SUBJECTS}/{subject}/versions")
            } == self.known

        until(found, lambda: f"{len(self.known)} versions are known\n{registry.said()}")
        for (subject, version), number in self.known.items():
            text = registry.ask("GET", f"/apis/ccompat/v7/schemas/ids/{number}")["schema"]
            expect_equal(json.loads(text), json.loads(schema(version)), f"{subject} {version}")


suite = Suite("apicurio", f"apicurio {VERSION}", "application")


@suite.case
def two_registries():
    """What one is told the other one knows, and a third one that comes when these are gone."""
    with World() as world:
        one, two = world.start(), world.start()
        world.register(one, "orders", range(1, 6))
        world.until_known(two)
        world.register(two, "prices", range(1, 6))
        world.until_known(one)
        one.ask("PUT", "/apis/ccompat/v7/config/orders", {"compatibility": "BACKWARD"})
        try:
            two.ask("POST", f"{SUBJECTS}/orders/versions", {"schema": '{"type": "string"}'})
            raise AssertionError("an incompatible schema was not refused")
        except Refused as refused:
            expect_equal(refused.args[0], INCOMPATIBLE, "the status")
        one.kill()
        two.kill()
        world.until_known(world.start())


@suite.case
def the_broker_is_killed():
    """While schemas are registered; a registry that comes later starts from a snapshot and what is behind it."""
    with World() as world:
        one = world.start()
        for subject in ("first", "second", "third"):
            world.register(one, subject, range(1, 4))
            world.broker.kill()
            world.broker.start()
            world.register(one, subject, range(4, 7))
        world.until_known(one)
        one.ask("POST", SNAPSHOTS)
        world.register(one, "fourth", range(1, 4))
        one.kill()
        world.until_known(world.start())


if __name__ == "__main__":
    sys.exit(1 if suite.run() else 0)
