"""Read what we expect of tables: one readable YAML file per landed entity and per published mart.

A suite of `expectations/landed/` says what was handed over: what the landing contract already
quarantines (required cells, types, accepted values) is not repeated there. A suite of
`expectations/marts/` says what a figure can be at all. Keys, relations and sums belong to dbt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.checks.subjects import LANDED, Subject
from pipelines.operations.outcome import CheckDeclaration

EXPECTATIONS_FOLDER = Path(__file__).resolve().parents[2] / "expectations"

# The contract is written in one place: a suite points to it and never lists columns again.
CONTRACT = "contract"
AS_OF = re.compile(r"^\{as_of(?:([+-]\d+)d)?\}$")
# Python and the engine read these classes differently beyond ASCII: the paths could disagree.
UNPORTABLE_REGEX = re.compile(r"\\[sSwWdDbB]")

ExpectationType = Literal[
    "expect_table_columns_to_match_set",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_match_regex",
    "expect_column_pair_values_a_to_be_greater_than_b",
]

# Per type: kwargs that must stand, and kwargs that may.
KWARGS: dict[str, tuple[set[str], set[str]]] = {
    "expect_table_columns_to_match_set": ({"column_set", "exact_match"}, set()),
    "expect_column_values_to_be_between": (
        {"column"},
        {"min_value", "max_value", "strict_min", "strict_max", "mostly"},
    ),
    "expect_column_values_to_be_in_set": ({"column", "value_set"}, {"mostly"}),
    "expect_column_values_to_not_be_in_set": ({"column", "value_set"}, {"mostly"}),
    "expect_column_values_to_not_be_null": ({"column"}, {"mostly"}),
    "expect_column_values_to_match_regex": ({"column", "regex"}, {"mostly"}),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        {"column_A", "column_B"},
        {"or_equal", "mostly"},
    ),
}
COLUMN_KWARGS = ("column", "column_A", "column_B")


class ExpectationError(Exception):
    """A file of expectations cannot be used as it stands; the message names file and entry."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Description(_Strict):
    """What holds when the check passes, for people."""

    en: str = Field(min_length=10)
    zh: str = Field(min_length=4)


class Expectation(_Strict):
    """One expectation as it is written down; `condition` limits it to some rows, as SQL."""

    name: str = Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+){2,}$")
    expect: ExpectationType
    kwargs: dict[str, Any]
    severity: Literal["critical", "warning"]
    description: Description
    condition: str | None = None

    @property
    def is_about_table(self) -> bool:
        """Tell whether the table is judged as a whole, not row by row."""
        return self.expect.startswith("expect_table_")

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it looks at, landed or computed."""
        return tuple(self.kwargs[name] for name in COLUMN_KWARGS if name in self.kwargs)

    @property
    def mostly(self) -> float:
        """Return the share of rows that must hold."""
        return float(self.kwargs.get("mostly", 1))


class _File(_Strict):
    """A file of expectations; `computed` names SQL expressions to be used like columns."""

    entity: str | None = None
    mart: str | None = None
    computed: dict[str, str] = {}
    expectations: list[Expectation] = Field(min_length=1)


@dataclass(frozen=True)
class Suite:
    """Everything expected of one table."""

    subject: Subject
    computed: Mapping[str, str]
    expectations: tuple[Expectation, ...]

    def declaration(self, expectation: Expectation) -> CheckDeclaration:
        """Return the check that an expectation declares on its table."""
        return CheckDeclaration(
            asset=self.subject.asset,
            name=expectation.name,
            severity="error" if expectation.severity == "critical" else "warn",
            description_en=expectation.description.en,
            description_zh=expectation.description.zh,
        )


def declared_checks(subject: Subject) -> list[CheckDeclaration]:
    """Return the checks declared on one table, in the order of its file.

    Raises:
        ExpectationError: the file is missing or wrong; names file, entry and fix.
    """
    suite = load_suite(subject)
    return [suite.declaration(expectation) for expectation in suite.expectations]


@cache
def load_suite(subject: Subject, folder: Path = EXPECTATIONS_FOLDER) -> Suite:
    """Return what is expected of one table.

    Raises:
        ExpectationError: the file is missing or wrong; names file, entry and fix.
    """
    path = folder / subject.schema / f"{subject.name}.yml"
    where = f"{folder.name}/{subject.schema}/{path.name}"
    kind = "entity" if subject.schema == LANDED else "mart"
    if not path.is_file():
        raise ExpectationError(f"{where} is missing: every {kind} has a file there.")
    content = _read(path, where)
    named = {"entity": content.entity, "mart": content.mart}
    if named != {"entity": None, "mart": None} | {kind: subject.name}:
        raise ExpectationError(f"{where}: {kind} is {named[kind]!r}, write {subject.name!r}.")
    suite = Suite(subject, content.computed, tuple(content.expectations))
    _check(suite, where)
    return suite


def resolve_kwargs(expectation: Expectation, subject: Subject, as_of: date) -> dict[str, Any]:
    """Return an expectation's arguments for one day D, its placeholders filled in.

    Args:
        expectation: the expectation.
        subject: its table, whose columns stand for `column_set: contract`.
        as_of: D, which stands for {as_of}; {as_of+365d} is 365 days later.
    """
    resolved: dict[str, Any] = {}
    for name, value in expectation.kwargs.items():
        placeholder = AS_OF.match(value) if isinstance(value, str) else None
        if placeholder:
            resolved[name] = as_of + timedelta(days=int(placeholder[1] or 0))
        elif name == "column_set" and value == CONTRACT:
            resolved[name] = list(subject.columns)
        else:
            resolved[name] = value
    return resolved


def _read(path: Path, where: str) -> _File:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as problem:
        raise ExpectationError(f"{where} is not YAML: {problem}") from problem
    try:
        return _File.model_validate(content)
    except ValidationError as problem:
        raise ExpectationError(f"{where}: {_first_problem(problem, content)}") from problem


def _first_problem(problem: ValidationError, content: Any) -> str:
    """Say the first thing that is wrong, by number and name of the entry."""
    error = problem.errors()[0]
    place = [str(part) for part in error["loc"]]
    if len(place) > 1 and place[0] == "expectations":
        entry = content["expectations"][int(place[1])]
        name = entry.get("name", "without a name") if isinstance(entry, dict) else entry
        field = ".".join(place[2:]) or "entry"
        return f"expectation {int(place[1]) + 1} ({name}): {field}: {error['msg']}"
    return f"{'.'.join(place) or 'file'}: {error['msg']}"


def _check(suite: Suite, where: str) -> None:
    """Hold what a single field cannot say: names, columns and arguments fit together."""
    columns = suite.subject.columns
    shadowing = sorted(set(suite.computed) & set(columns))
    if shadowing:
        raise ExpectationError(f"{where}: computed {shadowing} are columns already; rename them.")
    used = {column for expectation in suite.expectations for column in expectation.columns}
    unused = sorted(set(suite.computed) - used)
    if unused:
        raise ExpectationError(f"{where}: computed {unused} are used by no expectation.")
    seen: set[str] = set()
    for number, expectation in enumerate(suite.expectations, start=1):
        entry = f"{where}: expectation {number} ({expectation.name})"
        if expectation.name in seen:
            raise ExpectationError(f"{entry}: that name stands twice; names are unique in a file.")
        seen.add(expectation.name)
        _check_kwargs(expectation, entry)
        for column in expectation.columns:
            if column not in columns and column not in suite.computed:
                choice = ", ".join([*columns, *suite.computed])
                raise ExpectationError(f"{entry}: no column {column!r}; there are {choice}.")
    if all(expectation.severity != "critical" for expectation in suite.expectations):
        raise ExpectationError(f"{where}: no expectation is critical; at least one must be.")


def _check_kwargs(expectation: Expectation, entry: str) -> None:
    kwargs = expectation.kwargs
    needed, allowed = KWARGS[expectation.expect]
    missing, unknown = sorted(needed - kwargs.keys()), sorted(kwargs.keys() - needed - allowed)
    if missing or unknown:
        raise ExpectationError(
            f"{entry}: {expectation.expect} lacks {missing}, does not know {unknown}; "
            f"it takes {', '.join(sorted(needed | allowed))}."
        )
    is_open = "min_value" not in kwargs and "max_value" not in kwargs
    if expectation.expect == "expect_column_values_to_be_between" and is_open:
        raise ExpectationError(f"{entry}: give min_value, max_value or both.")
    for name, value in kwargs.items():
        if isinstance(value, str) and "{as_of" in value and not AS_OF.match(value):
            raise ExpectationError(
                f"{entry}: {name} is {value!r}; write {{as_of}}, {{as_of+365d}} or {{as_of-30d}}."
            )
    if not 0 < expectation.mostly <= 1:
        raise ExpectationError(f"{entry}: mostly is {expectation.mostly}; write 0.9 for 90 %.")
    if UNPORTABLE_REGEX.search(str(kwargs.get("regex", ""))):
        raise ExpectationError(
            f"{entry}: write [0-9] or [A-Za-z] in regex, not \\d, \\w, \\s or \\b."
        )
    if expectation.condition and expectation.is_about_table:
        raise ExpectationError(f"{entry}: a table has no rows to choose; drop the condition.")
