"""Each row of the metrics sheet on its own: a wrong row switches off that metric alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.core.names import nearest
from pipelines.core.rules.checks_common import shown
from pipelines.core.rules.model import Finding, TableRows, Text, Value, matching_key
from pipelines.core.rules.references import EntityColumns, shipped_metrics

_DATES = frozenset({"date", "timestamp"})
_NUMBERS = frozenset({"money", "number", "integer"})
_RATIO_PARTS = ("numerator_metric", "denominator_metric")
_COUNT_PARTS = (
    "entity",
    "date_column",
    "value_column",
    "conditions",
    "reach_at_least",
    "reach_column",
)
FORMULA_PARTS = (*_COUNT_PARTS, "aggregate", *_RATIO_PARTS, "window_months", "unit", "direction")
_BLANK_RATIO = Text(
    "空白（比率只写分子和分母）", "blank (a ratio has a numerator and a denominator only)"
)
_BLANK_COUNT = Text("空白（只用于比率）", "blank (for a ratio only)")


def check_metrics(rows: TableRows, columns: EntityColumns) -> Iterator[Finding]:
    """Find metrics whose formula cannot be computed or whose names are another's."""
    aggregates = {row.values["metric"]: row.values["aggregate"] for row in rows["metrics"]}
    for index, row in enumerate(rows["metrics"]):
        if row.is_disabled:
            continue
        values = row.values
        if values["computed_by"] == "built_in":
            yield from _built_in(index, values)
        elif values["aggregate"] == "ratio":
            yield from _ratio(index, values, aggregates)
        else:
            yield from _counted(index, values, columns)
    yield from _shared_names(rows)


def _built_in(index: int, values: Mapping[str, Value]) -> Iterator[Finding]:
    shipped = shipped_metrics().get(str(values["metric"]))
    if shipped is None or shipped["computed_by"] != "built_in":
        text = Text(
            "公式（只有系统自带的指标才是内置）", "Formula (only shipped metrics are built in)"
        )
        yield Finding("metrics", index, "computed_by", "内置/built in", text)
        return
    for column in FORMULA_PARTS:
        if values[column] != shipped[column]:
            original = shown(shipped[column]) if shipped[column] is not None else ""
            text = Text(
                f"原值“{original}”（内置公式不可改；另写一行自己的指标）",
                f"its shipped value {original!r} (a built-in formula stays; "
                "add a metric of your own)",
            )
            yield Finding("metrics", index, column, shown(values[column] or ""), text)


def _ratio(
    index: int, values: Mapping[str, Value], aggregates: Mapping[Value, Value]
) -> Iterator[Finding]:
    for column in _COUNT_PARTS:
        if values[column] is not None:
            yield Finding("metrics", index, column, shown(values[column]), _BLANK_RATIO)
    for column in _RATIO_PARTS:
        part = values[column]
        shipped = shipped_metrics().get(str(part), {})
        if part is None or aggregates.get(part, shipped.get("aggregate")) == "ratio":
            text = Text("一个不是比率的指标；必填", "a metric that is no ratio itself; required")
            yield Finding("metrics", index, column, shown(part or ""), text)


def _counted(index: int, values: Mapping[str, Value], columns: EntityColumns) -> Iterator[Finding]:
    for column in _RATIO_PARTS:
        if values[column] is not None:
            yield Finding("metrics", index, column, shown(values[column]), _BLANK_COUNT)
    entity = values["entity"]
    if entity is None:
        yield Finding(
            "metrics", index, "entity", "", Text("数据对象；必填", "records to look at; required")
        )
        return
    known = {name: column.type for name, column in columns.get(str(entity), {}).items()}
    dates = {name for name, kind in known.items() if kind in _DATES}
    numbers = {name for name, kind in known.items() if kind in _NUMBERS}
    is_count = values["aggregate"] == "count"
    wanted = numbers if values["aggregate"] == "sum" else set(known)
    yield from _column_of(index, "date_column", values, dates, True)
    yield from _column_of(index, "value_column", values, wanted, not is_count)
    yield from _column_of(index, "reach_column", values, dates | numbers, False)
    if values["reach_at_least"] is not None and values["aggregate"] != "distinct":
        text = Text(
            "去重计数（“累计达到”数的是对象）", "Distinct count (Reached at counts objects)"
        )
        yield Finding("metrics", index, "aggregate", shown(values["aggregate"]), text)
    if values["reach_at_least"] is None and values["reach_column"] is not None:
        text = Text(
            "金额或次数（写了累计列就必填）", "an amount or a number (asked for by Reached column)"
        )
        yield Finding("metrics", index, "reach_at_least", "", text)


def _column_of(
    index: int, column: str, values: Mapping[str, Value], known: set[str], is_required: bool
) -> Iterator[Finding]:
    written = values[column]
    if (written is None and not is_required) or written in known:
        return
    near = [each.name for each in nearest(shown(written or ""), known)] or sorted(known)
    text = Text(
        f"{values['entity']} 的列：" + "、".join(near),
        f"a column of {values['entity']}: " + ", ".join(near),
    )
    yield Finding("metrics", index, column, shown(written or ""), text)


def _shared_names(rows: TableRows) -> Iterator[Finding]:
    owners: dict[str, Value] = {}
    for row in rows["metrics"]:
        owners.setdefault(matching_key(row.values["metric"]), row.values["metric"])
    for index, row in enumerate(rows["metrics"]):
        aliases = row.values["aliases"] or ()
        assert isinstance(aliases, tuple)
        named = [("name", row.values["name"]), ("name_en", row.values["name_en"])]
        for column, name in [*named, *(("aliases", alias) for alias in aliases)]:
            if name is None:
                continue
            owner = owners.setdefault(matching_key(name), row.values["metric"])
            if owner != row.values["metric"]:
                text = Text(f"别的叫法（已属于 {owner}）", f"another name ({owner} has this one)")
                yield Finding("metrics", index, column, shown(name), text)
