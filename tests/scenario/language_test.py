# SPDX-License-Identifier: Apache-2.0
"""The language of scenarios: a step that can't fail would prove nothing."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "lib"))

import language  # noqa: E402
import scenario  # noqa: E402, F401 - defines the verbs
import world  # noqa: E402


class Language(unittest.TestCase):
    def fails(self, *arguments):
        with self.assertRaises(language.StepFailed):
            self.holds(*arguments)

    def holds(self, text, outcome, variables=None):
        known = {} if variables is None else variables
        language.compare(language.parse(text), outcome.split(), known)

    def test_a_step(self):
        step = language.parse("produce t/0 a k:b codec=gzip x.y+=3 -> 0 1", 7)
        self.assertEqual((step.verb, step.words), ("produce", ["t/0", "a", "k:b"]))
        self.assertEqual(step.options[0], language.Option("codec", "", "gzip"))
        self.assertEqual(step.options[1], language.Option("x.y", "+", "3"))
        self.assertEqual((step.expected, step.line), (["0", "1"], 7))
        self.assertIsNone(language.parse("produce t/0 a").expected)

    def test_ranges(self):
        self.assertEqual(language.expand("v{9..11}"), ["v9", "v10", "v11"])
        self.assertEqual(language.expand("a{1..2}b{1..2}"), ["a1b1", "a1b2", "a2b1", "a2b2"])
        self.assertEqual(language.expand("0..3"), ["0..3"])

    def test_every_word_counts(self):
        self.holds("read t/0 -> a b", "a b")
        for outcome in ["a", "a c", "b a", "a b c", ""]:
            self.fails("read t/0 -> a b", outcome)
        self.holds("read t/0 -> nothing", "")
        self.fails("read t/0 -> nothing", "a")

    def test_variables(self):
        variables = {}
        self.holds("topic-id t -> $id", "x", variables)
        self.holds("topic-id t -> $id", "x", variables)
        self.fails("topic-id t -> $id", "y", variables)
        self.holds("topic-id t -> !$id", "y", variables)
        self.fails("topic-id t -> !$id", "x", variables)
        self.assertEqual(language.substitute("id=$id", variables), "id=x")

    def test_misspelt_steps_fail(self):
        played = world.World(None, world.Configuration())
        for text in ["sleep 3", "steady loud=yes"]:
            with self.assertRaises(language.StepFailed):
                played.run(language.parse(text))

    def test_every_verb_of_the_corpus_exists(self):
        paths = list(language.CORPUS.glob("*.scenario"))
        self.assertGreater(len(paths), 15)
        for path in paths:
            for step in language.load(path):
                self.assertIn(step.verb, world.VERBS, f"{path.name}:{step.line}")


if __name__ == "__main__":
    unittest.main()
