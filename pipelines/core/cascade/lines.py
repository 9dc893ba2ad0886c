"""From rows as people wrote them to lines that the cascade can use, each problem named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

from pipelines.core.names import normalise_name
from pipelines.core.period_names import NamedPeriod, read_period, year_in

UNKNOWN_UNIT = "unknown"
UNIT_FACTORS = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
GROWTH = {"growth_yoy": 12, "growth_prior": 0}


@dataclass(frozen=True)
class Metric:
    """How a metric's targets behave."""

    unit: str  # money, count, rate, minutes, days, score
    is_ratio: bool
    is_lower_better: bool

    @property
    def is_spread(self) -> bool:
        """Whether a target may be summed and spread: no ratio, and higher is better."""
        return not (self.is_ratio or self.is_lower_better)


@dataclass(frozen=True)
class Directory:
    """Who and what a row may name.

    Attributes:
        units: unit id → (name, kind, parent id).
        people: person id → name.
        root: unit that stands for the company.
        metrics: metric id → how it behaves.
        currency: reporting currency.
        fiscal_year_start_month, week_start: as `read_period` takes them.
        base_of: actual of a metric for holder and days as known on a day, for growth targets.
    """

    units: Mapping[str, tuple[str, str, str | None]]
    people: Mapping[str, str]
    root: str
    metrics: Mapping[str, Metric]
    currency: str
    fiscal_year_start_month: int
    week_start: int
    base_of: Callable[[dict[str, Any], date, date, date], Decimal | None]


@dataclass
class Line:
    """One target, resolved; `problem` is a code, with a sentence in each language."""

    line: int
    row: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    message_en: str | None = None
    message_zh: str | None = None

    def refuse(self, code: str, en: str, zh: str) -> None:
        """Note why the line cannot be used; the first reason stands."""
        if self.problem is None:
            where = self.row.get("source_row") or ""
            self.problem = code
            self.message_en, self.message_zh = f"{where}: {en}", f"{where}：{zh}"


def resolve_lines(rows: list[dict[str, Any]], directory: Directory) -> list[Line]:
    """Resolve every row: whose target, of what, for when, how much.

    Args:
        rows: landed columns of `targets` plus `recorded_on`, `removed_on`, `source`, `source_row`;
            missing values are None.
        directory: units, people, metrics.

    Returns:
        One line per row, in order. A name that nobody knows keeps its figure on a unit or person
        of that name below `unknown` and says which known name is nearest.
    """
    return [_resolved(number, row, directory) for number, row in enumerate(rows, start=1)]


def _resolved(number: int, row: dict[str, Any], directory: Directory) -> Line:
    line = Line(number, row)
    metric = row.get("metric") or "signed_amount"
    line.values = {
        "metric": metric,
        "level": row.get("level") or "base",
        "scenario": row.get("scenario") or "base",
        "product_line": row.get("product_line"),
        "customer_type": row.get("customer_type"),
        "value_kind": row.get("value_kind") or "amount",
        "effective_on": row.get("effective_from"),
    }
    kind = directory.metrics.get(metric)
    if kind is None:
        known = _nearest(metric, list(directory.metrics))
        line.refuse(
            "unknown_metric",
            f"metric {metric!r} is not on the sheet Metrics{known[0]}; add it or an alias",
            f"指标“{metric}”不在“指标”表中{known[1]}；请添加或写为别名",
        )
        kind = Metric("count", is_ratio=False, is_lower_better=False)
    line.values |= {"is_spread": kind.is_spread, "unit": kind.unit}
    _place(line, directory)
    _time(line, directory)
    _value(line, kind, directory)
    return line


def _nearest(text: str, names: list[str]) -> tuple[str, str]:
    found = process.extractOne(text, names, scorer=fuzz.WRatio)
    if not found or found[1] < 50:
        return "", ""
    return f", the nearest is {found[0]!r}", f"，最接近的是“{found[0]}”"


def _place(line: Line, directory: Directory) -> None:
    row = line.row
    unit: str | None = None
    for column, kinds in (("node", ()), ("region", ("region",)), ("team", ("team",))):
        if row.get(column):
            unit = _unit(line, str(row[column]), kinds, unit, directory)
    if row.get("person"):
        person = _person(line, str(row["person"]), directory)
        line.values |= {"holder_kind": "person", "holder_id": person, "unit_id": unit or UNKNOWN_UNIT}
    else:
        line.values |= {"holder_kind": "unit", "holder_id": unit or directory.root}


def _unit(
    line: Line, name: str, kinds: tuple[str, ...], above: str | None, directory: Directory
) -> str:
    """Find a unit by id or name, of the kind that the column means where several share a name."""
    if name in directory.units:
        return name
    wanted = normalise_name(name)
    same = [u for u, (title, _, _) in directory.units.items() if normalise_name(title) == wanted]
    fitting = [u for u in same if not kinds or directory.units[u][1] in kinds] or same
    under = [u for u in fitting if above is None or _is_under(u, above, directory)] or fitting
    if len(under) == 1:
        return under[0]
    if len(under) > 1:
        line.refuse(
            "ambiguous_unit",
            f"{name!r} names {len(under)} units ({', '.join(under[:5])}); write the unit's id",
            f"“{name}”对应 {len(under)} 个组织（{'、'.join(under[:5])}）；请写组织编号",
        )
        return under[0]
    near = _nearest(name, [title for title, _, _ in directory.units.values()])
    line.values["unknown_name"] = name
    line.values["unknown_kind"] = kinds[0] if kinds else "unit"
    line.refuse(
        "unknown_unit",
        f"nobody knows the unit {name!r}{near[0]}; its target is kept below 'unknown'",
        f"没有名为“{name}”的组织{near[1]}；该目标暂挂在“unknown”下",
    )
    return f"{UNKNOWN_UNIT}:{name}"


def _is_under(unit: str, above: str, directory: Directory) -> bool:
    at: str | None = unit
    for _ in range(64):
        if at == above:
            return True
        at = directory.units[at][2] if at in directory.units else None
        if at is None:
            return False
    return False


def _person(line: Line, name: str, directory: Directory) -> str:
    if name in directory.people:
        return name
    same = [p for p, title in directory.people.items() if normalise_name(title) == normalise_name(name)]
    if len(same) == 1:
        return same[0]
    if same:
        line.refuse(
            "ambiguous_person",
            f"{name!r} names {len(same)} people ({', '.join(same[:5])}); write the person's id",
            f"“{name}”对应 {len(same)} 个人（{'、'.join(same[:5])}）；请写人员编号",
        )
        return same[0]
    near = _nearest(name, list(directory.people.values()))
    line.refuse(
        "unknown_person",
        f"nobody knows the person {name!r}{near[0]}; add an alias on the sheet Aliases",
        f"没有名为“{name}”的人员{near[1]}；请在“别名”表中登记",
    )
    return name


def _time(line: Line, directory: Directory) -> None:
    row = line.row
    start, end, text = row.get("start_on"), row.get("end_on"), row.get("period")
    recorded = row["recorded_on"]
    year = year_in(str(row.get("source_row") or "")) or recorded.year
    named = read_period(
        str(text), year=year, fiscal_year_start_month=directory.fiscal_year_start_month,
        week_start=directory.week_start,
    ) if text else None  # fmt: skip
    if start and end:
        named = named if named and (named.start_on, named.end_on) == (start, end) else None
        label = str(text or f"{start} – {end}")
        named = named or NamedPeriod("custom", start, end, label)
    is_milestone = named is None and end is not None and not text
    if is_milestone:
        first = start or _fiscal_start(end, directory.fiscal_year_start_month)
        named = NamedPeriod("custom", first, end, f"→ {end}")
    if named is None or named.end_on < named.start_on:
        line.refuse(
            "unknown_period",
            f"period {text!r} is none; write 2026, 2026Q4, 2026-10, 2026-W41, or start and end",
            f"期间“{text}”无法识别；请写 2026、2026Q4、2026-10、2026-W41，或起止日期",
        )
        named = NamedPeriod("custom", recorded, recorded, str(text))
    line.values |= {
        "period_type": named.period_type,
        "start_on": named.start_on,
        "end_on": named.end_on,
        "period_label": named.label,
        "is_year": named.period_type == "year",
        "is_milestone": is_milestone,
    }


def _fiscal_start(day: date, month: int) -> date:
    return date(day.year if day.month >= month else day.year - 1, month, 1)


def _value(line: Line, kind: Metric, directory: Directory) -> None:
    row = line.row
    value = Decimal(str(row["value"]))
    line.values["growth_base"] = None
    if line.values["value_kind"] in GROWTH:
        value = _grown(line, value, directory)
    elif kind.unit == "money":
        unit = str(row.get("unit") or "").removesuffix("元")
        value *= UNIT_FACTORS.get(unit, 1)
        value *= _plan_rate(line, directory)
    if value < 0:
        line.refuse("negative_target", f"target {value} is negative", f"目标 {value} 为负数")
    line.values["value"] = value


def _plan_rate(line: Line, directory: Directory) -> Decimal:
    currency, rate = line.row.get("currency"), line.row.get("plan_rate")
    if rate is not None:
        return Decimal(str(rate))
    if currency and currency != directory.currency:
        line.refuse(
            "unconverted_currency",
            f"a target in {currency} needs plan_rate, one {currency} in {directory.currency}",
            f"{currency} 目标需要填写计划汇率（1 {currency} 折合多少 {directory.currency}）",
        )
    return Decimal(1)


def _grown(line: Line, rate: Decimal, directory: Directory) -> Decimal:
    """Turn growth into an amount; the base is what was known when the version was recorded."""
    start, end = _base_days(line)
    base = directory.base_of(line.values, start, end, line.row["recorded_on"])
    if base is None or base <= 0:
        line.refuse(
            "no_base",
            f"growth over {start} to {end} has no base: nothing positive was booked then",
            f"增长目标没有基数：{start} 至 {end} 没有正的实际值",
        )
        return Decimal(0)
    line.values["growth_base"] = base
    return base * (1 + rate)


def _base_days(line: Line) -> tuple[date, date]:
    start, end = line.values["start_on"], line.values["end_on"]
    if line.values["value_kind"] == "growth_yoy":
        return _year_before(start), _year_before(end)
    if line.values["period_type"] in {"month", "quarter", "year"}:
        months = {"month": 1, "quarter": 3, "year": 12}[line.values["period_type"]]
        total = start.year * 12 + start.month - 1 - months
        return date(total // 12, total % 12 + 1, 1), start - (date(2000, 1, 2) - date(2000, 1, 1))
    return start - (end - start) - (date(2000, 1, 2) - date(2000, 1, 1)), start - (
        date(2000, 1, 2) - date(2000, 1, 1)
    )


def _year_before(day: date) -> date:
    is_last = (day.month, day.day) == (2, 28) and (day.year - 1) % 4 == 0
    if (day.month, day.day) == (2, 29) or is_last:
        return date(day.year - 1, 3, 1) - (date(2000, 1, 2) - date(2000, 1, 1))
    return day.replace(year=day.year - 1)


USABLE_PROBLEMS = frozenset({None, "unknown_unit", "unknown_person"})


def lines_frame(lines: list[Line]) -> pd.DataFrame:
    """Lay lines out as a frame: grain one row per line, problems included."""
    kept = ("source", "source_row", "recorded_on", "removed_on", "changed_by", "reason", "reserve_rate",
            "responsible_id")  # fmt: skip
    records = [
        {
            "line": line.line,
            **line.values,
            **{name: line.row.get(name) for name in kept},
            "problem": line.problem,
            "message_en": line.message_en,
            "message_zh": line.message_zh,
        }
        for line in lines
    ]
    return pd.DataFrame(records)
