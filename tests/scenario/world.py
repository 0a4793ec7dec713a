# SPDX-License-Identifier: Apache-2.0
"""One scenario on one broker: its connection, what it remembers, and its life between steps."""

import dataclasses
import threading

from milena_test import errors
from milena_test.suite import expect_equal

import language

VERBS = {}


def verb(function):
    """Makes function(world, words, options) a step: create_topic is the verb create-topic."""
    VERBS[function.__name__.rstrip("_").replace("_", "-")] = function
    return function


@dataclasses.dataclass(frozen=True)
class Configuration:
    settings: dict = dataclasses.field(default_factory=dict)  # of the broker
    topic: dict = dataclasses.field(default_factory=dict)  # of every topic that a step creates
    directories: int = 1
    between: str = ""  # the verb that runs between all steps


class Options:
    """The options of one step: each must be asked for, or the step was misspelt."""

    def __init__(self, options, variables):
        self._left = [
            dataclasses.replace(one, value=language.substitute(one.value, variables))
            for one in options
        ]

    def take(self, name, default=None):
        """The value, as the type of default."""
        for option in self._left:
            if option.name == name:
                self._left.remove(option)
                return option.value if default is None else type(default)(option.value)
        return default

    def take_configs(self):
        """All options whose name has a dot: they are Kafka's."""
        found = [option for option in self._left if "." in option.name]
        self._left = [option for option in self._left if "." not in option.name]
        return found

    def take_all(self):
        """For a step that hands them on."""
        taken, self._left = self._left, []
        return taken

    def check_all_taken(self):
        if self._left:
            raise language.StepFailed(f"unknown option {self._left[0].name}")


class World:
    def __init__(self, broker, configuration):
        self.broker, self.configuration = broker, configuration
        self.variables, self.producers, self.sessions, self.started = {}, {}, {}, {}
        self.steady = False
        self._client = None

    @property
    def client(self):
        """The connection of this life of the broker."""
        if self._client is None:
            self._client = self.broker.client()
        return self._client

    def play(self, steps):
        for step in steps:
            try:
                self._play_one(step)
            except language.StepFailed as problem:
                raise language.StepFailed(f"line {step.line}: {step.text}\n  {problem}") from None
            except Exception as problem:
                problem.add_note(f"in line {step.line}: {step.text}")
                raise
            if self.configuration.between and not self.steady:
                self.run(language.parse(self.configuration.between))

    def _play_one(self, step):
        outcome, error = self.outcome(step)
        if step.expected is not None:
            language.compare(step, outcome, self.variables)
        elif error:
            raise language.StepFailed(str(error))

    def outcome(self, step):
        """(words, the error if there was one)."""
        try:
            return self.run(step), None
        except errors.KafkaError as error:
            return [error.name], error

    def run(self, step):
        if step.verb not in VERBS:
            raise language.StepFailed(f"no such verb: {step.verb}")
        options = Options(step.options, self.variables)
        words = [language.substitute(word, self.variables) for word in step.words]
        outcome = VERBS[step.verb](self, words, options)
        options.check_all_taken()
        return [str(word) for word in outcome or []]

    def disconnect(self):
        if self._client is not None:
            self._client.close()
        self._client = None

    def start_aside(self, name, step):
        """Runs a step in a thread and on a connection of its own."""
        aside = World(self.broker, self.configuration)
        aside.variables, aside.producers = self.variables, self.producers
        aside.client  # connects now
        self.started[name] = Aside(aside, step)

    def end(self):
        self.disconnect()
        self.stop()

    def stop(self):
        status = self.broker.stop()
        expect_equal(status, self.broker.clean_exit_status, "exit status of the broker")


class Aside(threading.Thread):
    def __init__(self, world, step):
        super().__init__(daemon=True)
        self._world, self._step = world, step
        self.words = self.problem = None
        self.start()

    def run(self):
        try:
            self.words, _ = self._world.outcome(self._step)
        except Exception as problem:  # noqa: BLE001 - raised by await
            self.problem = problem
        finally:
            self._world.disconnect()
