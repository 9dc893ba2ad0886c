"""What people typed into the progress sheet, tied to the metric, period and scope that it means."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from pipelines.core.cascade.line_model import Directory, Line
from pipelines.core.cascade.lines import nearest
from pipelines.core.names import normalise_name
from pipelines.core.period_names import NamedPeriod, read_period

COMPANY = "company"
OWN_SCOPES = frozenset({"region", "team"})  # a unit of another kind is a scope of the organisation


def resolve_progress(
    rows: list[dict[str, Any]], directory: Directory, product_lines: Collection[str]
) -> list[dict[str, Any]]:
    """Say of every typed row which scope and period it means.

    Args:
        rows: landed columns of `progress` with `source_row`; missing values are None.
        directory: units, people, metrics.
        product_lines: ids of product lines, the last thing that a scope may be.

    Returns:
        One row per row, in order: the row's own columns plus `scope_type`, `scope_id`,
        `period_type`, `period_start`, `period_end`, `period_label`, and where it cannot be used
        `problem` with a sentence in each language. A scope that nobody knows stays as it was
        typed, as scope type `unknown`.
    """
    return [
        _resolved(number, row, directory, product_lines) for number, row in enumerate(rows, start=1)
    ]


def _resolved(
    number: int, row: dict[str, Any], directory: Directory, product_lines: Collection[str]
) -> dict[str, Any]:
    line = Line(number, row)
    if row["metric"] not in directory.metrics:
        en, zh = nearest(str(row["metric"]), list(directory.metrics))
        line.refuse(
            "unknown_metric",
            f"metric {row['metric']!r} is not on the sheet Metrics{en}; add it or an alias",
            f"指标“{row['metric']}”不在“指标”表中{zh}；请添加或写为别名",
        )
    scope = _scope(line, str(row["scope"]), directory, product_lines)
    named = _period(str(row["period"]), row["reported_on"], directory)
    if named is None:
        line.refuse(
            "unknown_period",
            f"period {row['period']!r} is none; write 2026, 2026Q4, 2026-10 or 2026-W41",
            f"期间“{row['period']}”无法识别；请写 2026、2026Q4、2026-10 或 2026-W41",
        )
    return {
        **row,
        "scope_type": scope[0],
        "scope_id": scope[1],
        "period_type": named.period_type if named else "unknown",
        "period_start": named.start_on if named else row["reported_on"],
        "period_end": named.end_on if named else row["reported_on"],
        "period_label": named.label if named else str(row["period"]),
        "problem": line.problem,
        "message_en": line.message_en,
        "message_zh": line.message_zh,
    }


def _period(text: str, reported_on: date, directory: Directory) -> NamedPeriod | None:
    """Read the period; one without a year is the last that had begun when it was reported."""
    for year in (reported_on.year, reported_on.year - 1):
        named = read_period(
            text, year=year, fiscal_year_start_month=directory.fiscal_year_start_month,
            week_start=directory.week_start,
        )  # fmt: skip
        if named is None or named.start_on <= reported_on:
            return named
    return read_period(
        text, year=reported_on.year, fiscal_year_start_month=directory.fiscal_year_start_month,
        week_start=directory.week_start,
    )  # fmt: skip


def _scope(
    line: Line, text: str, directory: Directory, product_lines: Collection[str]
) -> tuple[str, str]:
    wanted = normalise_name(text)
    found = [_unit_scope(unit, directory) for unit in _named(wanted, text, _units(directory))]
    found += [("person", person) for person in _named(wanted, text, directory.people)]
    found = found or [
        ("product_line", name) for name in product_lines if normalise_name(name) == wanted
    ]
    if len(set(found)) == 1:
        return found[0]
    if found:
        ids = ", ".join(sorted({scope_id for _, scope_id in found})[:5])
        line.refuse(
            "ambiguous_scope",
            f"{text!r} names {len(set(found))} units or people ({ids}); write the id",
            f"“{text}”对应 {len(set(found))} 个组织或人员（{ids}）；请写编号",
        )
        return "unknown", text
    names = [*_units(directory).values(), *directory.people.values(), *product_lines]
    en, zh = nearest(text, names)
    line.refuse(
        "unknown_scope",
        f"nobody knows the scope {text!r}{en}; write a unit, a person or a product line",
        f"没有名为“{text}”的范围{zh}；请写组织、人员或产品线",
    )
    return "unknown", text


def _units(directory: Directory) -> dict[str, str]:
    return {unit: name for unit, (name, _, _) in directory.units.items()}


def _named(wanted: str, text: str, names: Any) -> list[str]:
    """Return the ids that a text means: the id itself, else all of that name."""
    if text in names:
        return [text]
    return [key for key, name in names.items() if normalise_name(name) == wanted]


def _unit_scope(unit: str, directory: Directory) -> tuple[str, str]:
    name, kind, _ = directory.units[unit]
    if unit == directory.root:
        return COMPANY, COMPANY
    return (kind, name) if kind in OWN_SCOPES else ("org", unit)
