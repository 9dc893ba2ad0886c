"""Read what the forecast looks at from the build file, as arrays of codes and days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np

from pipelines.core.forecast.book import Book, Bookings, Periods, Spans
from pipelines.core.forecast.incidence import NEVER, Floats, Ints, Stays

# Day numbers count from the first day of the calendar; codes number a table's entries, in order.
STAYS_PER_STAGE = 20_000
_PREPARE = """
create or replace temp view calendar as
select
    date_day,
    workday_index,
    date_diff('day', min(date_day) over (), date_day) as day,
    count(*) over () as days
from reference.calendar_day;
create or replace temp table leaf_code as
select leaf_id, row_number() over (order by leaf_id) - 1 as leaf
from (select distinct leaf_id from intermediate.int_leaf_scope);
create or replace temp table scope_code as
select scope_type, scope_id, row_number() over (order by scope_type, scope_id) - 1 as scope
from (select distinct scope_type, scope_id from intermediate.int_leaf_scope);
create or replace temp table deal_code as
select opportunity_id, row_number() over (order by opportunity_id) - 1 as deal
from (
    select opportunity_id from intermediate.int_forecast_stay
    union
    select opportunity_id from intermediate.int_forecast_booking where opportunity_id is not null
);
create or replace temp table stage_code as
select pipeline, stage, row_number() over (order by pipeline, stage) - 1 as stage_no
from (select distinct pipeline, stage from intermediate.int_forecast_stay);
create or replace temp table period_code as
select
    period_type, period_start, period_end, period_label,
    row_number() over (order by period_type, period_start, period_end) - 1 as place,
    dense_rank() over (order by period_type) as kind
from intermediate.int_target_period
where period_type <> 'week'
"""
_STAYS = """
select
    stage_code.stage_no as stage, {entered} as entered, {seen} as seen, {left_} as left_day,
    {ended} as ended, is_won
from intermediate.int_forecast_stay as stays
inner join stage_code using (pipeline, stage)
where has_history
-- Every n-th stay of a stage, so that a large company costs no more than a middling one.
qualify (row_number() over (partition by stage_no order by opportunity_id, visit_no) - 1)
    % ceil(count(*) over (partition by stage_no) / {most}) = 0
order by opportunity_id, visit_no
"""
_SPANS = """
select
    deal_code.deal, leaf_code.leaf, stage_code.stage_no as stage, {entered} as entered,
    cast(round(cast(segments.amount as decimal(20, 4)) * 100) as bigint) as amount, {first} as first_day,
    {before} as before_day, coalesce({expected}, -1) as expected_day,
    coalesce(listed.default_probability_rate, 0)::double as chance
from intermediate.int_opportunity_segment as segments
inner join intermediate.int_forecast_stay as stays using (opportunity_id, visit_no)
inner join deal_code using (opportunity_id)
inner join leaf_code using (leaf_id)
inner join stage_code on stays.pipeline = stage_code.pipeline and stays.stage = stage_code.stage
left join intermediate.int_pipeline_stage as listed
    on stays.pipeline = listed.pipeline and stays.stage = listed.stage and listed.is_current
where segments.standing = 'open' and not segments.is_deleted and segments.amount > 0
order by segments.opportunity_id, segments.valid_from, segments.visit_no
"""
_BOOKINGS = """
select
    coalesce(deal_code.deal, -1) as deal, leaf_code.leaf, {booked} as day, {known} as known_day,
    cast(round(cast(bookings.amount as decimal(20, 4)) * 100) as bigint) as amount
from intermediate.int_forecast_booking as bookings
inner join leaf_code using (leaf_id)
left join deal_code using (opportunity_id)
order by booking_entry_id
"""
_TARGETS = """
select period_code.place, scope_code.scope, cast(cast(targets.target as decimal(20, 2)) * 100 as double) as target
from intermediate.int_target_scope_period as targets
inner join rules.scenarios_settings as settings on targets.scenario = settings.scenario_in_force
inner join period_code using (period_type, period_start, period_end)
inner join scope_code using (scope_type, scope_id)
where targets.metric = 'signed_amount' and targets.level = 'base'
"""


@dataclass(frozen=True)
class ForecastInputs:
    """One night's book, with the names behind its codes.

    Attributes:
        book: everything known.
        targets: row per period, column per scope, in minor units; NaN where there is none.
        periods: (type, start, end, label) of each place.
        scopes: (type, id) of each column.
        deals: opportunity of each code.
        first_on: the day that counts as 0.
        today: D, as a day number.
    """

    book: Book
    targets: Floats
    periods: list[tuple[str, date, date, str]]
    scopes: list[tuple[str, str]]
    deals: list[str]
    first_on: date
    today: int

    def on(self, day: int) -> date:
        """Return the date of a day number."""
        return self.first_on + timedelta(days=day)

    def only(self, scope_types: frozenset[str]) -> ForecastInputs:
        """Return the same for some kinds of scope."""
        columns = [i for i, (kind, _) in enumerate(self.scopes) if kind in scope_types]
        return replace(
            self,
            book=replace(self.book, scopes=np.ascontiguousarray(self.book.scopes[:, columns])),
            targets=self.targets[:, columns],
            scopes=[self.scopes[i] for i in columns],
        )


def read_inputs(con: duckdb.DuckDBPyConnection) -> ForecastInputs:
    """Read one night's deals, bookings, periods, targets and scopes."""
    con.execute(_PREPARE)
    calendar = con.execute(
        "select date_day, workday_index, day from calendar order by day"
    ).fetchnumpy()
    [(first_on, as_of)] = con.execute(
        "select min(date_day)::date, (select as_of from reference.company) from calendar"
    ).fetchall()
    periods = con.execute(
        "select period_type, period_start, period_end, period_label from period_code order by place"
    ).fetchall()
    scopes = con.execute("select scope_type, scope_id from scope_code order by scope").fetchall()
    book = Book(
        stays=_stays(con),
        spans=_spans(con),
        bookings=_bookings(con),
        periods=_periods(con),
        workday=_ints(calendar["workday_index"]),
        scopes=_scopes(con, len(scopes)),
    )
    return ForecastInputs(
        book=book,
        targets=_targets(con, len(periods), len(scopes)),
        periods=periods,
        scopes=scopes,
        deals=_texts(con, "select opportunity_id from deal_code order by deal"),
        first_on=first_on,
        today=(as_of - first_on).days,
    )  # fmt: skip


def _day(column: str) -> str:
    """Return SQL for a date's day number: NULL stays, days off the calendar become its ends."""
    return (
        "least(greatest("
        f"date_diff('day', (select min(date_day) from reference.calendar_day), {column}), 0), "
        "(select count(*) from reference.calendar_day))"
    )


def _workday(column: str) -> str:
    """Return SQL for the workday index of a date; after the calendar, or NULL: never."""
    found = f"select calendar.workday_index from calendar where calendar.date_day = {column}"
    return f"coalesce(({found}), {NEVER})"


def _texts(con: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [text for (text,) in con.execute(sql).fetchall()]


def _ints(column: Any) -> Ints:
    return np.asarray(column, dtype=np.int64)


def _stays(con: duckdb.DuckDBPyConnection) -> Stays:
    sql = _STAYS.format(
        entered=_workday("stays.entered_on"), seen=_workday("stays.seen_on"),
        left_=_workday("stays.left_on"), ended=_workday("stays.ended_on"), most=STAYS_PER_STAGE,
    )  # fmt: skip
    rows = con.execute(sql).fetchnumpy()
    return Stays(
        stage=_ints(rows["stage"]), entered=_ints(rows["entered"]), seen=_ints(rows["seen"]),
        left=_ints(rows["left_day"]), ended=_ints(rows["ended"]),
        won=np.asarray(rows["is_won"], dtype=bool),
    )  # fmt: skip


def _spans(con: duckdb.DuckDBPyConnection) -> Spans:
    sql = _SPANS.format(
        entered=_workday("stays.entered_on"), first=_day("segments.valid_from"),
        before=_day("segments.valid_before"), expected=_day("segments.expected_close_on"),
    )  # fmt: skip
    rows = con.execute(sql).fetchnumpy()
    return Spans(
        deal=_ints(rows["deal"]), leaf=_ints(rows["leaf"]), stage=_ints(rows["stage"]),
        entered=_ints(rows["entered"]), amount=_ints(rows["amount"]),
        first_day=_ints(rows["first_day"]), before_day=_ints(rows["before_day"]),
        expected_day=_ints(rows["expected_day"]),
        default_chance=np.asarray(rows["chance"], dtype=float),
    )  # fmt: skip


def _bookings(con: duckdb.DuckDBPyConnection) -> Bookings:
    sql = _BOOKINGS.format(booked=_day("bookings.booked_on"), known=_day("bookings.known_on"))
    rows = con.execute(sql).fetchnumpy()
    return Bookings(*(_ints(rows[n]) for n in ("deal", "leaf", "day", "known_day", "amount")))


def _periods(con: duckdb.DuckDBPyConnection) -> Periods:
    rows = con.execute(
        f"select kind, {_day('period_start')} as first_day, {_day('period_end')} as last_day, "
        "period_type = 'custom' as is_custom from period_code order by place"
    ).fetchnumpy()
    return Periods(
        kind=_ints(rows["kind"]), first_day=_ints(rows["first_day"]),
        last_day=_ints(rows["last_day"]), is_custom=np.asarray(rows["is_custom"], dtype=bool),
    )  # fmt: skip


def _scopes(con: duckdb.DuckDBPyConnection, columns: int) -> Floats:
    rows = con.execute(
        "select leaf, scope from intermediate.int_leaf_scope inner join leaf_code using (leaf_id) "
        "inner join scope_code using (scope_type, scope_id)"
    ).fetchnumpy()
    leaf, scope = _ints(rows["leaf"]), _ints(rows["scope"])
    table = np.zeros((int(leaf.max()) + 1 if len(leaf) else 1, columns))
    table[leaf, scope] = 1.0
    return table


def _targets(con: duckdb.DuckDBPyConnection, places: int, columns: int) -> Floats:
    rows = con.execute(_TARGETS).fetchnumpy()
    table = np.full((places, columns), np.nan)
    table[_ints(rows["place"]), _ints(rows["scope"])] = np.asarray(rows["target"], dtype=float)
    return table
