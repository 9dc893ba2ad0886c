"""Contradictions in lights, season, weights, reserve, scorecard, incentive and scenarios."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from pipelines.core.rules.checks_common import ordered, shown, sums_to_one
from pipelines.core.rules.model import Finding, TableRows, Text, matching_key

_POSITIONS = {"quarter": 4, "month": 12}


def status(rows: TableRows) -> Iterator[Finding]:
    """Yellow comes before red."""
    text = Text("小于“红灯落后率”", "less than Behind above")
    yield from ordered(rows, "status", "watch_lag_rate", "behind_lag_rate", text, is_strict=True)


def season(rows: TableRows) -> Iterator[Finding]:
    """Each set is whole (4 quarters or 12 months) and sums to 1; a basis of weights has weights."""
    yield from sums_to_one(rows, "season", ("metric", "kind"), "weight_rate")
    sets: dict[tuple[str, object], list[int]] = defaultdict(list)
    for index, row in enumerate(rows["season"]):
        kind = row.values["kind"]
        sets[(matching_key(row.values["metric"]), kind)].append(index)
        if row.values["position"] > _POSITIONS[str(kind)]:  # type: ignore[operator]
            text = Text("季度为 1 到 4", "1 to 4 for a quarter")
            yield Finding("season", index, "position", shown(row.values["position"]), text)
    for (_, whole), members in sets.items():
        need = _POSITIONS[str(whole)]
        if len(members) != need:
            text = Text(f"整组 {need} 行", f"a whole set of {need} rows")
            yield Finding("season", members[0], "position", f"{len(members)} 行/rows", text)
    for settings in rows["season_settings"]:
        for split in _POSITIONS:
            basis = f"{split}_basis"
            if settings.values[basis] == "weights" and not any(k == split for _, k in sets):
                text = Text(
                    "“按工作日”，或在下面写出权重", "Workdays, or weights in the table below"
                )
                yield Finding("season_settings", 0, basis, "weights", text)


def weights(rows: TableRows) -> Iterator[Finding]:
    """Shares under one parent sum to 1; a basis of shares has shares; the band is a band."""
    yield from sums_to_one(rows, "weights", ("metric", "dimension", "parent"), "share_rate")
    text = Text("不大于“超分配上限”", "no more than Over-assignment to")
    low, high = "over_assignment_min_rate", "over_assignment_max_rate"
    yield from ordered(rows, "weights_settings", low, high, text)
    given = {row.values["dimension"] for row in rows["weights"]}
    for settings in rows["weights_settings"]:
        for column in ("region", "product_line", "customer_type", "team", "person"):
            if settings.values[f"{column}_basis"] == "share" and column not in given:
                need = Text(
                    "“按历史”或“平均”，或在下面写出份额", "History or Equal, or shares below"
                )
                yield Finding("weights_settings", 0, f"{column}_basis", "share", need)


def reserve(rows: TableRows) -> Iterator[Finding]:
    """No reserve exceeds the highest; usual from is no more than usual to."""
    text = Text("不大于“通常上限”", "no more than Usual to")
    yield from ordered(rows, "reserve_settings", "usual_from_rate", "usual_to_rate", text)
    top = Text("不大于“最高比例”", "no more than Highest")
    for column in ("reserve_rate", "usual_to_rate"):
        yield from ordered(rows, "reserve_settings", column, "highest_rate", top)
    for settings in rows["reserve_settings"]:
        highest = settings.values["highest_rate"]
        for index, row in enumerate(rows["reserve"]):
            if highest is not None and row.values["reserve_rate"] > highest:  # type: ignore[operator]
                yield Finding(
                    "reserve", index, "reserve_rate", shown(row.values["reserve_rate"]), top
                )


def scorecard(rows: TableRows) -> Iterator[Finding]:
    """The components' weights sum to 1."""
    yield from sums_to_one(rows, "scorecard", (), "weight_rate")


def incentive(rows: TableRows) -> Iterator[Finding]:
    """The protective line lies below the anchor; accrual rates climb from 100 %."""
    text = Text("小于“锚点达成率”", "less than Anchor")
    yield from ordered(
        rows, "incentive_settings", "protective_below_rate", "anchor_rate", text, is_strict=True
    )
    bands = sorted(
        (row.values["over_rate"], row.values["accrual_rate"], index)
        for index, row in enumerate(rows["incentive_accrual"])
    )
    for (_, lower, _), (_, rate, index) in pairwise(bands):
        if rate < lower:  # type: ignore[operator]
            need = Text(
                f"不低于 {shown(lower)}（逐档提高）", f"at least {shown(lower)} (rates climb)"
            )
            yield Finding("incentive_accrual", index, "accrual_rate", shown(rate), need)
    if bands and bands[0][0] != Decimal(1):
        first = Text("第一档为 100%", "100 % for the first row")
        yield Finding("incentive_accrual", bands[0][2], "over_rate", shown(bands[0][0]), first)
    for settings in rows["incentive_settings"]:
        if settings.values["mode"] == "accrual" and not bands:
            need = Text(
                "“系数制”，或在下面写出提取比例", "Factor, or accrual rates in the table below"
            )
            yield Finding("incentive_settings", 0, "mode", "accrual", need)


def scenarios(rows: TableRows) -> Iterator[Finding]:
    """The scenario in force exists; `base` stays the target as given."""
    known = ["base"]
    for index, row in enumerate(rows["scenarios"]):
        name = str(row.values["scenario"])
        if matching_key(name) in {"base", "基准"}:
            text = Text("别的编号（base 是基准目标）", "another id (base is the target as given)")
            yield Finding("scenarios", index, "scenario", name, text)
        known.append(name)
    keys = {matching_key(name) for name in known}
    for settings in rows["scenarios_settings"]:
        name = str(settings.values["scenario_in_force"])
        if matching_key(name) not in keys:
            text = Text("、".join(known), ", ".join(known))
            yield Finding("scenarios_settings", 0, "scenario_in_force", name, text)
