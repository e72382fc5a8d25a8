#!/usr/bin/env python3
"""What generate_queries.py makes of SQL files, and that each mistake in one is named with its place."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

import generate_queries

GOOD = """-- name: Find :opt
-- Finds one.
-- $1 id bigint
-- column name text null
--
-- Why it is so.
SELECT name FROM item WHERE id = $1;
"""


class Directory(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name)

    def generate(self, *texts):
        """The exit code, what is on stderr, and the two files."""
        files = []
        for number, text in enumerate(texts):
            files.append(self.path / f"q{number}.sql")
            files[-1].write_text(text, encoding="utf-8")
        outputs = [self.path / "made.h", self.path / "made.cc"]
        sys.argv = ["generate_queries.py", "--namespace", "trellis::x::queries", "--header",
                    "x/made.h", "--out-header", str(outputs[0]), "--out-source", str(outputs[1]),
                    "--root", str(self.path), *map(str, files)]
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            code = generate_queries.main()
        return code, errors.getvalue().strip(), [o.read_text() if o.exists() else "" for o in outputs]


class GoodFileTest(Directory):
    def test_becomes_a_struct_and_a_function(self):
        code, errors, (header, source) = self.generate(GOOD)
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("// Finds one.\n[[nodiscard]] std::optional<FindRow> "
                      "Find(pqxx::transaction_base& transaction, int64_t id);", header)
        self.assertIn("std::optional<std::string> name{};", header)
        self.assertIn('R"sql(-- Why it is so.\nSELECT name FROM item WHERE id = $1)sql"', source)
        self.assertIn('{"Find", "q0.sql", 1, ', source)

    def test_text_that_looks_like_a_parameter_or_an_end_is_none(self):
        code, errors, _ = self.generate("-- name: Find :one\n-- column name text\n"
                                        "SELECT '$1;' -- $2;\n")
        self.assertEqual((code, errors), (0, ""))


class MistakeTest(Directory):
    def check(self, expected, *texts):
        code, errors, outputs = self.generate(*texts)
        self.assertEqual((code, errors, outputs), (1, expected, ["", ""]))

    def test_no_name(self):
        self.check("q0.sql:1: no '-- name:'", "-- nothing\n")

    def test_statement_before_the_name(self):
        self.check("q0.sql:1: a statement before the first '-- name:'", "SELECT 1\n" + GOOD)

    def test_unknown_kind(self):
        self.check("q0.sql:1: expected '-- name: <Name> <kind>', kind one of :one, :opt, :many, :exec",
                   GOOD.replace(":opt", ":some"))

    def test_name_that_is_none(self):
        self.check("q0.sql:1: 'find' is not a CamelCase name", GOOD.replace("Find ", "find "))

    def test_unknown_type(self):
        self.check("q0.sql:4: unknown type 'string', expected one of bigint, integer, boolean, text, "
                   "bigint[], text[]", GOOD.replace("name text", "name string"))

    def test_array_as_a_column(self):
        self.check("q0.sql:4: type 'bigint[]' is for parameters only",
                   GOOD.replace("name text null", "name bigint[]"))

    def test_annotation_that_is_none(self):
        self.check("q0.sql:4: expected '$<n> ...', 'column ...', '--' or the statement",
                   GOOD.replace("column name", "colum name"))

    def test_column_with_a_word_too_many(self):
        self.check("q0.sql:4: expected 'column <name> <type> [null]'",
                   GOOD.replace("text null", "text not null"))

    def test_parameter_out_of_order(self):
        self.check("q0.sql:3: parameter $2 where $1 is next", GOOD.replace("-- $1", "-- $2"))

    def test_parameter_without_annotation(self):
        self.check("q0.sql:1: parameter $2 of Find has no annotation", GOOD.replace("= $1", "= $1+$2"))

    def test_parameter_that_is_not_used(self):
        self.check("q0.sql:1: parameter $1 of Find is not used by the statement",
                   GOOD.replace("= $1", "= 7"))

    def test_rows_without_columns(self):
        self.check("q0.sql:1: Find :opt must have columns", GOOD.replace("-- column name text null\n", ""))

    def test_exec_with_columns(self):
        self.check("q0.sql:1: Find :exec must not have columns", GOOD.replace(":opt", ":exec"))

    def test_no_statement(self):
        self.check("q0.sql:1: Find has no statement", GOOD[:GOOD.index("SELECT")])

    def test_two_statements(self):
        self.check("q0.sql:1: Find has more than one statement", GOOD + "SELECT 1;\n")

    def test_name_twice(self):
        self.check("q1.sql:1: Find is there twice, first at q0.sql:1", GOOD, GOOD)

    def test_name_too_long(self):
        name = "F" * 60
        self.check(f"q0.sql:1: 'x::queries::{name}' is longer than 63 letters",
                   GOOD.replace("Find", name))


if __name__ == "__main__":
    unittest.main()
