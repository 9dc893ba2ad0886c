"""Judge tables against their suites: one outcome per declared check, in declared order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from pipelines.checks.expectation_engine import (
    Judgement,
    judge_facts,
    judge_frame,
    without_values,
)
from pipelines.checks.expectation_sql import (
    BETWEEN,
    Rule,
    count_facts,
    day_text,
    frame_sql,
    rules_of,
    sample_rows,
)
from pipelines.checks.expectation_suites import (
    Suite,
    declared_checks,
    load_suite,
)
from pipelines.checks.subjects import Subject
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome

if TYPE_CHECKING:
    import pandas as pd

# Up to here the columns themselves are judged; above, the engine counts and the counts are judged.
MOST_ROWS_IN_A_FRAME = 1_000_000


@dataclass(frozen=True)
class _Finding:
    judgement: Judgement
    smallest: float | str | None = None
    largest: float | str | None = None
    sample: Sequence[dict[str, object]] = field(default_factory=tuple)


def run_suites(
    con: duckdb.DuckDBPyConnection,
    subjects: Sequence[Subject],
    as_of: date,
    *,
    most_rows_in_a_frame: int = MOST_ROWS_IN_A_FRAME,
) -> list[CheckOutcome]:
    """Judge these tables, as of the end of day D.

    Args:
        con: the build database, which holds schemas `landed` and `marts`.
        subjects: the tables.
        as_of: D; bounds such as {as_of+365d} count from it.
        most_rows_in_a_frame: longer tables are counted by the engine, and the counts are judged.

    Returns:
        One outcome per declared check: tables in the order given, checks in the order of their
        file. A table without rows passes as not applicable. A check that cannot be computed
        fails with its reason. No outcome holds a value of a row other than its key.

    Raises:
        ExpectationError: a suite is missing or wrong.
    """
    outcomes: list[CheckOutcome] = []
    for subject in subjects:
        suite = load_suite(subject)
        rules = rules_of(suite, as_of)
        found = _findings(con, suite, rules, most_rows_in_a_frame)
        for rule, declaration in zip(rules, declared_checks(subject), strict=True):
            outcomes.append(_outcome(declaration, rule, found.get(rule.name)))
    return outcomes


def _findings(
    con: duckdb.DuckDBPyConnection, suite: Suite, rules: Sequence[Rule], most_rows: int
) -> dict[str, _Finding]:
    """Return what was found by rule; nothing where the table has no rows."""
    try:
        # All of it is fetched: a result left open would refuse the next query.
        (counted,) = con.execute(f"select count(*) from {suite.subject.table}").fetchall()
    except duckdb.CatalogException:
        missing = Judgement(False, reason=f"table {suite.subject.table} is missing: build first")
        return {rule.name: _Finding(missing) for rule in rules}
    row_count = int(counted[0])
    if row_count == 0:
        return {}
    about_table = [rule for rule in rules if rule.expectation.is_about_table]
    about_rows = [rule for rule in rules if not rule.expectation.is_about_table]
    judge = _judge_rows if row_count <= most_rows else _judge_counts
    return _judge_table(con, suite, about_table) | _judge_apart(
        suite, about_rows, lambda tried: judge(con, suite, tried)
    )


def _judge_table(
    con: duckdb.DuckDBPyConnection, suite: Suite, rules: Sequence[Rule]
) -> dict[str, _Finding]:
    """Judge a table as a whole: an empty frame has its columns."""
    shape = _frame(con, f"select * from {suite.subject.table} limit 0")
    judged = judge_frame(shape, rules, _known_names(suite))
    return {name: _Finding(judgement) for name, judgement in judged.items()}


def _judge_apart(
    suite: Suite, rules: Sequence[Rule], judge: Callable[[Sequence[Rule]], dict[str, _Finding]]
) -> dict[str, _Finding]:
    """Judge all rules in one go; where the engine refuses, one by one: only the culprit fails."""
    try:
        return judge(rules) if rules else {}
    except duckdb.Error as problem:
        if len(rules) == 1:
            reason = without_values(str(problem), _known_names(suite))
            return {rules[0].name: _Finding(Judgement(False, reason=reason))}
    found: dict[str, _Finding] = {}
    for rule in rules:
        found |= _judge_apart(suite, [rule], judge)
    return found


def _judge_rows(
    con: duckdb.DuckDBPyConnection, suite: Suite, rules: Sequence[Rule]
) -> dict[str, _Finding]:
    """Judge the columns themselves."""
    frame = _frame(con, frame_sql(con, suite, rules))
    judged = judge_frame(frame, rules, _known_names(suite))
    return {
        rule.name: _Finding(
            judged[rule.name],
            *_range_in_frame(frame, rule, judged[rule.name]),
            _sample(con, suite, rule, judged[rule.name]),
        )
        for rule in rules
    }


def _judge_counts(
    con: duckdb.DuckDBPyConnection, suite: Suite, rules: Sequence[Rule]
) -> dict[str, _Finding]:
    """Judge what the engine counted in one pass."""
    facts = count_facts(con, suite, rules)
    judged = judge_facts(facts, rules)
    return {
        rule.name: _Finding(
            judged[rule.name],
            _plain(facts[rule.name].smallest, rule),
            _plain(facts[rule.name].largest, rule),
            _sample(con, suite, rule, judged[rule.name]),
        )
        for rule in rules
    }


def _sample(
    con: duckdb.DuckDBPyConnection, suite: Suite, rule: Rule, judgement: Judgement
) -> Sequence[dict[str, object]]:
    wants_sample = not judgement.passed and judgement.violation_count
    return sample_rows(con, suite, rule) if wants_sample else ()


def _outcome(declaration: CheckDeclaration, rule: Rule, finding: _Finding | None) -> CheckOutcome:
    if finding is None:
        return CheckOutcome(declaration, True, {"row_count": 0}, is_applicable=False)
    judgement = finding.judgement
    figures: dict[str, float | int | str | None] = {}
    if judgement.row_count is not None:
        figures["row_count"] = judgement.row_count
        figures["violation_count"] = judgement.violation_count
        figures["mostly"] = rule.expectation.mostly
    if rule.expectation.expect == BETWEEN and judgement.row_count:
        figures["smallest"], figures["largest"] = finding.smallest, finding.largest
    if judgement.reason:
        figures["reason"] = judgement.reason
    return CheckOutcome(
        declaration,
        judgement.passed,
        figures,
        finding.sample,
        is_applicable=judgement.row_count != 0,
    )


def _frame(con: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    """Return a query's result as a pandas frame, by way of Arrow: columns keep their types."""
    frame: pd.DataFrame = con.sql(sql).to_arrow_table().to_pandas()
    return frame


def _range_in_frame(
    frame: pd.DataFrame, rule: Rule, judgement: Judgement
) -> tuple[float | str | None, float | str | None]:
    """Return the least and the greatest value that a rule with bounds judged."""
    # What could not be judged may hold anything, such as text where a number should be.
    if rule.expectation.expect != BETWEEN or not judgement.row_count:
        return None, None
    values = frame[rule.kwargs["column"]]
    judged = (values[frame[rule.flag]] if rule.flag else values).dropna()
    return _plain(judged.min(), rule), _plain(judged.max(), rule)


def _plain(value: float | None, rule: Rule) -> float | str | None:
    """Return a figure as a number, or as a day in text where the rule's bounds are days."""
    if value is None:
        return None
    return day_text(value) if rule.bounds_days else float(value)


def _known_names(suite: Suite) -> set[str]:
    """Return the words that belong to us, so that a reason may name them."""
    rules = {expectation.name for expectation in suite.expectations}
    return {*suite.subject.columns, *suite.computed, *rules, suite.subject.name}
