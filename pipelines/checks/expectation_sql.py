"""From a written expectation to SQL: the columns it needs, and the rows that break it.

The one declaration serves both ways of judging: as a frame for Great Expectations, and as a
predicate for tables that are too long for one. Both read the same select, so they see one value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipelines.checks.expectation_suites import Expectation, Suite, resolve_kwargs
from pipelines.core.sql_text import quote_name, quote_text
from pipelines.operations.outcome import SAMPLE_ROWS

BETWEEN = "expect_column_values_to_be_between"
EPOCH = date(1970, 1, 1)
MICROSECONDS_IN_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Rule:
    """An expectation for one day D: its arguments filled in, nothing left to look up."""

    expectation: Expectation
    kwargs: dict[str, Any]

    @property
    def name(self) -> str:
        """Return the expectation's name."""
        return self.expectation.name

    @property
    def bounds_days(self) -> bool:
        """Tell whether its bounds are days, so that its figures are days too."""
        return any(isinstance(self.kwargs.get(side), date) for side in ("min_value", "max_value"))

    @property
    def flag(self) -> str | None:
        """Return the frame's column that marks the rows it is about; None: all rows."""
        return f"if_{self.name}" if self.expectation.condition else None


@dataclass(frozen=True)
class Facts:
    """What the engine counted for one rule.

    Attributes:
        row_count: rows that the rule is about.
        violation_count: rows among them that break it.
        smallest: least value judged, of rules with bounds; days in microseconds since 1970.
        largest: greatest value judged, of rules with bounds.
    """

    row_count: int
    violation_count: int
    smallest: float | None
    largest: float | None


def rules_of(suite: Suite, as_of: date) -> list[Rule]:
    """Return a suite's rules for one day D, in the order of its file."""
    return [
        Rule(expectation, resolve_kwargs(expectation, suite.subject, as_of))
        for expectation in suite.expectations
    ]


def frame_sql(
    con: duckdb.DuckDBPyConnection,
    suite: Suite,
    rules: Sequence[Rule],
    carried: Sequence[str] = (),
) -> str:
    """Return the select of what the rules look at.

    Grain: one row per row of the table. Columns: those of the rules, its own or computed; one
    boolean `if_<rule>` per condition; `of_<column>` as it stands for each carried column. Money and numbers
    are doubles: a decimal against 0.9999 pandas would not compare as it stands. Days and times
    are microseconds since 1970, exact in a double until 2255: Great Expectations compares
    timestamps one by one, 4 seconds per rule and million rows, and numbers all at once.
    """
    names = dict.fromkeys(name for rule in rules for name in rule.expectation.columns)
    parts = [_expression(suite, name) for name in names]
    parts += [
        f"coalesce(({rule.expectation.condition}), false) as {quote_name(rule.flag)}"
        for rule in rules
        if rule.flag
    ]
    as_landed = {f"of_{name}": name for name in carried}
    parts += [f"{quote_name(name)} as {quote_name(alias)}" for alias, name in as_landed.items()]
    body = f"select {', '.join(parts)} from {suite.subject.table}"
    described = con.execute(f"describe {body}").fetchall()
    chosen = [
        quote_name(name) if name in as_landed else _comparable(name, kind)
        for name, kind, *_ in described
    ]
    return f"select {', '.join(chosen)} from ({body})"


def count_facts(
    con: duckdb.DuckDBPyConnection, suite: Suite, rules: Sequence[Rule]
) -> dict[str, Facts]:
    """Count, in one pass over the table, what each rule finds; by the rule's name."""
    if not rules:
        return {}
    parts: list[str] = []
    for rule in rules:
        parts += [
            f"count(*) filter (where {judged_sql(rule)})",
            f"count(*) filter (where {broken_sql(rule)})",
        ]
        if rule.expectation.expect == BETWEEN:
            column = quote_name(rule.kwargs["column"])
            parts += [
                f"{side}({column}) filter (where {judged_sql(rule)})" for side in ("min", "max")
            ]
        else:
            parts += ["null", "null"]
    frame = frame_sql(con, suite, rules)
    (found,) = con.execute(f"select {', '.join(parts)} from ({frame})").fetchall()
    return {rule.name: Facts(*found[4 * i : 4 * i + 4]) for i, rule in enumerate(rules)}


def sample_rows(
    con: duckdb.DuckDBPyConnection, suite: Suite, rule: Rule
) -> list[dict[str, object]]:
    """Return a few rows that break a rule, as the way back to file, sheet and row.

    Columns: the table's way back (source and source row, keys or grain), never a personal column; of
    a rule with bounds also the value that is out of them.
    """
    lineage = suite.subject.way_back
    chosen = ", ".join(quote_name("of_" + name) for name in lineage)
    names = list(lineage)
    if rule.expectation.expect == BETWEEN:
        chosen += f", cast({quote_name(rule.expectation.columns[0])} as varchar)"
        names.append("value")
    found = con.execute(
        f"""
        select {chosen}
        from ({frame_sql(con, suite, [rule], carried=lineage)})
        where {broken_sql(rule)}
        order by all
        limit {SAMPLE_ROWS}
        """
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def judged_sql(rule: Rule) -> str:
    """Return the SQL condition of the rows that a rule is about."""
    parts = [quote_name(rule.flag)] if rule.flag else []
    if rule.expectation.expect != "expect_column_values_to_not_be_null":
        parts += [f"{quote_name(name)} is not null" for name in rule.expectation.columns]
    return " and ".join(parts) or "true"


def broken_sql(rule: Rule) -> str:
    """Return the SQL condition of the rows that break a rule."""
    return f"{judged_sql(rule)} and not ({_holds_sql(rule)})"


def _holds_sql(rule: Rule) -> str:
    kwargs = rule.kwargs
    columns = [quote_name(name) for name in rule.expectation.columns]
    match rule.expectation.expect:
        case "expect_column_values_to_be_between":
            return _between_sql(columns[0], kwargs)
        case "expect_column_values_to_be_in_set":
            return f"{columns[0]} in ({_list_sql(kwargs['value_set'])})"
        case "expect_column_values_to_not_be_in_set":
            return f"{columns[0]} not in ({_list_sql(kwargs['value_set'])})"
        case "expect_column_values_to_not_be_null":
            return f"{columns[0]} is not null"
        case "expect_column_values_to_match_regex":
            return f"regexp_matches({columns[0]}, {quote_text(_engine_regex(kwargs['regex']))})"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            return f"{columns[0]} {'>=' if kwargs.get('or_equal') else '>'} {columns[1]}"
        case other:
            raise ValueError(f"{rule.name}: {other} is about a table, it has no rows to count.")


def _between_sql(column: str, kwargs: dict[str, Any]) -> str:
    parts = []
    if "min_value" in kwargs:
        sign = ">" if kwargs.get("strict_min") else ">="
        parts.append(f"{column} {sign} {_value_sql(kwargs['min_value'])}")
    if "max_value" in kwargs:
        sign = "<" if kwargs.get("strict_max") else "<="
        parts.append(f"{column} {sign} {_value_sql(kwargs['max_value'])}")
    return " and ".join(parts)


def microseconds(day: date) -> float:
    """Return a day's first moment in microseconds since 1970, as the frame holds days and times."""
    return float((day - EPOCH).days * MICROSECONDS_IN_A_DAY)


def day_text(moment: float) -> str:
    """Return the day of a moment in microseconds since 1970, as text; misread days go far."""
    ordinal = EPOCH.toordinal() + int(moment // MICROSECONDS_IN_A_DAY)
    if not date.min.toordinal() <= ordinal <= date.max.toordinal():
        return "before year 1" if ordinal < 1 else "after year 9999"
    return date.fromordinal(ordinal).isoformat()


def _engine_regex(regex: str) -> str:
    """Return a Python regex as the engine reads it: Python's closing $ lets one line end pass."""
    return regex[:-1] + r"\n?$" if regex.endswith("$") else regex


def _list_sql(values: Sequence[Any]) -> str:
    return ", ".join(_value_sql(value) for value in values)


def _value_sql(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value!r}::double"
    if isinstance(value, date):
        return f"{microseconds(value)!r}::double"
    return quote_text(str(value))


def _expression(suite: Suite, name: str) -> str:
    computed = suite.computed.get(name)
    return f"({computed}) as {quote_name(name)}" if computed else quote_name(name)


def _comparable(name: str, kind: str) -> str:
    if kind.startswith("DECIMAL") or kind in ("HUGEINT", "BIGINT"):
        return f"{quote_name(name)}::double as {quote_name(name)}"
    if kind in ("DATE", "TIMESTAMP"):
        return f"epoch_us({quote_name(name)}::timestamp)::double as {quote_name(name)}"
    return quote_name(name)
