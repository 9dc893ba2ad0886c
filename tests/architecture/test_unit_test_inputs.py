"""A unit test of a model names what the model reads: read from the files, since dbt tells it only when it runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2] / "dbt_project"
_NOTE = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
_READ = re.compile(r"\b(?:ref\(\s*'(\w+)'\s*\)|source\(\s*'(\w+)'\s*,\s*'(\w+)'\s*\))")
_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)
_CALL = re.compile(r"\b(\w+)\(")


def reads(sql: str, macros: Mapping[str, str], known: frozenset[str] = frozenset()) -> set[str]:
    """Return what a model's text reads, itself or through the macros that it calls."""
    sql = _NOTE.sub("", sql)
    found = {
        f"ref:{model}" if model else f"{schema}.{table}"
        for model, schema, table in _READ.findall(sql)
    }
    for name in {call for call in _CALL.findall(sql) if call in macros} - known:
        found |= reads(macros[name], macros, known | {name})
    return found


@cache
def _macros() -> dict[str, str]:
    """Return the body of every macro as DuckDB gets it: `day_of` and `default__day_of` are one."""
    texts: dict[str, str] = {}
    for path in sorted((PROJECT / "macros").glob("**/*.sql")):
        for match in _MACRO.finditer(_NOTE.sub("", path.read_text("utf-8"))):
            name = match[1].removeprefix("default__")
            texts[name] = texts.get(name, "") + match[0].split(")", 1)[1]
    return texts


def _unit_tests() -> dict[str, tuple[str, set[str], set[str]]]:
    """Return every unit test: its model, what it gives, and the macros that it overrides."""
    found = {}
    for path in sorted((PROJECT / "models").glob("**/*unit_tests.yml")):
        for test in yaml.safe_load(path.read_text("utf-8"))["unit_tests"]:
            given = {next(iter(reads(each["input"], {}))) for each in test["given"]}
            overridden = set(test.get("overrides", {}).get("macros", {}))
            found[test["name"]] = (test["model"], given, overridden)
    return found


UNIT_TESTS = _unit_tests()


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_a_unit_test_gives_what_its_model_reads_and_nothing_else(name: str) -> None:
    model, given, overridden = UNIT_TESTS[name]
    [path] = (PROJECT / "models").glob(f"**/{model}.sql")
    sql, macros = path.read_text("utf-8"), _macros()
    # What an overridden macro would have read may be given, and need not be.
    kept = {called: body for called, body in macros.items() if called not in overridden}
    assert reads(sql, kept) <= given <= reads(sql, macros)


def test_a_moved_ref_is_seen_wherever_it_stands() -> None:
    macros = {
        "named": "select * from {{ source('rules', 'names') }} where {{ asked() }}",
        "asked": "{{ named() }}",
    }
    sql = """
        -- ref('of_a_note')
        {# source('of', 'a_note') #}
        select * from {{ ref('int_scope') }} where {{ asked() }} and {{ ref( 'dim_date' ) }}
    """
    assert reads(sql, macros) == {"ref:int_scope", "ref:dim_date", "rules.names"}
