# SPDX-License-Identifier: Apache-2.0
"""scripts/tidy finds each kind of fault in a small tree, and nothing in a clean one."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TIDY = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "tidy"
HEAD = "// SPDX-License-Identifier: Apache-2.0\n"
SCHEMAS = {
    f"protocol/schemas/clients/{name}Request.json": f'{{"apiKey": {key}, "name": "{name}Request"}}'
    for name, key in {"Metadata": 3, "ListOffsets": 2}.items()
}
TABLE = {"server/api_table.cc": HEAD + "row(handle_metadata), row(handle_list_offsets)\n"}
HANDLERS = {
    "server/handlers/03_metadata.cc": HEAD + "void handle_metadata(int) {}\n",
    "server/handlers/02_list_offsets.cc": HEAD + "void handle_list_offsets(int) {}\n",
}


def run_tidy(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, TIDY, folder], capture_output=True, text=True)


class Tidy(unittest.TestCase):
    def assert_clean(self, files):
        result = run_tidy(files)
        self.assertEqual(result.returncode, 0, result.stdout)

    def assert_found(self, files, *expected):
        result = run_tidy(files)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(result.stderr, "")
        for text in expected:
            self.assertIn(text, result.stdout)
        self.assertIn(f"tidy: {len(expected)} findings", result.stdout)

    def test_clean_tree(self):
        self.assert_clean({
            "storage/log.cc": HEAD + '#include "base/ids.h"\n#include "storage/log.h"\n',
            "tests/storage/log_test.cc": HEAD + '#include "storage/log.h"\n',
            **SCHEMAS, **TABLE, **HANDLERS,
        })

    def test_include_to_the_right(self):
        self.assert_found({"storage/log.cc": HEAD + '#include "cluster/image.h"\n'},
                          "storage/log.cc:2: storage/ must not include cluster/")

    def test_asio_below_the_server(self):
        self.assert_found({"cluster/raft.cc": HEAD + "#include <boost/asio/ip/tcp.hpp>\n"},
                          "cluster/raft.cc:2: cluster/ must not know Asio")
        self.assert_clean({"server/core.cc": HEAD + "#include <boost/asio/ip/tcp.hpp>\n"})

    def test_long_file(self):
        self.assert_clean({"base/a.cc": HEAD + "int x;\n" * 399})
        self.assert_found({"base/a.cc": HEAD + "int x;\n" * 400}, "base/a.cc:1: 401 lines")

    def test_long_functions(self):
        body = "    int x;\n"
        for head in ("void f() {\n", "int A::f(int a,\n         int b) const {\n",
                     "A::A(int a)\n    : a_(a),\n      b_(a) {\n"):
            with self.subTest(head=head):
                room = 70 - head.count("\n") - 1
                self.assert_clean({"base/a.cc": HEAD + head + body * room + "}\n"})
                self.assert_found({"base/a.cc": HEAD + head + body * (room + 1) + "}\n"},
                                  "base/a.cc:2: a function of 71 lines")

    def test_long_method_in_a_class(self):
        method = "    int f() {\n" + "        g();\n" * 69 + "    }\n"
        self.assert_found({"base/a.h": HEAD + "class A {\n" + method + "};\n"},
                          "base/a.h:3: a function of 71 lines")

    def test_short_functions_of_a_long_class(self):
        methods = "    int f() {\n        return 1;\n    }\n" * 40
        self.assert_clean({"base/a.h": HEAD + "class A {\n" + methods + "};\n"})

    def test_long_python_function(self):
        text = "# SPDX-License-Identifier: Apache-2.0\ndef f():\n" + "    g()\n" * 70
        self.assert_found({"codegen/a.py": text}, "codegen/a.py:2: a function of 71 lines")

    def test_coroutine(self):
        self.assert_found({"server/a.cc": HEAD + "    co_await f();\n"}, "server/a.cc:2: a coroutine")
        self.assert_clean({"server/a.cc": HEAD + "// why there is no co_await here\n"})

    def test_missing_head(self):
        self.assert_found({"base/a.h": "#pragma once\n"}, "base/a.h:1: no SPDX line")
        self.assert_found({"scripts/run": "#!/bin/sh\necho\n"}, "scripts/run:1: no SPDX line")
        self.assert_clean({"scripts/run": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"})

    def test_marks(self):
        for mark in ("TO" + "DO", "FIX" + "ME", "X" * 3):
            with self.subTest(mark=mark):
                self.assert_found({"base/a.h": HEAD + f"// {mark}: later\n"},
                                  "base/a.h:2: an unfinished mark")
        self.assert_clean({"base/a.cc": HEAD + 'char name[] = "/tmp/milena_' + "X" * 6 + '";\n'})

    def test_merge_left_over(self):
        self.assert_found({"base/a.h": HEAD + "<" * 7 + " HEAD\n"}, "base/a.h:2: a merge left over")

    def test_handler_without_row(self):
        table = {"server/api_table.cc": HEAD + "row(handle_metadata)\n"}
        self.assert_found({**SCHEMAS, **table, **HANDLERS}, "02_list_offsets.cc:1: has no row")

    def test_row_without_handler(self):
        metadata = {name: text for name, text in HANDLERS.items() if "metadata" in name}
        self.assert_found({**SCHEMAS, **TABLE, **metadata}, "handle_list_offsets has no file")

    def test_handler_with_wrong_key(self):
        files = {name.replace("03", "04"): text for name, text in HANDLERS.items()}
        self.assert_found({**SCHEMAS, **TABLE, **files}, "04_metadata.cc:1: the schemas give")


if __name__ == "__main__":
    unittest.main()
