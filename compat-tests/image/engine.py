# SPDX-License-Identifier: Apache-2.0
"""Podman with a store, a network and mounts of its own; what the machine's other containers do stays untouched."""

import contextlib
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

SECONDS_MAX = 120
BUSYBOX = pathlib.Path("/bin/busybox")
NAMESPACES = ["unshare", "-mn"]
_INSIDE = "MILENA_TEST_NAMESPACE"


def missing():
    """Why containers can't be run here; None if they can."""
    if os.geteuid() != 0:
        return "containers with networks of their own are made by root"
    for program in ("podman", "runc", "unshare", "ip"):
        if not shutil.which(program):
            return f"{program} is not installed"
    tried = subprocess.run([*NAMESPACES, "true"], capture_output=True, text=True)
    if tried.returncode:
        return tried.stderr.strip()
    return None if BUSYBOX.exists() else "busybox-static is not installed"


def enter_namespace():
    """Runs this program anew in namespaces of its own, so that no rule of the machine's firewall is touched."""
    if os.environ.get(_INSIDE):
        return
    os.environ[_INSIDE] = "1"
    script = 'ip link set lo up && exec "$@"'
    words = [*NAMESPACES, "sh", "-c", script, "sh", sys.executable, *sys.argv]
    os.execvp(words[0], words)


class Engine:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="milena-image-"))
        files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 1 << 20)
        configuration = self.folder / "containers.conf"
        configuration.write_text(
            "[containers]\n"
            f'default_ulimits=["nofile={files}:{files}","nproc=32768:32768"]\n'
            '[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n'
        )
        self.environment = {**os.environ, "CONTAINERS_CONF": str(configuration)}
        self.socket = self.folder / "podman.sock"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.SubprocessError):
            self.call("rm", "--all", "--force", "--time", "0")
            self.call("volume", "prune", "--force")
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words):
        store = ["--root", self.folder / "store", "--runroot", self.folder / "run"]
        return [str(word) for word in ["podman", *store, "--storage-driver", "vfs", *words]]

    def call(self, *words, check=True):
        done = subprocess.run(self.command(*words), env=self.environment, timeout=SECONDS_MAX,
                              capture_output=True, text=True)  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"podman {words} ended with {done.returncode}: {done.stderr}")
        return done.stdout.strip() if check else done

    def cannot_run(self):
        """Why not even busybox runs in a container; None if it does. Nothing of Milena is in it."""
        image = self.folder / "probe.tar"
        with tarfile.open(image, "w") as tar:
            tar.add(BUSYBOX, "busybox")
        started = ["run", "--detach", "--name", "probe", "probe", "/busybox", "sleep", SECONDS_MAX]
        for words in (["import", image, "probe"], started, ["exec", "probe", "/busybox", "true"],
                      ["rm", "--force", "--time", "0", "probe"]):  # fmt: skip
            done = self.call(*words, check=False)
            if done.returncode:
                return f"podman {words[0]}: {done.stderr.strip().splitlines()[-1]}"
        return None

    def load(self, archive):
        """The name of the image."""
        return self.call("load", "--quiet", "--input", archive).splitlines()[-1].split(": ", 1)[1]

    @contextlib.contextmanager
    def container(self, *words):
        name = self.call("run", "--detach", *words)
        try:
            yield name
        except BaseException:
            print(self.call("logs", name, check=False).stderr[-3000:], flush=True)
            raise
        finally:
            self.call("rm", "--force", "--time", "0", "--volumes", name)

    @contextlib.contextmanager
    def service(self):
        """The interface of Docker's engine, for libraries; the environment that leads them to it."""
        address = f"unix://{self.socket}"
        command = self.command("system", "service", "--time=0", address)
        log = open(self.folder / "service.log", "wb")  # it complains about what only systemd could do
        with log, subprocess.Popen(command, env=self.environment, stdout=log, stderr=log) as process:
            try:
                deadline = time.monotonic() + SECONDS_MAX
                while not self.socket.exists() and time.monotonic() < deadline:
                    time.sleep(0.05)
                yield {**self.environment, "DOCKER_HOST": address, "TESTCONTAINERS_RYUK_DISABLED": "true",
                       "TESTCONTAINERS_CHECKS_DISABLE": "true", "TESTCONTAINERS_HOST_OVERRIDE": "localhost",
                       "TESTCONTAINERS_CONNECTION_MODE": "docker_host"}  # fmt: skip
            finally:
                process.terminate()
