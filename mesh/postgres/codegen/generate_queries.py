#!/usr/bin/env python3
"""Turns SQL files into C++ functions that run them as prepared statements.

A file holds one or more statements, each with an annotation before it:

    -- name: ListPage :many
    -- What it is for; becomes the comment of the function.
    -- $1 user_id bigint
    -- column id bigint
    -- column content text null
    SELECT id, content FROM posts WHERE user_id = $1

`name:` has the kind: `:one` row, a row or none (`:opt`), `:many` rows, or `:exec`, which has no
columns and gives the number of rows that were touched. A column may be null only where it says so.
A line of only "--" ends the annotations, so that further comments may stand before the statement.
Types are those of TYPES. That annotations and schema agree is for a test to say, with
mesh/postgres/testing/check_queries.h.

    generate_queries.py --namespace trellis::post::queries --header services/post/queries.h
        --out-header X.h --out-source X.cc FILES...

An error is one line `file:line: what` on stderr, and exit code 1.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass, field

# SQL type: C++ type of a value, C++ type of a parameter.
TYPES = {
    "bigint": ("int64_t", "int64_t"),
    "integer": ("int32_t", "int32_t"),
    "boolean": ("bool", "bool"),
    "text": ("std::string", "const std::string&"),
    "bigint[]": (None, "const std::vector<int64_t>&"),
    "text[]": (None, "const std::vector<std::string>&"),
}
KINDS = ("one", "opt", "many", "exec")
MAX_NAME = 63  # Postgres cuts longer names of statements
WORD = re.compile(r"[a-z][a-z0-9_]*$")


class Mistake(Exception):
    def __init__(self, path, line, what):
        super().__init__(f"{path}:{line}: {what}")


@dataclass
class Value:
    name: str
    type: str
    nullable: bool = False


@dataclass
class Query:
    path: str
    line: int
    name: str
    kind: str
    comment: list = field(default_factory=list)
    parameters: list = field(default_factory=list)
    columns: list = field(default_factory=list)
    sql: list = field(default_factory=list)


def parse_value(words, path, line, what, may_be_null):
    """NAME TYPE, and for a column perhaps "null"."""
    nullable = may_be_null and len(words) == 3 and words[2] == "null"
    if len(words) != (3 if nullable else 2):
        raise Mistake(path, line, f"expected '{what} <name> <type>{' [null]' if may_be_null else ''}'")
    if not WORD.match(words[0]):
        raise Mistake(path, line, f"'{words[0]}' is not a name of lower case letters")
    if words[1] not in TYPES:
        raise Mistake(path, line, f"unknown type '{words[1]}', expected one of {', '.join(TYPES)}")
    return Value(words[0], words[1], nullable)


def parse_annotation(query, text, path, line):
    words = text.split()
    if words and re.match(r"\$\d+$", words[0]):
        expected = f"${len(query.parameters) + 1}"
        if words[0] != expected:
            raise Mistake(path, line, f"parameter {words[0]} where {expected} is next")
        value = parse_value(words[1:], path, line, words[0], False)
        if any(value.name == other.name for other in query.parameters):
            raise Mistake(path, line, f"parameter '{value.name}' is there twice")
        query.parameters.append(value)
    elif words and words[0] == "column":
        value = parse_value(words[1:], path, line, "column", True)
        if TYPES[value.type][0] is None:
            raise Mistake(path, line, f"type '{value.type}' is for parameters only")
        if any(value.name == other.name for other in query.columns):
            raise Mistake(path, line, f"column '{value.name}' is there twice")
        query.columns.append(value)
    elif not words and (query.parameters or query.columns):
        query.sql.append("")  # the end of the annotations
    elif query.parameters or query.columns:
        raise Mistake(path, line, "expected '$<n> ...', 'column ...', '--' or the statement")
    else:
        query.comment.append(text)


def finish(query):
    sql = "\n".join(query.sql).strip()
    code = re.sub(r"'(?:[^']|'')*'|--[^\n]*", "", sql).strip()
    if not code:
        raise Mistake(query.path, query.line, f"{query.name} has no statement")
    if ";" in code.rstrip(";"):
        raise Mistake(query.path, query.line, f"{query.name} has more than one statement")
    used = {int(number) for number in re.findall(r"\$(\d+)", code)}
    for number in sorted(used ^ set(range(1, len(query.parameters) + 1))):
        what = "has no annotation" if number in used else "is not used by the statement"
        raise Mistake(query.path, query.line, f"parameter ${number} of {query.name} {what}")
    if (query.kind == "exec") != (not query.columns):
        what = "must not" if query.columns else "must"
        raise Mistake(query.path, query.line, f"{query.name} :{query.kind} {what} have columns")
    query.sql = sql.rstrip().rstrip(";")
    return query


def parse(path, text):
    queries = []
    query = None
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"--\s*name:\s*(.*)$", line)
        if match:
            if query:
                queries.append(finish(query))
            words = match.group(1).split()
            if len(words) != 2 or words[1] not in [f":{kind}" for kind in KINDS]:
                kinds = ", ".join(f":{kind}" for kind in KINDS)
                raise Mistake(path, number, f"expected '-- name: <Name> <kind>', kind one of {kinds}")
            if not re.match(r"[A-Z][A-Za-z0-9]*$", words[0]):
                raise Mistake(path, number, f"'{words[0]}' is not a CamelCase name")
            query = Query(path, number, words[0], words[1][1:])
        elif query and not query.sql and line.startswith("--"):
            parse_annotation(query, line[2:].strip(), path, number)
        elif query:
            query.sql.append(line.rstrip())
        elif line.strip() and not line.startswith("--"):
            raise Mistake(path, number, "a statement before the first '-- name:'")
    if not query:
        raise Mistake(path, 1, "no '-- name:'")
    return queries + [finish(query)]


def declaration(query, scope=""):
    row = f"{query.name}Row"
    result = {"one": row, "opt": f"std::optional<{row}>", "many": f"std::vector<{row}>",
              "exec": "int64_t"}[query.kind]
    parameters = ["pqxx::transaction_base& transaction"]
    parameters += [f"{TYPES[value.type][1]} {value.name}" for value in query.parameters]
    return f"{result} {scope}{query.name}({', '.join(parameters)})"


def make_header(queries, namespace, header):
    guard = re.sub(r"[^A-Za-z0-9]", "_", header).upper() + "_"
    lines = [f"// Generated from {', '.join(sorted({query.path for query in queries}))}.",
             f"#ifndef {guard}", f"#define {guard}", "",
             "#include <cstdint>", "#include <optional>", "#include <string>", "#include <vector>", "",
             '#include "mesh/postgres/query.h"', "",
             "// Each runs its statement prepared, within a Work; throws what pqxx throws.",
             f"namespace {namespace} {{", ""]
    for query in queries:
        if query.columns:
            lines.append(f"struct {query.name}Row {{")
            for value in query.columns:
                plain = TYPES[value.type][0]
                kind = f"std::optional<{plain}>" if value.nullable else plain
                lines.append(f"  {kind} {value.name}{{}};")
            lines.append("};")
        lines += [f"// {text}".rstrip() for text in query.comment]
        lines += [f"[[nodiscard]] {declaration(query)};" if query.kind != "exec"
                  else f"{declaration(query)};", ""]
    lines += ["// All of them, for a test to check against the schema.",
              "[[nodiscard]] const std::vector<postgres::QueryInfo>& All();", "",
              f"}}  // namespace {namespace}", "", f"#endif  // {guard}", ""]
    return "\n".join(lines)


def make_source(queries, namespace, header):
    prefix = namespace.removeprefix("trellis::")
    lines = [f'#include "{header}"', "", "#include <pqxx/pqxx>", "",
             f"namespace {namespace} {{", "namespace {", "",
             "using postgres::impl::Argument;", "using postgres::impl::Read;", ""]
    for query in queries:
        name = f"{prefix}::{query.name}"
        if len(name) > MAX_NAME:
            raise Mistake(query.path, query.line, f"'{name}' is longer than {MAX_NAME} letters")
        lines += [f'constexpr char k{query.name}Name[] = "{name}";',
                  f'constexpr char k{query.name}Sql[] = R"sql({query.sql})sql";']
        if query.columns:
            lines += [f"{query.name}Row ReadRow(const pqxx::row& row, {query.name}Row made) {{"]
            lines += [f"  Read(row[{i}], &made.{value.name});"
                      for i, value in enumerate(query.columns)]
            lines += ["  return made;", "}"]
        lines.append("")
    lines += ["}  // namespace", ""]
    for query in queries:
        arguments = "".join(f", Argument({value.name})" for value in query.parameters)
        run = (f"postgres::ExecPrepared(transaction, k{query.name}Name, k{query.name}Sql{arguments})")
        lines.append(f"{declaration(query)} {{")
        if query.kind == "exec":
            lines.append(f"  return static_cast<int64_t>({run}.affected_rows());")
        else:
            lines.append(f"  const pqxx::result rows = {run};")
        if query.kind == "many":
            lines += [f"  std::vector<{query.name}Row> made;", "  made.reserve(rows.size());",
                      f"  for (const auto& row : rows) made.push_back(ReadRow(row, {query.name}Row()));",
                      "  return made;"]
        elif query.kind == "opt":
            lines += ["  if (rows.empty()) return std::nullopt;"]
        if query.kind in ("one", "opt"):
            lines += [f"  postgres::impl::CheckOneRow(rows, k{query.name}Name);",
                      f"  return ReadRow(rows[0], {query.name}Row());"]
        lines += ["}", ""]
    lines += ["const std::vector<postgres::QueryInfo>& All() {",
              "  static const std::vector<postgres::QueryInfo> all = {"]

    def values(items):
        each = [f'{{"{v.name}", "{v.type}", {str(v.nullable).lower()}}}' for v in items]
        return "{" + ", ".join(each) + "}"

    for query in queries:
        lines.append(f'      {{"{query.name}", "{query.path}", {query.line}, k{query.name}Sql, '
                     f"{values(query.parameters)}, {values(query.columns)}}},")
    lines += ["  };", "  return all;", "}", "", f"}}  // namespace {namespace}", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    for name in ("--namespace", "--header", "--out-header", "--out-source"):
        parser.add_argument(name, required=True)
    parser.add_argument("--root", default=".", help="what paths are shown relative to")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    try:
        queries = []
        for file in options.files:
            path = pathlib.Path(file)
            root = pathlib.Path(options.root)
            shown = path.relative_to(root) if path.is_relative_to(root) else path
            for query in parse(str(shown), path.read_text(encoding="utf-8")):
                for other in queries:
                    if other.name == query.name:
                        raise Mistake(query.path, query.line, f"{query.name} is there twice, first "
                                      f"at {other.path}:{other.line}")
                queries.append(query)
        outputs = {options.out_header: make_header(queries, options.namespace, options.header),
                   options.out_source: make_source(queries, options.namespace, options.header)}
    except (Mistake, OSError, UnicodeDecodeError) as mistake:
        print(mistake, file=sys.stderr)
        return 1
    for name, text in outputs.items():
        path = pathlib.Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
