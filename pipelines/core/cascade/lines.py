"""From rows as people wrote them to lines that the cascade can use, each problem named."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

from pipelines.core.cascade.line_figures import read_time, read_value
from pipelines.core.cascade.line_model import UNKNOWN_UNIT, Directory, Line, Metric
from pipelines.core.names import normalise_name

__all__ = [
    "UNKNOWN_UNIT",
    "USABLE_PROBLEMS",
    "Directory",
    "Line",
    "Metric",
    "lines_frame",
    "nearest",
    "resolve_lines",
]


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
        known = nearest(metric, list(directory.metrics))
        line.refuse(
            "unknown_metric",
            f"metric {metric!r} is not on the sheet Metrics{known[0]}; add it or an alias",
            f"指标“{metric}”不在“指标”表中{known[1]}；请添加或写为别名",
        )
        kind = Metric("count", is_ratio=False, is_lower_better=False)
    line.values |= {"is_spread": kind.is_spread, "unit": kind.unit}
    _place(line, directory)
    read_time(line, directory)
    read_value(line, kind, directory)
    return line


def nearest(text: str, names: list[str]) -> tuple[str, str]:
    """Say which known name is nearest, in both languages; empty where none is near."""
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
        line.values |= {
            "holder_kind": "person",
            "holder_id": person,
            "unit_id": unit or UNKNOWN_UNIT,
        }
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
    near = nearest(name, [title for title, _, _ in directory.units.values()])
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
        if at is None or at not in directory.units:
            return False
        at = directory.units[at][2]
    return False


def _person(line: Line, name: str, directory: Directory) -> str:
    if name in directory.people:
        return name
    same = [
        p for p, title in directory.people.items() if normalise_name(title) == normalise_name(name)
    ]
    if len(same) == 1:
        return same[0]
    if same:
        line.refuse(
            "ambiguous_person",
            f"{name!r} names {len(same)} people ({', '.join(same[:5])}); write the person's id",
            f"“{name}”对应 {len(same)} 个人（{'、'.join(same[:5])}）；请写人员编号",
        )
        return same[0]
    near = nearest(name, list(directory.people.values()))
    line.refuse(
        "unknown_person",
        f"nobody knows the person {name!r}{near[0]}; add an alias on the sheet Aliases",
        f"没有名为“{name}”的人员{near[1]}；请在“别名”表中登记",
    )
    return name


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
