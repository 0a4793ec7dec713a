# SPDX-License-Identifier: Apache-2.0
"""What docs/testing.md shows for Compose and for GitHub Actions, run in podman."""

import json

from common import recipe, run, virtual_environment

COMPOSE = "podman-compose==1.6.0"
SECONDS_MAX = 60
# The application of the recipe: it reaches the broker by the service's name, on the listener that is for it.
_APPLICATION = {"image": "localhost/milena:kafka",
                "command": ["milena", "health", "--wait", f"{SECONDS_MAX}s", "kafka:9093"]}  # fmt: skip
_READ_YAML = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"


def python():
    return virtual_environment("podman-compose", COMPOSE)


class ComposeProject:
    """The recipe's services, started; stopped and removed at the end."""

    def __init__(self, podman):
        self.podman = podman
        podman_program = podman.folder / "podman"
        podman_program.write_text(f"#!/bin/sh\nexec {' '.join(podman.command())} \"$@\"\n")
        podman_program.chmod(0o755)
        self.files = {"recipe.yaml": recipe("compose"),
                      "application.yaml": json.dumps({"services": {"application": _APPLICATION}})}  # fmt: skip
        self.words = [python().with_name("podman-compose"), "--podman-path", podman_program, "-p", "recipe"]

    def call(self, *words):
        return run([*self.words, *words], cwd=self.podman.folder, env=self.podman.environment)

    def __enter__(self):
        for name, text in self.files.items():
            (self.podman.folder / name).write_text(text)
            self.words += ["-f", name]
        self.call("up", "--detach")
        return self

    def __exit__(self, *_):
        self.call("down", "--volumes", "--timeout", "0")

    def exit_status(self, service):
        """Waits for its end."""
        return int(self.podman.call("wait", f"recipe_{service}_1"))


def actions_service(image):
    """How a runner of GitHub Actions creates the recipe's service: podman's options and the image."""
    service = json.loads(run([python(), "-c", _READ_YAML], input=recipe("actions")))["services"]["kafka"]
    words = [word for port in service["ports"] for word in ("--publish", port)]
    words += [word for name, value in service["env"].items() for word in ("--env", f"{name}={value}")]
    return [*words, image]
