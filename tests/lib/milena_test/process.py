# SPDX-License-Identifier: Apache-2.0
"""A broker as a process of its own: started, awaited, stopped or killed by its pid."""

import ctypes
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from .client import Client, ConnectionClosed


# Many tests write old records, which a broker would delete when it first looks, half a minute after
# its start.
NO_RETENTION = {"log.initial.task.delay.ms": "3600000"}

# Below the ports that the system gives to outgoing connections: one of those could take the port of
# a broker that is down for a moment.
_PORTS = "20000-29999"


_claims = {}  # port -> what holds it for this process


def free_port():
    """A port nobody listens on, and that no other test gets until release_port().

    $MILENA_TEST_PORTS ('20000-20099') limits the choice.
    """
    first, last = map(int, os.environ.get("MILENA_TEST_PORTS", _PORTS).split("-"))
    for candidate in random.sample(range(first, last + 1), last - first + 1):
        if _claim(candidate):
            if _is_free(candidate):
                return candidate
            release_port(candidate)
    raise RuntimeError("no free port")


def _claim(port):
    """A name in the system that only one can have: a broker that is down keeps its port."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0milena-test-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims[port] = claim
    return True


def release_port(port):
    if port in _claims:
        _claims.pop(port).close()


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


_PR_SET_PDEATHSIG = 1
# Found here: behind a fork, the loader's lock may be another thread's.
_prctl = ctypes.CDLL(None).prctl


def _die_with_parent():
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class BrokerProcess:
    """Base of Milena and Apache Kafka. Use as a context manager, or start() and stop().

    data: the data directory; a temporary one, removed at the end, when None.
    settings: Kafka's names -> values, above the defaults of the class.
    """

    name = "broker"
    clean_exit_status = 0
    start_timeout = 120.0

    def __init__(self, data=None, settings=None, port=None):
        self._temporary = None
        if data is None:
            self._temporary = tempfile.mkdtemp(prefix=f"milena-test-{self.name}-")
            data = os.path.join(self._temporary, "data")
        self.data = pathlib.Path(data)
        self.settings = dict(settings or {})
        self.port = port or free_port()
        self._own_ports = [] if port else [self.port]
        self.log = self.data.with_name(self.data.name + ".log")
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return os.environ.copy()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def client(self, **options):
        return Client(self.port, **options)

    def start(self, wait=True):
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=self.environment(), start_new_session=True, preexec_fn=_die_with_parent,
            )  # fmt: skip
        if wait:
            self.await_ready()
        return self

    def await_ready(self):
        """Waits until Metadata shows a broker, as ApiVersions may answer before that."""
        deadline = time.monotonic() + self.start_timeout
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended at start:\n{self.log_tail()}")
            try:
                with self.client(timeout=5) as client:
                    client.request("ApiVersions", 0)
                    if client.request("Metadata", 5, {"Topics": []})["Brokers"]:
                        return
            except (OSError, ConnectionClosed):
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} is not ready:\n{self.log_tail()}")
            time.sleep(0.02)

    def log_tail(self, size=4000):
        return self.log.read_bytes()[-size:].decode(errors="replace")

    def stop(self, timeout=120.0):
        """SIGTERM and wait; returns the exit status. SIGKILL if it does not end."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self.process.returncode

    def kill(self):
        """kill -9."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def cpu_seconds(self):
        """Time that processors have spent on it, in all its threads."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        user, system = map(int, fields[11:13])
        return (user + system) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) * 1024

    def close(self):
        try:
            self.stop()
        finally:
            for port in self._own_ports:
                release_port(port)
            if self._temporary:
                shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            if self.process:
                self.kill()
            raise

    def __exit__(self, *_):
        self.close()
