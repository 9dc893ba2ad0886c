"""Raise business flags on the marts of the build file: findings for alerts, outcomes for checks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipelines.core.alerts.model import Finding
from pipelines.core.alerts.text import figure, plain
from pipelines.core.rules.vocabulary import choice_names
from pipelines.operations.flags import Flag
from pipelines.operations.outcome import SAMPLE_ROWS, CheckOutcome

if TYPE_CHECKING:
    import duckdb

_COMMON = (
    "scope_type", "scope_id", "scope_name", "owner_id", "value_amount", "since_on", "until_on",
)  # fmt: skip

_OF_NO_LEAVER = (
    "coalesce(person_id, '') not in "
    "(select leavers.person_id from marts.dim_person as leavers where leavers.has_left)"
)
# Said already, by the row of a shorter period or by that of a company, region or team.
_TOLD_ONCE = """
not (scope_type = 'org' and scope_id in (
    select node.org_id from marts.dim_org as node
    where node.kind = 'company' or node.org_name in (node.region, node.team)
))
and not exists (
    select 1 from marts.{mart} as shorter
    where shorter.metric = {mart}.metric and shorter.level = {mart}.level
        and shorter.scenario = {mart}.scenario
        and shorter.scope_type = {mart}.scope_type and shorter.scope_id = {mart}.scope_id
        and shorter.target = {mart}.target and shorter.{figure} = {mart}.{figure}
        and shorter.period_type <> 'week'
        and shorter.period_start >= {mart}.period_start
        and shorter.period_end <= {mart}.period_end
        and shorter.period_end - shorter.period_start < {mart}.period_end - {mart}.period_start
)"""


def findings_of(con: duckdb.DuckDBPyConnection, flag: Flag, as_of: date) -> list[Finding]:
    """Return one finding per row that raises a flag, most valuable first.

    Args:
        con: the build file, or a published file with the same schema `marts`.
        flag: the flag.
        as_of: D.
    """
    rows = con.execute(*_query(flag, as_of)).fetchall()
    names = [*(f"key_{i}" for i in range(len(flag.key))), *_COMMON, *flag.figures]
    return [_finding(flag, dict(zip(names, row, strict=True))) for row in rows]


def outcome_of(
    con: duckdb.DuckDBPyConnection, flag: Flag, findings: Sequence[Finding]
) -> CheckOutcome:
    """Return a flag's findings as the outcome of its check: counts, what is at stake, a sample.

    Args:
        con: where the flag was raised, asked whether the company has such rows at all.
        flag: the flag.
        findings: of `findings_of`.
    """
    [(has_rows,)] = con.execute(f"select exists(from marts.{flag.mart})").fetchall()
    amounts = [f.value_amount for f in findings if f.value_amount is not None]
    return CheckOutcome(
        declaration=flag.declaration,
        passed=not findings,
        figures={
            "rows": len(findings),
            "at_stake": str(sum(amounts, Decimal(0))) if amounts else None,
        },
        sample=[_sample(finding) for finding in findings[:SAMPLE_ROWS]],
        is_applicable=bool(has_rows),
    )


def _query(flag: Flag, as_of: date) -> tuple[str, dict[str, date]]:
    scope_type = flag.scope_type if _is_expression(flag.scope_type) else f"'{flag.scope_type}'"
    shown = {
        "scope_type": scope_type,
        "scope_id": f"cast({flag.scope_id} as varchar)",
        "scope_name": f"case when {scope_type} = 'company' then "
        "(select max(company_name) from reference.company) "
        f"else cast({flag.scope_name} as varchar) end",
        "owner_id": f"cast({flag.owner_id} as varchar)",
        "value_amount": f"cast({flag.value_amount} as decimal(18, 2))",
        "since_on": f"cast({flag.since_on} as date)",
        "until_on": f"cast({flag.until_on} as date)",
    }
    columns = [
        *(f"cast({part} as varchar) as key_{i}" for i, part in enumerate(flag.key)),
        *(f"{sql} as shown_{name}" for name, sql in shown.items()),
        *(f"{sql} as figure_{name}" for name, sql in flag.figures.items()),
    ]
    keys = ", ".join(f"key_{i}" for i in range(len(flag.key)))
    conditions = [f"({flag.where})"]
    if flag.skips_leavers:
        conditions.append(_OF_NO_LEAVER)
    if flag.told_once_of is not None:
        conditions.append(_TOLD_ONCE.format(mart=flag.mart, figure=flag.told_once_of))
    sql = (
        f"select {', '.join(columns)} from {flag.source or f'marts.{flag.mart}'} "
        f"where {' and '.join(conditions)} order by shown_value_amount desc nulls last, {keys}"
    )
    return sql, {"as_of": as_of} if "$as_of" in sql else {}


def _is_expression(text: str) -> bool:
    """A scope type is a word of its own, the column of that name, or SQL in quotes."""
    return text == "scope_type" or not text.isidentifier()


def _finding(flag: Flag, row: dict[str, Any]) -> Finding:
    name = row["scope_name"] or row["scope_id"] or "–"
    figures = {one: figure(one, row[one]) for one in flag.figures}
    zh, en = (
        {**figures, "scope_name": plain(name), **_named(flag, row, language)}
        for language in ("zh", "en")
    )
    return Finding(
        key="/".join([flag.kind, *(str(row[f"key_{i}"]) for i in range(len(flag.key)))]),
        kind=flag.kind,
        severity=flag.severity,
        scope_type=row["scope_type"],
        scope_id=row["scope_id"] or "unknown",
        scope_name=name,
        owner_id=row["owner_id"],
        value_amount=row["value_amount"],
        since_on=row["since_on"],
        until_on=row["until_on"],
        figures=figures,
        what_zh=flag.what_zh.format(**zh),
        what_en=flag.what_en.format(**en),
        do_zh=flag.do_zh.format(**zh),
        do_en=flag.do_en.format(**en),
    )


def _named(flag: Flag, row: dict[str, Any], language: str) -> dict[str, str]:
    """Return the figures that list choices of a rules sheet, each as the language calls it."""
    named = {}
    for one, place in flag.choices.items():
        table, _, column = place.partition(".")
        labels = choice_names(table, column)
        words = [
            getattr(labels[word], language) if word in labels else plain(word)
            for word in str(row[one] or "").split(", ")
        ]
        named[one] = ("、" if language == "zh" else ", ").join(words)
    return named


def _sample(finding: Finding) -> dict[str, object]:
    """Return what leads a person to the row: ids and figures, no names."""
    return {
        "scope_type": finding.scope_type,
        "scope_id": finding.scope_id,
        "owner_id": finding.owner_id,
        "value_amount": None if finding.value_amount is None else str(finding.value_amount),
        "since_on": None if finding.since_on is None else finding.since_on.isoformat(),
        **finding.figures,
    }
