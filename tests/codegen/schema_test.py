# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "codegen"))
import cpp_header  # noqa: E402
import cpp_source  # noqa: E402
import cpp_types  # noqa: E402
import generate_messages  # noqa: E402
import schema  # noqa: E402
import schema_import  # noqa: E402
from versions import Versions  # noqa: E402


def message(*fields, **changes):
    content = {"name": "SampleRequest", "type": "request", "apiKey": 7, "validVersions": "0-4",
               "flexibleVersions": "3+", "fields": list(fields)}
    content.update(changes)
    return content


def parse(content):
    return schema.Parser("Sample.json").message(content, {})


class VersionsTest(unittest.TestCase):
    def test_reads_and_writes_what_schemas_write(self):
        for text in ("none", "3", "0-4", "2+"):
            self.assertEqual(str(Versions.parse(text)), text)

    def test_rejects_nonsense(self):
        for text in ("", "a", "4-2", "1-", "-1", "1++"):
            with self.assertRaises(ValueError):
                Versions.parse(text)

    def test_joins_neighbours_only(self):
        self.assertEqual(Versions.parse("0-1").join(Versions.parse("2+")), Versions.parse("0+"))
        with self.assertRaises(ValueError):
            Versions.parse("0").join(Versions.parse("2+"))


class SchemaErrorTest(unittest.TestCase):
    def expect(self, reason, content):
        with self.assertRaises(schema.SchemaError) as caught:
            parse(content)
        self.assertEqual(str(caught.exception), f"Sample.json: {reason}")

    def test_each_error_names_file_field_and_reason(self):
        cases = {
            "unknown type 'int31'": {"type": "int31"},
            "no struct is called 'Missing'": {"type": "Missing"},
            "a int32 cannot be null": {"nullableVersions": "0+"},
            "tag and taggedVersions go together": {"tag": 0},
            "tagged in a version that is not flexible": {"tag": 0, "taggedVersions": "2+"},
            "default 'x' is not a number": {"default": "x"},
            "default 2147483648 does not fit int32": {"default": "2147483648"},
            "unknown property 'about'": {"about": "prose"},
            "versions: 'x' is not a range of versions": {"versions": "x"},
            "null is the default of a field that cannot be null": {"default": "null"},
        }
        for reason, changes in cases.items():
            field = {"name": "Id", "type": "int32", "versions": "0+"}
            field.update(changes)
            self.expect(f"SampleRequest.Id: {reason}", message(field))

    def test_two_fields_of_one_name(self):
        field = {"name": "Id", "type": "int32", "versions": "0+"}
        self.expect("SampleRequest.Id: two fields have this name", message(field, field))

    def test_tags_have_no_gap(self):
        field = {"name": "Id", "type": "int32", "versions": "3+", "taggedVersions": "3+", "tag": 1}
        self.expect("SampleRequest: the tags [1] are not 0, 1, 2 ...", message(field))

    def test_a_file_that_is_no_json(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "Broken.json"
            path.write_text("{")
            with self.assertRaisesRegex(schema.SchemaError, "Broken.json"):
                schema.load(path, {})


class CppTest(unittest.TestCase):
    def test_snake_case(self):
        for name, expected in {"ThrottleTimeMs": "throttle_time_ms", "timeoutMs": "timeout_ms",
                               "ISRList": "isr_list", "Ip4Address": "ip4_address"}.items():
            self.assertEqual(cpp_types.snake_case(name), expected)

    def test_conditions(self):
        within = Versions.parse("0-4")
        for text, expected in {"0+": "true", "none": "false", "5+": "false", "2+": "version >= 2",
                               "0-1": "version <= 1", "3": "version == 3",
                               "1-2": "version >= 1 && version <= 2"}.items():
            self.assertEqual(cpp_types.condition(Versions.parse(text), within), expected)

    def test_types_and_defaults(self):
        parsed = parse(message(
            {"name": "A", "type": "string", "versions": "0+", "nullableVersions": "1+"},
            {"name": "B", "type": "string", "versions": "0+", "nullableVersions": "0+",
             "default": "null"},
            {"name": "C", "type": "int64", "versions": "0+", "default": "0x10"},
            {"name": "D", "type": "[]int32", "versions": "0+"},
            {"name": "E", "type": "records", "versions": "0+", "nullableVersions": "0+"}))
        header = cpp_header.header(parsed)
        self.assertIn("std::optional<std::string_view> a{std::in_place};", header)
        self.assertIn("std::optional<std::string_view> b{};", header)
        self.assertIn("int64_t c = 16;", header)
        self.assertIn("std::vector<int32_t> d{};", header)
        self.assertIn("Records e{};", header)

    def test_a_field_called_like_a_parameter(self):
        parsed = parse(message({"name": "Version", "type": "int16", "versions": "0+"}))
        self.assertIn("this->version = reader.read<int16_t>", cpp_source.source(parsed))

    def test_the_fewest_bytes_of_a_struct(self):
        parsed = parse(message({"name": "List", "type": "[]Item", "versions": "0+", "fields": [
            {"name": "Id", "type": "int32", "versions": "1+"},
            {"name": "Name", "type": "string", "versions": "0+"}]}))
        self.assertIn("kSizeMin = 1;", cpp_header.header(parsed))

    def test_common_structs_may_refer_to_later_ones(self):
        field = {"name": "X", "type": "int8", "versions": "0+"}
        parsed = parse(message(
            {"name": "Outer", "type": "Outer", "versions": "0+"},
            commonStructs=[
                {"name": "Outer", "versions": "0+", "fields": [
                    {"name": "Inner", "type": "Inner", "versions": "0+"}]},
                {"name": "Inner", "versions": "0+", "fields": [field]}]))
        self.assertEqual([struct.name for struct in parsed.structs], ["Inner", "Outer"])


class ImportTest(unittest.TestCase):
    def test_comments_prose_and_absent_defaults_are_dropped(self):
        text = """// a licence
            {"name": "S", "type": "data", "validVersions": "0", // why
             "fields": [{"name": "A", "type": "string", "versions": "0+", "default": null,
                         "about": "see http://example.invalid"}]}"""
        facts = schema_import.parse(text)
        self.assertEqual(facts["fields"], [{"name": "A", "type": "string", "versions": "0+"}])

    def test_old_versions_are_merged(self):
        new = message({"name": "A", "type": "int8", "versions": "0+"},
                      {"name": "B", "type": "int8", "versions": "3+"}, validVersions="2-4")
        old = message({"name": "A", "type": "int8", "versions": "0+"},
                      {"name": "Gone", "type": "int8", "versions": "0-1"},
                      {"name": "NeverTaken", "type": "int8", "versions": "0"}, validVersions="0-3")
        merged = schema_import.merge_message(new, old, Versions.parse("1"))
        self.assertEqual(merged["validVersions"], "1-4")
        self.assertEqual([(field["name"], field["versions"]) for field in merged["fields"]],
                         [("A", "1+"), ("Gone", "1"), ("B", "3+")])

    def test_the_format_reads_back(self):
        content = message({"name": "A", "type": "[]S", "versions": "0+", "fields": [
            {"name": "B", "type": "int8", "versions": "0+"}]})
        self.assertEqual(json.loads(schema_import.format_schema(content)), content)


class WholeSetTest(unittest.TestCase):
    def test_every_schema_is_generated(self):
        messages = generate_messages.load_messages(ROOT / "protocol" / "schemas")
        files = list((ROOT / "protocol" / "schemas").glob("*/*.json"))
        without_versions = [path for path in files if '"validVersions": "none"' in path.read_text()]
        self.assertEqual(len(messages), len(files) - len(without_versions))
        self.assertGreaterEqual(len(messages), 278)


if __name__ == "__main__":
    unittest.main()
