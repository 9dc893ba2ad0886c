"""When a target is for and how much it is, as a person wrote it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from pipelines.core.cascade.line_model import Directory, Line, Metric
from pipelines.core.period_names import NamedPeriod, read_period, year_in

ONE_DAY = timedelta(days=1)
UNIT_FACTORS = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
GROWTH = frozenset({"growth_yoy", "growth_prior"})


def read_time(line: Line, directory: Directory) -> None:
    """Understand the period: named, custom with start and end, or a milestone with an end alone."""
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
    is_milestone = False
    if named is None and isinstance(end, date) and not text:
        is_milestone = True
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


def read_value(line: Line, kind: Metric, directory: Directory) -> None:
    """Understand the figure: its unit, its currency, or growth over a base."""
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
        return date(total // 12, total % 12 + 1, 1), start - ONE_DAY
    return start - (end - start) - ONE_DAY, start - (date(2000, 1, 2) - date(2000, 1, 1))


def _year_before(day: date) -> date:
    is_last = (day.month, day.day) == (2, 28) and (day.year - 1) % 4 == 0
    if (day.month, day.day) == (2, 29) or is_last:
        return date(day.year - 1, 3, 1) - ONE_DAY
    return day.replace(year=day.year - 1)
