"""Read what the cascade needs from the build file: targets, organisation, rules, history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd

from pipelines.core.cascade.lines import Directory, Metric

ROOT = "company"
FAR = date(9999, 12, 31)
UNIT_COLUMNS = [
    "unit_id",
    "name",
    "kind",
    "parent_id",
    "org_path",
    "region",
    "team",
    "valid_from",
    "valid_before",
]
PERSON_COLUMNS = ["person_id", "unit_id", "valid_from", "valid_before", "hired_on", "left_on"]


@dataclass(frozen=True)
class CompanyInputs:
    """Everything but the targets themselves.

    Attributes:
        units: grain: one row per unit and validity, with path, region and team.
        places: grain: one row per person and stay.
        root: unit that stands for the company.
        mix: fiscal year → (product line, customer type) → share of what was signed before it.
    """

    as_of: date
    calendar: pd.DataFrame
    units: pd.DataFrame
    places: pd.DataFrame
    root: str
    directory: Directory
    season: dict[str, list[dict[str, Any]]]
    settings: dict[str, Any]
    scenarios: dict[str, Decimal]
    written: list[dict[str, Any]]
    ramp: dict[int, Decimal]
    history: dict[str, dict[tuple[str, int], Decimal]]
    mix: dict[int, dict[tuple[str, str], Decimal]]


def records(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Run a query and return its rows as dictionaries with plain values."""
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_inputs(con: duckdb.DuckDBPyConnection) -> CompanyInputs:
    """Read the organisation, the rules and history of one night."""
    company = records(con, "select * from reference.company")[0]
    units, root = _units(con)
    people = {
        r["person_id"]: r["name"] for r in records(con, "select person_id, name from landed.people")
    }
    season = {
        "rows": records(con, "select * from rules.season"),
        "settings": records(con, "select * from rules.season_settings"),
    }
    return CompanyInputs(
        as_of=company["as_of"],
        calendar=con.execute(
            "select date_day, is_workday, month_start_on, quarter_start_on, year_start_on, year_end_on"
            " from reference.calendar_day order by date_day"
        ).df(),
        units=units,
        places=_places(con, root),
        root=root,
        directory=_directory(con, company, units, people, root),
        season=season,
        settings=records(con, "select * from rules.weights_settings")[0],
        scenarios={
            r["scenario"]: r["target_factor"] for r in records(con, "select * from rules.scenarios")
        },
        written=records(con, "select * from rules.weights"),
        ramp={
            r["service_month"]: r["ramp_rate"]
            for r in records(con, "select * from rules.weights_ramp")
        },
        history=_history(con),
        mix=_mix(con),
    )


def _units(con: duckdb.DuckDBPyConnection) -> tuple[pd.DataFrame, str]:
    """Return the dated units below one top: the company's own if there is one, else a stand-in."""
    rows = records(
        con,
        "select org_id, org_name, kind, org_path, parent_path, region, team, valid_from, valid_before"
        " from intermediate.int_org_path order by depth, org_id, valid_from",
    )
    tops = {row["org_id"] for row in rows if row["parent_path"] is None}
    is_company = len(tops) == 1 and all(
        row["kind"] in {"company", "group"} for row in rows if row["org_id"] in tops
    )
    root = tops.pop() if is_company else ROOT
    found = [
        {
            "unit_id": row["org_id"],
            "name": row["org_name"],
            "kind": row["kind"] or "",
            "parent_id": row["parent_path"].strip("/").split("/")[-1]
            if row["parent_path"] else (None if is_company else ROOT),
            "org_path": row["org_path"],
            "region": row["region"],
            "team": row["team"],
            "valid_from": row["valid_from"],
            "valid_before": row["valid_before"],
        }
        for row in rows
    ]  # fmt: skip
    if not is_company:
        found.insert(0, blank_unit(ROOT, ROOT, None, "company", "/unknown/"))
    return object_frame(found, UNIT_COLUMNS), root


def blank_unit(unit_id: str, name: str, parent: str | None, kind: str, path: str) -> dict[str, Any]:
    """Return a unit that the organisation does not list: the stand-in top, or an unknown name."""
    return {
        "unit_id": unit_id,
        "name": name,
        "kind": kind,
        "parent_id": parent,
        "org_path": path,
        "region": name if kind == "region" else None,
        "team": name if kind == "team" else None,
        "valid_from": date(1900, 1, 1),
        "valid_before": FAR,
    }


def _places(con: duckdb.DuckDBPyConnection, root: str) -> pd.DataFrame:
    rows = records(
        con,
        """
        select stays.person_id, stays.org_id, stays.valid_from, stays.valid_before,
            people.hired_on, people.left_on
        from intermediate.int_person_org as stays
        inner join landed.people as people on stays.person_id = people.person_id
        order by stays.person_id, stays.valid_from, stays.org_id
        """,
    )
    for row in rows:
        row["unit_id"] = root if row["org_id"] == "unknown" else row["org_id"]
    return object_frame(rows, PERSON_COLUMNS)


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as dicts by column."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def object_frame(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """Lay rows out with plain Python values, None where there is none."""
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=object) for name in columns}
    )


def _directory(
    con: duckdb.DuckDBPyConnection,
    company: dict[str, Any],
    units: pd.DataFrame,
    people: dict[str, str],
    root: str,
) -> Directory:
    known = units.drop_duplicates("unit_id", keep="last")
    named: dict[str, tuple[str, str, str | None]] = {
        unit: (name, kind, parent)
        for unit, name, kind, parent in zip(
            *(known[column] for column in ("unit_id", "name", "kind", "parent_id")), strict=True
        )
    }
    if root == ROOT:
        named[ROOT] = (company["company_name"], "company", None)
    metrics = {
        row["metric"]: Metric(row["unit"], row["aggregate"] == "ratio", row["direction"] == "lower")
        for row in records(
            con, "select metric, unit, aggregate, direction from rules.metrics where is_enabled"
        )
    }
    starts = con.execute(
        "select extract(dow from min(week_start_on)) from reference.calendar_day"
    ).fetchall()
    return Directory(
        units=named,
        people=people,
        root=root,
        metrics=metrics,
        currency=company["currency"],
        fiscal_year_start_month=company["fiscal_year_start_month"],
        week_start=6 if starts and starts[0][0] == 0 else 0,
        base_of=lambda values, start, end, known_on: actual_of(
            con, root, values, start, end, known_on
        ),
    )


def actual_of(
    con: duckdb.DuckDBPyConnection,
    root: str,
    values: dict[str, Any],
    start: date,
    end: date,
    known_on: date,
) -> Decimal | None:
    """Sum a metric's actual of a holder over days, none of them later than what was known."""
    where = ["metric = $metric", "event_on between $start and $end", "event_on <= $known"]
    given: dict[str, Any] = {
        "metric": values["metric"], "start": start, "end": end, "known": known_on
    }  # fmt: skip
    if values["holder_kind"] == "person":
        where.append("person_id = $holder")
        given["holder"] = values["holder_id"]
    elif values["holder_id"] != root:
        where.append(
            "org_path in (select org_path from intermediate.int_org_path_node where org_id = $holder)"
        )
        given["holder"] = values["holder_id"]
    for column in ("product_line", "customer_type"):
        if values[column]:
            where.append(f"{column} = ${column}")
            given[column] = values[column]
    found = con.execute(
        f"select sum(value) from intermediate.int_metric_day where {' and '.join(where)}", given
    ).fetchall()
    return found[0][0] if found else None


_YEARS = """
    select year_start_on, max(year(year_end_on)) as year_name
    from reference.calendar_day group by year_start_on
"""


def _history(con: duckdb.DuckDBPyConnection) -> dict[str, dict[tuple[str, int], Decimal]]:
    """Return what people and units brought in the twelve months before each fiscal year, by metric."""
    rows = con.execute(
        f"""
        with years as ({_YEARS}),
        brought as (
            select days.metric, days.person_id, days.org_path, years.year_name, sum(days.value) as value
            from intermediate.int_metric_day as days
            inner join years
                on days.event_on < years.year_start_on
                and days.event_on >= years.year_start_on - interval 12 month
            group by all
        )
        select metric, person_id as member_id, year_name, sum(value) from brought group by all
        union all
        select brought.metric, nodes.org_id, brought.year_name, sum(brought.value)
        from brought
        inner join (
            select distinct org_path, org_id from intermediate.int_org_path_node
        ) as nodes on brought.org_path = nodes.org_path
        group by all
        """
    ).fetchall()
    history: dict[str, dict[tuple[str, int], Decimal]] = {}
    for metric, member, year, value in rows:
        history.setdefault(metric, {})[(member, year)] = value or Decimal(0)
    return history


def _mix(con: duckdb.DuckDBPyConnection) -> dict[int, dict[tuple[str, str], Decimal]]:
    rows = con.execute(
        f"""
        with years as ({_YEARS})
        select years.year_name, days.product_line, days.customer_type, sum(days.value)
        from intermediate.int_metric_day as days
        inner join years
            on days.event_on < years.year_start_on
            and days.event_on >= years.year_start_on - interval 12 month
        where days.metric = 'signed_amount'
        group by all
        having sum(days.value) > 0
        order by all
        """
    ).fetchall()
    mix: dict[int, dict[tuple[str, str], Decimal]] = {}
    for year, product_line, customer_type, value in rows:
        mix.setdefault(year, {})[(product_line or "unknown", customer_type or "unknown")] = value
    return mix
