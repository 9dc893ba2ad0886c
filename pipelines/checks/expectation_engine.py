"""Let Great Expectations judge a frame, and keep nothing of the frame but counts.

Importing it takes seconds, so it happens when there is something to judge.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from pipelines.checks.expectation_sql import BETWEEN, Facts, Rule, microseconds

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.expectations.expectation import Expectation as GxExpectation

# Counts only: results would else keep offending values, which may be phones and names.
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
PAIR = "expect_column_pair_values_a_to_be_greater_than_b"
_QUOTED = re.compile(r"(?P<mark>['\"`])(?P<text>.*?)(?P=mark)", re.DOTALL)
_DIGITS = re.compile(r"\d{4,}")


@dataclass(frozen=True)
class Judgement:
    """Whether one rule held, with the counts behind it.

    Attributes:
        passed: whether it held.
        row_count: rows judged; None for a table as a whole, or where it could not be judged.
        violation_count: rows that broke it.
        reason: why it could not be judged, or what is wrong with the table; without any value.
    """

    passed: bool
    row_count: int | None = None
    violation_count: int | None = None
    reason: str | None = None


def judge_frame(
    frame: pd.DataFrame, rules: Sequence[Rule], known_names: Collection[str]
) -> dict[str, Judgement]:
    """Judge each rule on the rows themselves, in one validation; by the rule's name.

    Args:
        frame: the columns that the rules look at.
        rules: what is expected.
        known_names: words that a reason may quote; everything else in quotes could be a value.
    """
    if not rules:
        return {}
    results = _validate(frame, [_to_gx(rule) for rule in rules])
    return {name: _judgement(result, known_names) for name, result in results.items()}


def judge_facts(facts: Mapping[str, Facts], rules: Sequence[Rule]) -> dict[str, Judgement]:
    """Judge each rule on what the engine counted, in a frame of one row per rule; by name."""
    if not rules:
        return {}
    import pandas as pd
    from great_expectations.expectations.row_conditions import Column

    frame = pd.DataFrame(
        {
            "rule": [rule.name for rule in rules],
            "success_rate": [_success_rate(facts[rule.name]) for rule in rules],
        }
    )
    expectations = [
        _gx_type(BETWEEN)(
            column="success_rate",
            min_value=rule.expectation.mostly,
            row_condition=Column("rule") == rule.name,
            severity=rule.expectation.severity,
            meta={"name": rule.name},
        )
        for rule in rules
    ]
    results = _validate(frame, expectations)
    return {
        rule.name: Judgement(
            passed=bool(results[rule.name].success),
            row_count=facts[rule.name].row_count,
            violation_count=facts[rule.name].violation_count,
        )
        for rule in rules
    }


def without_values(text: str, known_names: Collection[str]) -> str:
    """Return an error's first line without anything that could be a value of a row."""

    def keep_known(found: re.Match[str]) -> str:
        return found[0] if found["text"] in known_names else "'…'"

    lines = text.strip().splitlines()
    return _DIGITS.sub("…", _QUOTED.sub(keep_known, lines[0])) if lines else "no reason given"


def load_great_expectations() -> Any:
    """Import Great Expectations with its reports to its makers switched off."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    return great_expectations


def _success_rate(facts: Facts) -> float:
    """Return the share of rows that hold; nothing to judge holds."""
    if facts.row_count == 0:
        return 1.0
    return (facts.row_count - facts.violation_count) / facts.row_count


def _validate(frame: pd.DataFrame, expectations: Sequence[GxExpectation]) -> dict[str, Any]:
    """Return Great Expectations' results by name; it returns them in an order of its own."""
    gx = load_great_expectations()
    batch = _whole_frame().get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(name="table", expectations=list(expectations))
    validated: ExpectationSuiteValidationResult = batch.validate(suite, result_format=COUNTS_ONLY)
    return {_name(result): result for result in validated.results}


@cache
def _whole_frame() -> Any:
    """Return the definition of a batch that is one frame; making it costs more than a validation.

    Its context lives in memory only and holds no frame: each validation brings its own.
    """
    context = load_great_expectations().get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def _name(result: Any) -> str:
    """Return the name under which we gave an expectation."""
    return str(result.expectation_config.meta["name"])


def _to_gx(rule: Rule) -> GxExpectation:
    from great_expectations.expectations.row_conditions import Column

    kwargs = {
        name: microseconds(value) if isinstance(value, date) else value
        for name, value in rule.kwargs.items()
    }
    if rule.expectation.expect == PAIR:
        kwargs["ignore_row_if"] = "either_value_is_missing"
    if rule.flag:
        kwargs["row_condition"] = Column(rule.flag) == True  # noqa: E712 (builds a condition)
    expectation: GxExpectation = _gx_type(rule.expectation.expect)(
        **kwargs, severity=rule.expectation.severity, meta={"name": rule.name}
    )
    return expectation


def _gx_type(name: str) -> Any:
    load_great_expectations()
    from great_expectations.expectations.registry import get_expectation_impl

    return get_expectation_impl(name)


def _judgement(result: Any, known_names: Collection[str]) -> Judgement:
    counts = result.result
    if not counts:
        return Judgement(passed=False, reason=_exception_reason(result.exception_info, known_names))
    if "element_count" not in counts:
        return Judgement(passed=bool(result.success), reason=_table_reason(counts))
    rows = counts["element_count"] - counts.get("missing_count", 0)
    return Judgement(bool(result.success), rows, counts["unexpected_count"])


def _exception_reason(info: dict[str, Any], known_names: Collection[str]) -> str:
    """Return what an expectation stumbled over: one message, or one per metric."""
    nested = [part for part in info.values() if isinstance(part, dict)] or [info]
    messages = [part["exception_message"] for part in nested if part.get("exception_message")]
    return without_values(str(messages[0]) if messages else "", known_names)


def _table_reason(counts: Mapping[str, Any]) -> str | None:
    mismatched = (counts.get("details") or {}).get("mismatched") or {}
    parts = [f"{kind}: {', '.join(names)}" for kind, names in sorted(mismatched.items())]
    return "; ".join(parts) or None
