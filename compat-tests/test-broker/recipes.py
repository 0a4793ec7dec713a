# SPDX-License-Identifier: Apache-2.0
"""The fixtures that docs/testing.md shows, as programs that run: the text there is what is tested."""

import os
import pathlib
import shutil
import tempfile

import toolchains
from common import BUILD, recipe, run, virtual_environment
from milena_test import oracle, schema
from milena_test.broker import binary

_JUNIT = ("org.junit.platform", "junit-platform-console-standalone", "1.11.4")
_GO_MODULE = schema.REPOSITORY / "compat-tests" / "franz-go"


def _environment(path=""):
    """With the broker on PATH, as after its installation."""
    folder = pathlib.Path(binary()).resolve().parent
    return {**os.environ, "PATH": f"{folder}:{path or os.environ['PATH']}"}


def pytest_program():
    return [virtual_environment("pytest", "pytest==8.4.2", "confluent-kafka==2.16.1"), "-m", "pytest", "-q"]


def junit_jars():
    kafka = ("org.apache.kafka", "kafka-clients", oracle.BROKER_VERSION)
    return oracle.fetch_jars(BUILD / "junit" / "jars", [_JUNIT, kafka, ("org.slf4j", "slf4j-nop", "1.7.36")])


def run_pytest():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "test_orders.py")
        file.write_text(recipe("pytest"))
        run([*pytest_program(), "-p", "no:cacheprovider", file], env=_environment())


def run_junit():
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "OrdersTest.java")
        source.write_text(recipe("junit"))
        run(["javac", "-cp", f"{junit_jars()}/*", "-d", folder, source])
        (console,) = junit_jars().glob("junit-platform-console-standalone-*.jar")
        others = ":".join(str(jar) for jar in junit_jars().glob("*.jar") if jar != console)
        run(["java", "-Xmx256M", "-jar", console, "execute", "--class-path", f"{folder}:{others}",
             "--select-class", "OrdersTest"], env=_environment())  # fmt: skip


def run_go():
    with tempfile.TemporaryDirectory() as folder:
        for file in ("go.mod", "go.sum"):
            shutil.copy(_GO_MODULE / file, folder)
        pathlib.Path(folder, "orders_test.go").write_text(recipe("go"))
        environment = _environment(toolchains.go_environment()["PATH"])
        run(["go", "test", "-mod=mod", "."], cwd=folder, env=environment | {"CGO_ENABLED": "0"})
