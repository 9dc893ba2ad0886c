"""Contradictions in stages, tiers, cadences, lead steps, recycling, control points and alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from pipelines.core.rules.checks_common import duplicates, ordered, shown
from pipelines.core.rules.model import Finding, Row, TableRows, Text, Value, matching_key
from pipelines.core.rules.numbers import written_money, written_rate


def stages(rows: TableRows) -> Iterator[Finding]:
    """Orders unique, won and lost present, won signed, signed never undone, names unambiguous."""
    table = rows["stages"]
    yield from duplicates(table, "stages", ("pipeline",), "stage_order")
    outcomes: dict[Value, set[Value]] = defaultdict(set)
    first_row: dict[Value, int] = {}
    for index, row in enumerate(table):
        outcomes[row.values["pipeline"]].add(row.values["outcome"])
        first_row.setdefault(row.values["pipeline"], index)
        yield from _stage_flags(index, row)
    for pipeline, found in outcomes.items():
        for outcome, zh in (("won", "赢单"), ("lost", "输单")):
            if outcome not in found:
                need = Text(
                    f"每条流程至少一个{zh}阶段", f"at least one {outcome} stage per pipeline"
                )
                yield Finding("stages", first_row[pipeline], "outcome", str(pipeline), need)
    yield from _stage_names(table)
    yield from _entry_points(rows)


def _stage_flags(index: int, row: Row) -> Iterator[Finding]:
    values = row.values
    if values["outcome"] == "won" and not values["is_signed"]:
        yield Finding(
            "stages", index, "is_signed", "否/no", Text("赢单阶段必须是“是”", "yes for won")
        )
    if values["outcome"] == "lost" and values["is_signed"]:
        yield Finding(
            "stages", index, "is_signed", "是/yes", Text("输单阶段必须是“否”", "no for lost")
        )


def _stage_names(table: list[Row]) -> Iterator[Finding]:
    owners: dict[tuple[Value, str], Value] = {}
    for row in table:
        owners[(row.values["pipeline"], matching_key(row.values["stage"]))] = row.values["stage"]
    for index, row in enumerate(table):
        aliases = row.values["aliases"] or ()
        assert isinstance(aliases, tuple)
        for alias in aliases:
            key = (row.values["pipeline"], matching_key(alias))
            if owners.setdefault(key, row.values["stage"]) != row.values["stage"]:
                text = Text("只属于一个阶段的别名", "an alias of one stage only")
                yield Finding("stages", index, "aliases", alias, text)


def _entry_points(rows: TableRows) -> Iterator[Finding]:
    known = [str(row.values["control_point"]) for row in rows["control_points"]]
    keys = {matching_key(name) for name in known}
    for index, row in enumerate(rows["stages"]):
        points = row.values["entry_points"] or ()
        assert isinstance(points, tuple)
        for point in points:
            if matching_key(point) not in keys:
                listed = "、".join(known), ", ".join(known)
                text = Text(
                    f"“关键控制点”表里的：{listed[0]}", f"of sheet Control points: {listed[1]}"
                )
                yield Finding("stages", index, "entry_points", point, text)


def lifecycle(rows: TableRows) -> Iterator[Finding]:
    """Orders are unique within stages and within states."""
    yield from duplicates(rows["lifecycle"], "lifecycle", ("kind",), "lifecycle_order")


def tiers(rows: TableRows) -> Iterator[Finding]:
    """Rules in order, bounds the right way round, no rule shadowed, otherwise last and once."""
    order = sorted(enumerate(rows["tiers"]), key=lambda each: each[1].values["rule_order"])  # type: ignore[arg-type,return-value]
    last = len(order) - 1
    lowest: dict[Value, Decimal] = {}
    for position, (index, row) in enumerate(order):
        values = row.values
        criterion = values["criterion"]
        if (criterion == "otherwise") != (position == last):
            text = Text("“其他”恰好一行且在最后", "exactly one Otherwise, as the last rule")
            yield Finding("tiers", index, "criterion", shown(criterion), text)
        yield from _tier_bounds(index, values)
        at_least = values["at_least_amount"]
        if isinstance(at_least, Decimal):
            floor = lowest.get(criterion)
            if floor is not None and at_least >= floor:
                text = Text(
                    f"低于 {shown(floor)}（前面的规则已包含这一段）",
                    f"less than {shown(floor)} (an earlier rule already takes these customers)",
                )
                yield Finding("tiers", index, "at_least_amount", shown(at_least), text)
            lowest[criterion] = at_least if floor is None else min(floor, at_least)
    known = {matching_key(row.values["tier"]) for row in rows["tiers"]}
    names = sorted({str(row.values["tier"]) for row in rows["tiers"]})
    for index, row in enumerate(rows["tier_overrides"]):
        if matching_key(row.values["override_tier"]) not in known:
            yield _unknown_tier("tier_overrides", index, "override_tier", row, names)


def _tier_bounds(index: int, values: Mapping[str, Value]) -> Iterator[Finding]:
    is_amount = values["criterion"] in {"six_month_signed_amount", "expected_amount"}
    low, high = values["at_least_amount"], values["below_amount"]
    if is_amount and low is None:
        yield Finding(
            "tiers", index, "at_least_amount", "", Text("必填的金额", "an amount; required")
        )
    for column, bound in (("at_least_amount", low), ("below_amount", high)):
        if not is_amount and bound is not None:
            text = Text("空白（此依据不看金额）", "blank (this criterion looks at no amount)")
            yield Finding("tiers", index, column, shown(bound), text)
    if isinstance(low, Decimal) and isinstance(high, Decimal) and low >= high:
        text = Text(f"高于“不低于”的 {shown(low)}", f"more than {shown(low)}, its At least")
        yield Finding("tiers", index, "below_amount", shown(high), text)


def _unknown_tier(table: str, index: int, column: str, row: Row, names: list[str]) -> Finding:
    text = Text(
        "“分级”表里的等级：" + "、".join(names), "a tier of sheet Tiers: " + ", ".join(names)
    )
    return Finding(table, index, column, shown(row.values[column]), text)


def cadence(rows: TableRows) -> Iterator[Finding]:
    """A row per tier, reminders before escalations, fortnights from a Monday."""
    names = sorted({str(row.values["tier"]) for row in rows["tiers"]})
    known = {matching_key(name) for name in names}
    served = {matching_key(row.values["tier"]) for row in rows["cadence"]}
    for index, row in enumerate(rows["cadence"]):
        if matching_key(row.values["tier"]) not in known:
            yield _unknown_tier("cadence", index, "tier", row, names)
    for name in names:
        if matching_key(name) not in served:
            text = Text("每个等级一行", "one row for every tier of sheet Tiers")
            yield Finding("cadence", None, "tier", name, text)
    for settings in rows["cadence_settings"]:
        lead_tier, start = settings.values["lead_tier"], settings.values["fortnight_starts_on"]
        if lead_tier is not None and matching_key(lead_tier) not in known:
            yield _unknown_tier("cadence_settings", 0, "lead_tier", settings, names)
        if start is not None and start.weekday() != 0:  # type: ignore[union-attr]
            yield Finding(
                "cadence_settings", 0, "fortnight_starts_on", str(start), Text("周一", "a Monday")
            )
    first = Text("不大于“抄送主管倍数”", "no more than Copy manager at")
    yield from ordered(rows, "cadence_settings", "remind_cadences", "copy_manager_cadences", first)
    second = Text("不大于“高风险倍数”", "no more than High risk at")
    yield from ordered(
        rows, "cadence_settings", "copy_manager_cadences", "high_risk_cadences", second
    )


def lead_sop(rows: TableRows) -> Iterator[Finding]:
    """Step orders unique per template, conditions on earlier steps, a template in force."""
    table = rows["lead_sop"]
    yield from duplicates(table, "lead_sop", ("template",), "step_order")
    places = {
        (matching_key(r.values["template"]), matching_key(r.values["step"])): r.values["step_order"]
        for r in table
    }
    for index, row in enumerate(table):
        after = row.values["only_after_step"]
        if after is None:
            continue
        place = places.get((matching_key(row.values["template"]), matching_key(after)))
        if place is None or place >= row.values["step_order"]:  # type: ignore[operator]
            text = Text("同一模板里更早的步骤", "an earlier step of the same template")
            yield Finding("lead_sop", index, "only_after_step", shown(after), text)
    templates = {matching_key(row.values["template"]): row.values["template"] for row in table}
    for settings in rows["lead_sop_settings"]:
        name = settings.values["template_in_force"]
        if name is not None and matching_key(name) not in templates:
            listed = [str(each) for each in templates.values()]
            text = Text(
                "步骤表里的模板：" + "、".join(listed), "a template below: " + ", ".join(listed)
            )
            yield Finding("lead_sop_settings", 0, "template_in_force", shown(name), text)


def recycle(rows: TableRows) -> Iterator[Finding]:
    """The last warning comes after the first."""
    text = Text("小于“首次预警天数”", "less than First warning")
    yield from ordered(
        rows, "recycle_settings", "last_warning_days", "first_warning_days", text, is_strict=True
    )


def control_points(rows: TableRows) -> Iterator[Finding]:
    """Filled takes no value, the others need one, at least needs a number; yellow before red."""
    for index, row in enumerate(rows["control_points"]):
        operator, value = row.values["operator"], row.values["value"]
        text = None
        if operator == "filled" and value is not None:
            text = Text("空白（“已填写”不需要标准）", "blank (Filled takes no value)")
        elif operator == "at_least" and (value is None or not _is_number(str(value))):
            text = Text("数字", "a number")
        elif operator != "filled" and value is None:
            text = Text("必填", "required")
        if text is not None:
            yield Finding("control_points", index, "value", shown(value or ""), text)
    later = Text("不大于“红灯次数”", "no more than Red after")
    yield from ordered(
        rows, "control_points_settings", "yellow_after_fails", "red_after_fails", later
    )


def _is_number(value: str) -> bool:
    return written_money(value) is not None or written_rate(value) is not None


def alerts(rows: TableRows) -> Iterator[Finding]:
    """Ladders climb, thresholds stand where they are used, working hours run forward."""
    for index, row in enumerate(rows["alerts"]):
        values = row.values
        is_forecast = values["flag"] == "forecast_probability_low"
        for column in ("threshold_rate", "days_before_end"):
            if (values[column] is None) == is_forecast:
                text = (
                    Text("必填", "required")
                    if is_forecast
                    else Text(
                        "空白（界限在它自己的表里）", "blank (its limit stands on its own sheet)"
                    )
                )
                yield Finding("alerts", index, column, shown(values[column] or ""), text)
        yield from _ladder(index, values)
    text = Text("早于“下班时间”", "earlier than Work until")
    yield from ordered(rows, "alerts_settings", "work_from", "work_to", text, is_strict=True)


def _ladder(index: int, values: Mapping[str, Value]) -> Iterator[Finding]:
    steps = ["owner_after_workdays", "manager_after_workdays", "director_after_workdays"]
    given = [(step, values[step]) for step in steps if values[step] is not None]
    for (_, earlier), (step, later) in pairwise(given):
        if later < earlier:  # type: ignore[operator]
            text = Text(f"不小于 {earlier}（逐级升级）", f"at least {earlier} (the ladder climbs)")
            yield Finding("alerts", index, step, shown(later), text)
