"""The cascade between dbt layers: targets and organisation in, atoms and report out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from pipelines.core.cascade import CascadeResult, Grid, Unit, build_grid, build_tree, run_cascade
from pipelines.core.cascade.engine import ACCEPTED_PROBLEMS
from pipelines.core.cascade.lines import (
    UNKNOWN_UNIT,
    USABLE_PROBLEMS,
    Line,
    lines_frame,
    resolve_lines,
)
from pipelines.core.cascade.progress_lines import resolve_progress
from pipelines.core.cascade.slices import less_slices
from pipelines.core.cascade.versions import lines_known, version_days
from pipelines.settings import BUILD_CONFIG
from pipelines.steps.cascade_inputs import (
    CompanyInputs,
    blank_unit,
    object_frame,
    read_inputs,
    records,
    records_of,
)
from pipelines.steps.cascade_process import PROCESS_SOURCE, with_process_lines
from pipelines.steps.cascade_shares import mix_of, shares_of
from pipelines.steps.cascade_tables import TABLES, CascadeWriter, create_tables, insert_rows

GROUP = ["metric", "level", "scenario"]
MONEY = frozenset({"money"})
PROBLEMS = {
    "negative_days": (
        "the days before the effective day already hold more than the new figure; the figure before "
        "it stands: choose a larger one or another day",
        "生效日之前的日目标已超过新目标；沿用之前的目标，请提高目标或更换生效日期",
    ),
    "finer_exceeds": (
        "its finer targets already hold more; the longer figure is their sum",
        "其下更细期间的目标合计已超过该目标；较长期间按合计计",
    ),
    "effective_after_period": (
        "the effective day lies after the period; the figure has no effect",
        "生效日期晚于该期间，目标未生效",
    ),
    "conflict": (
        "another row gives the same target another value; the first source of company.yml stands",
        "同一目标另有一行数值不同；按 company.yml 中来源的先后采用第一行",
    ),
    "outside_calendar": (
        "the period lies outside the calendar of this night; check the year",
        "期间超出日历范围；请检查年份",
    ),
}


def run_cascade_step(build_file: Path) -> dict[str, int]:
    """Spread the night's targets and write schema `cascade` of the build file.

    Tables: `target_line` (every target as resolved, with its problem), `target_version`,
    `target_atom` (day × leaf), `target_cell` (version × member × period), `custom_period`,
    `progress_line` (every row of the progress sheet as resolved).

    Returns:
        Row count by table.
    """
    with duckdb.connect(str(build_file), config=BUILD_CONFIG) as con:
        create_tables(con)
        inputs = read_inputs(con)
        lines = resolve_lines(_target_rows(con), inputs.directory)
        frame = with_process_lines(con, lines_frame(lines))
        if len(frame):
            _cascade_all(con, inputs, lines, frame)
        insert_rows(con, "progress_line", _progress(con, inputs))
        counts = {}
        for table in TABLES:
            [(rows,)] = con.execute(f"select count(*) from cascade.{table}").fetchall()
            counts[f"cascade.{table}"] = int(rows)
    return counts


def _progress(con: duckdb.DuckDBPyConnection, inputs: CompanyInputs) -> list[dict[str, Any]]:
    """Return the progress sheet's rows, each tied to the scope and period that it means."""
    rows = records(con, "select * from landed.progress order by source, source_row, reported_on")
    lines = records(
        con, "select distinct product_line from intermediate.int_metric_day order by all"
    )
    product_lines = [row["product_line"] for row in lines if row["product_line"] is not None]
    return resolve_progress(rows, inputs.directory, product_lines)


def _target_rows(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return every version of every target row, in the order of the sources.

    Targets need only have arrived: a sheet dated after D, as for a day that is built again, is known
    on D and was recorded on D at the latest.
    """
    key = [
        "period",
        "start_on",
        "end_on",
        "metric",
        "node",
        "region",
        "team",
        "person",
        "product_line",
        "customer_type",
        "value_kind",
        "level",
        "scenario",
        "effective_from",
    ]
    same = " and ".join(f"version.{c} is not distinct from target.{c}" for c in ("source", *key))
    rows = records(
        con,
        f"""
        select version.*, target.source_row,
            least(version.valid_from, company.as_of) as recorded_on,
            case
                when version.valid_before is not null
                then least(version.valid_before, company.as_of)
            end as removed_on
        from landed.targets_version as version
        cross join reference.company as company
        left join (select *, row_number() over () as place from landed.targets) as target on {same}
        order by target.place nulls last, {", ".join(f"version.{c}" for c in key)}, version.version_no
        """,
    )
    return [row for row in rows if row["value"] is not None]


def _cascade_all(
    con: duckdb.DuckDBPyConnection, inputs: CompanyInputs, lines: list[Line], frame: pd.DataFrame
) -> None:
    frame = frame.astype(object).where(frame.notna(), None)
    inputs = _with_unknown(inputs, lines)
    first, last = (inputs.calendar["date_day"].iloc[i].date() for i in (0, -1))
    outside = (frame["start_on"] < first) | (frame["end_on"] > last)
    writer = CascadeWriter(con)
    writer.problems |= dict.fromkeys(frame.loc[outside, "line"], "outside_calendar")
    usable = frame["problem"].isin(list(USABLE_PROBLEMS)) & ~outside
    spread = frame[usable & frame["is_spread"].astype(bool) & ~frame["is_milestone"].astype(bool)]
    for key, group in spread.groupby(GROUP, sort=True):
        _cascade_group(writer, inputs, dict(zip(GROUP, key, strict=True)), group)
    for scenario, factor in inputs.scenarios.items():
        for metric, group in _scenario_lines(inputs, spread, scenario, factor):
            names = {"metric": metric, "level": "base", "scenario": scenario}
            _cascade_group(writer, inputs, names, group)
    writer.flush()
    insert_rows(con, "target_version", writer.versions)
    _write_lines(con, frame, writer.problems)


def _scenario_lines(
    inputs: CompanyInputs, spread: pd.DataFrame, scenario: str, factor: Decimal
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each metric's base targets times the factor, unless given for the scenario itself.

    A scenario looks ahead: targets of fiscal years gone by have none. What each person is to do a
    day or week does not follow the market and has none either.
    """
    month = inputs.directory.fiscal_year_start_month
    day = inputs.as_of
    since = date(day.year if day.month >= month else day.year - 1, month, 1)
    ahead = spread[(spread["level"] == "base") & (spread["end_on"] >= since)]
    ahead = ahead[ahead["source"] != PROCESS_SOURCE]
    own = set(ahead.loc[ahead["scenario"] == scenario, "metric"])
    for metric, group in ahead[ahead["scenario"] == "base"].groupby("metric", sort=True):
        if metric not in own:
            values = pd.Series([Decimal(value) * factor for value in group["value"]], group.index)
            yield str(metric), group.assign(scenario=scenario, value=values)


def _with_unknown(inputs: CompanyInputs, lines: list[Line]) -> CompanyInputs:
    """Add units and people that only targets name, below the company, so that nothing is lost."""
    units, places = [], []
    known_units = set(inputs.units["unit_id"])
    known_people = set(inputs.places["person_id"])
    for line in lines:
        values = line.values
        is_person = values["holder_kind"] == "person"
        if is_person and values["holder_id"] in known_people:
            continue
        unit = values["unit_id"] if is_person else values["holder_id"]
        if unit not in known_units:
            name = unit.removeprefix(f"{UNKNOWN_UNIT}:")
            kind = values.get("unknown_kind", UNKNOWN_UNIT)
            units.append(blank_unit(unit, name, inputs.root, kind, "/unknown/"))
            known_units.add(unit)
        if is_person:
            known_people.add(values["holder_id"])
            stay = {"valid_from": date(1900, 1, 1), "valid_before": date(9999, 12, 31)}
            names = {"person_id": values["holder_id"], "unit_id": unit}
            places.append({**names, **stay, "hired_on": None, "left_on": None})
    if not units and not places:
        return inputs
    both = [*records_of(inputs.places), *places]
    return replace(
        inputs,
        units=object_frame([*records_of(inputs.units), *units], list(inputs.units.columns)),
        places=object_frame(both, list(inputs.places.columns)),
    )


def _cascade_group(
    writer: CascadeWriter, inputs: CompanyInputs, names: dict[str, str], group: pd.DataFrame
) -> None:
    """Run every version of one metric, level and scenario; the last one's days are written."""
    kind = inputs.directory.metrics[names["metric"]]
    unit = Unit.money() if kind.unit in MONEY else Unit.things()
    days = version_days(group)
    for number, recorded_on in enumerate(days, start=1):
        known = lines_known(group, recorded_on)
        writer.problems |= dict.fromkeys(known.loc[known["is_conflict"], "line"], "conflict")
        known = known[~known["is_superseded"]]
        is_last = number == len(days)
        writer.versions.append(
            {**names, "version_no": number, "recorded_on": recorded_on, "is_in_force": is_last}
        )
        if len(known):
            _run_version(writer, inputs, names, unit, known, number, is_last=is_last)


def _run_version(
    writer: CascadeWriter,
    inputs: CompanyInputs,
    names: dict[str, str],
    unit: Unit,
    known: pd.DataFrame,
    number: int,
    *,
    is_last: bool,
) -> None:
    grid = build_grid(inputs.calendar, zip(known["start_on"], known["end_on"], strict=True))
    tree = build_tree(grid, inputs.units, inputs.places)
    shares = shares_of(inputs, names["metric"])
    slices = known[["product_line", "customer_type"]].fillna("(all)")
    results: dict[tuple[str, str], CascadeResult] = {}
    by_slice = known.groupby([slices["product_line"], slices["customer_type"]], sort=True)
    for (product_line, customer_type), own in by_slice:
        part = (str(product_line), str(customer_type))
        targets = own.assign(value=[unit.minor(value) for value in own["value"]])
        result = run_cascade(grid, tree, targets, shares, unit)
        results[part] = result
        writer.problems |= dict(result.problems)
        writer.add_cells(grid, unit, result.cells, {**names, "version_no": number}, part)
    if is_last:
        _write_atoms(writer, inputs, names, unit, grid, results)


def _write_atoms(
    writer: CascadeWriter,
    inputs: CompanyInputs,
    names: dict[str, str],
    unit: Unit,
    grid: Grid,
    results: dict[tuple[str, str], CascadeResult],
) -> None:
    """Write the days: of given slices as they are, of the rest by mix, or what the slices leave."""
    whole = results.pop(("(all)", "(all)"), None)
    sink = writer.sink(names, unit, grid, inputs.units)
    for part, result in results.items():
        for arrays in result.atoms.arrays():
            sink.add(part, result.atoms.tree, arrays)
    if whole is None:
        return
    if results:
        sink.add(("unallocated", "(all)"), whole.atoms.tree, less_slices(whole, results))
        return
    parts, weights = [("(all)", "(all)")], np.ones((grid.segments, 1), dtype=np.int64)
    if unit.whole == 1:
        parts, weights = mix_of(inputs, names["metric"], grid.year_name)
    for part, atoms in zip(parts, whole.atoms.split(weights), strict=True):
        for arrays in atoms.arrays():
            sink.add(part, atoms.tree, arrays)


def _write_lines(
    con: duckdb.DuckDBPyConnection, frame: pd.DataFrame, problems: dict[int, str]
) -> None:
    own = records_of(frame)
    for row in own:
        code = problems.get(row["line"])
        if code and not row["problem"]:
            en, zh = PROBLEMS[code]
            where = row["source_row"] or row["source"]
            row |= {"problem": code, "message_en": f"{where}: {en}", "message_zh": f"{where}：{zh}"}
        row["is_accepted"] = row["problem"] in ACCEPTED_PROBLEMS
    insert_rows(con, "target_line", own)
    con.execute(
        """
        insert into cascade.custom_period
        select 'custom', start_on, end_on, period_label from cascade.target_line
        where period_type = 'custom' and is_accepted
        qualify row_number() over (partition by start_on, end_on order by line) = 1
        """
    )
