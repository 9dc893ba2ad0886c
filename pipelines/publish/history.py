"""What past nights said: attainment, tiers and deals of each night, kept as changed rows.

`warehouse/history/<mart>/<D>.parquet` holds what D's night changed against the night before it. Any
night may be written again: its own file and the next one's are made anew, the others stand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from pipelines.core.sql_text import parquet_rows, quote_name, quote_text
from pipelines.landing.parquet import write_parquet
from pipelines.settings import CompanyFolder

# Mart → columns that identify a row. Only marts that this build has are kept.
HISTORY_MARTS: dict[str, tuple[str, ...]] = {
    "mart_target_attainment": (
        "metric", "level", "scenario", "period_type", "period_start", "period_end", "scope_type",
        "scope_id",
    ),
    "mart_pipeline_coverage": (
        "period_type", "period_start", "period_end", "scope_type", "scope_id",
    ),
    "mart_attainment_forecast": (
        "period_type", "period_start", "period_end", "scope_type", "scope_id",
        "forecast_week_start_on",
    ),
    "fct_opportunity": ("opportunity_id",),
}  # fmt: skip

# What a trend is drawn of; what follows from it, or is said by dimensions, would be kept night after night
# for nothing. A mart that is not listed is kept whole.
KEPT: dict[str, tuple[str, ...]] = {
    "mart_target_attainment": (
        "period_label", "target", "actual", "attainment_rate", "target_to_date", "pace_rate",
        "lag_rate", "gap", "gap_to_date", "status", "weeks_behind_streak", "target_version",
    ),
}  # fmt: skip


def write_history(con: duckdb.DuckDBPyConnection, folder: CompanyFolder, as_of: date) -> None:
    """Keep what this night says, then publish it as `marts.<mart>_history` up to D.

    Grain of a history mart: one row per key and run of nights on which the row stayed the same, with
    `valid_from` (first night that said so) and `valid_before` (first night that no longer did).
    """
    for mart, key in HISTORY_MARTS.items():
        directory = folder.history / mart
        _write_night(con, directory, mart, key, as_of)
        _publish(con, directory, mart, key, as_of)


def history_order() -> dict[str, tuple[str, ...]]:
    """Return history mart → columns that identify its rows: the order in which it is published."""
    return {f"{mart}_history": (*key, "valid_from") for mart, key in HISTORY_MARTS.items()}


def nights_kept(folder: CompanyFolder) -> set[date]:
    """Return the nights that history holds for every history mart."""
    kept = [
        {date.fromisoformat(path.stem) for path in (folder.history / mart).glob("*.parquet")}
        for mart in HISTORY_MARTS
    ]
    return set.intersection(*kept) if kept else set()


def _files(directory: Path) -> dict[date, Path]:
    found = {date.fromisoformat(path.stem): path for path in directory.glob("*.parquet")}
    return dict(sorted(found.items()))


def _write_night(
    con: duckdb.DuckDBPyConnection, directory: Path, mart: str, key: tuple[str, ...], as_of: date
) -> None:
    files = _files(directory)
    later = next((day for day in files if day > as_of), None)
    columns = _columns(con, mart)
    after = None
    if later is not None:
        # The next night's file is a difference from the night before it, which is now this one.
        con.execute(
            f"create or replace temp table after_night as {_state(files, later, columns, key, mart)}"
        )
        after = "select * from after_night"
    before = _state(
        {day: path for day, path in files.items() if day < as_of}, as_of, columns, key, mart
    )
    now = f"select {', '.join(map(quote_name, columns))} from marts.{quote_name(mart)}"
    write_parquet(con, _difference(before, now, columns, key), directory / f"{as_of}.parquet")
    if after is not None and later is not None:
        write_parquet(con, _difference(now, after, columns, key), directory / f"{later}.parquet")
        con.execute("drop table after_night")


def _columns(con: duckdb.DuckDBPyConnection, mart: str) -> list[str]:
    rows = con.execute(
        "select column_name from information_schema.columns "
        "where table_schema = 'marts' and table_name = ? order by ordinal_position",
        [mart],
    ).fetchall()
    kept = KEPT.get(mart)
    return [name for (name,) in rows if kept is None or name in kept or name in HISTORY_MARTS[mart]]


def _state(
    files: dict[date, Path], day: date, columns: list[str], key: tuple[str, ...], mart: str
) -> str:
    """Return the SELECT of what the night of that day said, folded from the changed rows.

    The mart of tonight gives the columns: one that is new since then reads NULL.
    """
    names = ", ".join(map(quote_name, columns))
    known = [(d, path) for d, path in files.items() if d <= day]
    if not known:
        return f"select {names} from marts.{quote_name(mart)} where false"
    union = " union all by name ".join(
        f"select *, {quote_text(d.isoformat())}::date as _night from {parquet_rows([path])}"
        for d, path in known
    )
    keys = ", ".join(map(quote_name, key))
    return f"""
        select {names} from (
            select * from ({union} union all by name select * from marts.{quote_name(mart)} where false)
            qualify row_number() over (partition by {keys} order by _night desc) = 1
        ) where _op = 'U'
    """


def _difference(before: str, now: str, columns: list[str], key: tuple[str, ...]) -> str:
    """Return the SELECT of rows that are new or changed (U) or gone (D)."""
    names = ", ".join(map(quote_name, columns))
    match = " and ".join(f"b.{quote_name(k)} = n.{quote_name(k)}" for k in key)
    same = " and ".join(
        f"b.{quote_name(c)} is not distinct from n.{quote_name(c)}" for c in columns if c not in key
    )
    gone = ", ".join(
        f"b.{quote_name(c)}" if c in key else f"null as {quote_name(c)}" for c in columns
    )
    order = ", ".join(map(quote_name, key))
    return f"""
        with b as ({before}), n as ({now})
        select 'U' as _op, {names} from n
        where not exists (select 1 from b where {match} and {same or "true"})
        union all by name
        select 'D' as _op, {gone} from b
        where not exists (select 1 from n where {match})
        order by {order}
    """


def _publish(
    con: duckdb.DuckDBPyConnection, directory: Path, mart: str, key: tuple[str, ...], as_of: date
) -> None:
    files = {day: path for day, path in _files(directory).items() if day <= as_of}
    nights = [
        f"select *, {quote_text(day.isoformat())}::date as valid_from from {parquet_rows([path])}"
        for day, path in files.items()
    ]
    keys = ", ".join(map(quote_name, key))
    # Most rows stand since the first night: only those that a later night changed are sorted.
    later = " union all by name ".join(f"select {keys} from ({night})" for night in nights[1:])
    same = " and ".join(f"later.{quote_name(k)} = nights.{quote_name(k)}" for k in key)
    changed = f"exists (select 1 from ({later}) as later where {same})" if later else "false"
    con.execute(
        f"""
        create or replace table marts.{quote_name(mart + "_history")} as
        with nights as materialized ({" union all by name ".join(nights)})
        select * exclude (_op) from (
            select *, null::date as valid_before from nights where not {changed}
            union all by name
            select *, lead(valid_from) over (partition by {keys} order by valid_from) as valid_before
            from nights where {changed}
        )
        where _op = 'U'
        """
    )
