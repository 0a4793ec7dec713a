# SPDX-License-Identifier: Apache-2.0
"""Steps about the broker's life, and about what runs beside the scenario."""

import time

import language
from world import VERBS, verb

AWAIT_SECONDS_MAX = 120


@verb
def restart(world, _words, _options):
    world.disconnect()
    world.stop()
    world.broker.start()


@verb
def kill(world, _words, _options):
    """kill -9, and start again."""
    world.disconnect()
    world.broker.kill()
    world.broker.start()


@verb
def steady(world, _words, _options):
    """From here on the broker keeps running between steps: what follows lives in its memory."""
    world.steady = True


@verb
def start(world, words, options):
    """start NAME VERB ...: the step runs beside those that follow, until "await NAME"."""
    name, action, *rest = words
    if action not in VERBS:
        raise language.StepFailed(f"no such verb: {action}")
    step = language.Step(0, action, action, rest, options.take_all(), None)
    world.start_aside(name, step)


@verb
def await_(world, words, options):
    """Waits for what was started, and has its outcome. within: milliseconds."""
    aside = world.started.pop(words[0])
    within = options.take("within", AWAIT_SECONDS_MAX * 1000)
    started = time.monotonic()
    aside.join(within / 1000)
    if aside.is_alive():
        raise language.StepFailed(f"no outcome after {time.monotonic() - started:.1f} s")
    if aside.problem:
        raise aside.problem
    return aside.words
