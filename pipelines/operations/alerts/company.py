"""What alerts need to know of a company on D: people, units, workdays, the rules of alerts."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING

from pipelines.core.alerts.model import KindRule
from pipelines.core.alerts.people import Directory, Person

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# A leaver has no place any more, but his customers lead to his manager: the last one counts.
_PEOPLE = """
    select person.person_id, person.person_name, person.manager_id, person.org_path,
        person.team, person.region, not person.has_left, landed.email
    from marts.dim_person as person
    left join landed.people as landed on person.person_id = landed.person_id
    where person.valid_from <= $as_of
    qualify row_number() over (
        partition by person.person_id
        order by person.valid_from desc, landed.source, landed.source_row) = 1
    order by person.person_id
"""
_UNITS = """
    select org_id, kind, org_path, region, team, depth from marts.dim_org
    where $as_of >= valid_from and $as_of < valid_before order by depth, org_path
"""


def directory_of(con: duckdb.DuckDBPyConnection, as_of: date) -> Directory:
    """Return the people and units of D.

    Args:
        con: the build file of D.
        as_of: D.
    """
    people = {
        person_id: Person(person_id, name or person_id, manager, path or "/", team, region,
                          is_here, email)
        for person_id, name, manager, path, team, region, is_here, email in con.execute(
            _PEOPLE, {"as_of": as_of}
        ).fetchall()
    }  # fmt: skip
    paths: dict[tuple[str, str], str] = {("company", "company"): "/"}
    for org_id, kind, path, region, team, _ in con.execute(_UNITS, {"as_of": as_of}).fetchall():
        paths[("org", org_id)] = path
        if kind == "company":
            paths.setdefault(("company", org_id), path)
        # the shallowest unit of a region or team is the region or team itself
        if region:
            paths.setdefault(("region", region), path)
        if team:
            paths.setdefault(("team", team), path)
    return Directory(people, paths)


def kind_rules_of(con: duckdb.DuckDBPyConnection) -> dict[str, KindRule]:
    """Return the rule of each kind of alert that the workbook lists."""
    rows = con.execute(
        "select flag, is_on, owner_after_workdays, manager_after_workdays, "
        "director_after_workdays, cleared_after_nights from rules.alerts"
    ).fetchall()
    return {row[0]: KindRule(*row[1:]) for row in rows}


def quiet_hours_of(con: duckdb.DuckDBPyConnection) -> tuple[time, time]:
    """Return from when until when nothing is sent, local time."""
    query = "select quiet_from, quiet_to from rules.alerts_settings"
    [(start, end)] = con.execute(query).fetchall()
    return time.fromisoformat(start), time.fromisoformat(end)


def quiet_hours_in(settings: pa.Table) -> tuple[time, time]:
    """Return the same from the settings of the sheet alerts."""
    [row] = settings.to_pylist()
    return time.fromisoformat(row["quiet_from"]), time.fromisoformat(row["quiet_to"])


def workday_numbers(con: duckdb.DuckDBPyConnection) -> dict[date, int]:
    """Return the running number of the workday by day; differences count workdays."""
    rows = con.execute("select date_day, workday_index from reference.calendar_day").fetchall()
    return dict(rows)


def currency_of(con: duckdb.DuckDBPyConnection) -> str:
    """Return the reporting currency."""
    # fetchall: with fetchone the result stays open, and the connection refuses the next step
    [(currency,)] = con.execute("select max(currency) from reference.company").fetchall()
    return str(currency)
