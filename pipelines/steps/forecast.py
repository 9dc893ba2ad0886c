"""The forecast between dbt layers: deals, bookings and targets in, one row per week's call out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pipelines.core.forecast.calls import Outcome, outcome_of
from pipelines.core.forecast.incidence import NO_HISTORY, POOLED, Floats
from pipelines.core.forecast.outlook import (
    Outlook,
    called_periods,
    outlooks,
    past_outcomes,
    top_swings,
)
from pipelines.core.forecast.sums import STATES_LIMIT, standard_error
from pipelines.settings import BUILD_CONFIG
from pipelines.steps.forecast_inputs import ForecastInputs, read_inputs

# Weeks that are kept for readers, and weeks before them from which only win rates are learned.
WEEKS_KEPT = 52
WEEKS_LEARNED = 52
FEWEST_WORKDAYS = 20
# Past weeks are kept for these; pairs of dimensions stand in tonight's forecast.
KEPT_SCOPES = frozenset(
    ["company", "org", "region", "team", "product_line", "person", "customer_type"]
)

_TEXT, _DAY, _INT, _REAL, _FLAG = pa.string(), pa.date32(), pa.int64(), pa.float64(), pa.bool_()
MONEY = (
    "target", "booked_amount", "open_amount", "expected_open_amount", "expected_new_amount",
    "p10", "p50", "p90", "final_amount",
)  # fmt: skip
COLUMNS: dict[str, pa.DataType] = {
    "period_type": _TEXT, "period_start": _DAY, "period_end": _DAY, "period_label": _TEXT,
    "scope_type": _TEXT, "scope_id": _TEXT, "forecast_week_start_on": _DAY, "forecast_on": _DAY,
    "is_latest": _FLAG, "days_ahead": _INT, "workdays_left": _INT,
    **dict.fromkeys(MONEY, _INT),
    "attainment_probability": _REAL, "open_count": _INT, "uncalibrated_count": _INT,
    "pooled_count": _INT, "new_business_reason": _TEXT, "past_period_count": _INT,
    "multiplier_mean": _REAL, "multiplier_spread": _REAL, "realised_rate": _REAL,
    "method": _TEXT, "seed": _INT, "draws": _INT, "standard_error": _REAL, "swing_deals": _TEXT,
}  # fmt: skip


def run_forecast_step(build_file: Path) -> dict[str, int]:
    """Forecast tonight and replay the weeks before; write `forecast.weekly_call` of the build file.

    Grain: one row per period, scope and forecast week: past weeks by their Sunday with what was
    known then, the running week by D. Amounts DECIMAL(18,2) in the reporting currency.

    Returns:
        Row count by table.
    """
    with duckdb.connect(str(build_file), config=BUILD_CONFIG) as con:
        _create(con)
        inputs = read_inputs(con)
        tables = [table for table in _all_weeks(inputs) if len(table)]
        if tables:
            con.register("rows_now", pa.concat_tables(tables))
            amounts = ", ".join(
                f"cast(cast({name} as decimal(18, 0)) * 0.01 as decimal(18, 2)) as {name}"
                for name in MONEY
            )
            con.execute(
                f"insert into forecast.weekly_call select * replace ({amounts}) from rows_now"
            )
            con.unregister("rows_now")
        [(rows,)] = con.execute("select count(*) from forecast.weekly_call").fetchall()
    return {"forecast.weekly_call": int(rows)}


def _create(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema if not exists forecast")
    con.register("blank", pa.schema(list(COLUMNS.items())).empty_table())
    amounts = ", ".join(f"cast({name} as decimal(18, 2)) as {name}" for name in MONEY)
    con.execute(
        f"create or replace table forecast.weekly_call as select * replace ({amounts}) from blank"
    )
    con.unregister("blank")


def forecast_days(inputs: ForecastInputs) -> tuple[list[int], list[int]]:
    """Return the days of calls: those that only teach, and those that are kept (the last is D).

    Sundays before D; none of which fewer than FEWEST_WORKDAYS workdays were known.
    """
    today = inputs.today
    newest = today - inputs.on(today).isoweekday() % 7
    sundays = [newest - 7 * back for back in range(WEEKS_KEPT + WEEKS_LEARNED)]
    known = inputs.book.last_day_of(
        int(inputs.book.workday[inputs.book.first_known_day]) + FEWEST_WORKDAYS
    )
    sundays = sorted(day for day in sundays if known <= day < today)
    first_kept = newest - 7 * (WEEKS_KEPT - 1)
    return [d for d in sundays if d < first_kept], [d for d in sundays if d >= first_kept] + [today]


def _all_weeks(inputs: ForecastInputs) -> list[pa.Table]:
    learned, kept = forecast_days(inputs)
    past: list[Outcome] = past_outcomes(inputs.book, learned, inputs.today)
    tables = []
    narrow = inputs.only(KEPT_SCOPES)
    for day in kept:
        is_latest = day == inputs.today
        seen = inputs if is_latest else narrow
        found = outlooks(
            seen.book, day, called_periods(seen.book, day), seen.targets, past,
            states=STATES_LIMIT if is_latest else 0,
        )  # fmt: skip
        came = []
        for outlook in found:
            tables.append(_rows(seen, outlook, is_latest=is_latest))
            if seen.book.periods.last_day[outlook.call.place] <= inputs.today:
                came.append(outcome_of(seen.book, outlook.call))
        past += came
    return tables


def _rows(inputs: ForecastInputs, outlook: Outlook, *, is_latest: bool) -> pa.Table:
    """Return the rows of one period's call: scopes that have a target, bookings or open deals."""
    book, call = inputs.book, outlook.call
    target = inputs.targets[call.place]
    draws = outlook.drawn.total.shape[1]
    reasons = np.array([reason or "" for reason in call.reasons])
    columns = {
        **_names(inputs, outlook, is_latest=is_latest),
        "target": target,
        "booked_amount": outlook.booked,
        "open_amount": book.per_scope(call.deals.leaf, call.deals.amount),
        "expected_open_amount": outlook.expected_open,
        "expected_new_amount": outlook.expected_new,
        **{name: outlook.range[:, i] for i, name in enumerate(("p10", "p50", "p90"))},
        "final_amount": _final(inputs, call.place),
        "attainment_probability": outlook.probability,
        "open_count": book.per_scope(call.deals.leaf, np.ones_like(call.deals.leaf)),
        "uncalibrated_count": book.per_scope(call.deals.leaf, reasons == NO_HISTORY),
        "pooled_count": book.per_scope(call.deals.leaf, reasons == POOLED),
        "method": np.where(outlook.is_exact, "exact", "simulation"),
        "seed": np.where(outlook.is_exact, np.nan, call.day),
        "draws": np.where(outlook.is_exact, np.nan, draws),
        "standard_error": np.where(
            outlook.is_exact, np.nan, standard_error(outlook.probability, draws)
        ),
        "swing_deals": _swing_texts(inputs, outlook, target) if is_latest else None,
    }
    shown = (np.nan_to_num(target) != 0) | (outlook.booked != 0)
    shown |= (columns["open_amount"] != 0) | (outlook.range != 0).any(axis=1)
    return _table(columns, np.flatnonzero(shown))


def _names(inputs: ForecastInputs, outlook: Outlook, *, is_latest: bool) -> dict[str, Any]:
    call, workday = outlook.call, inputs.book.workday
    kind, start, end, label = inputs.periods[call.place]
    on = inputs.on(call.day)
    left = workday[inputs.book.periods.last_day[call.place]] - workday[call.day]
    return {
        "period_type": kind, "period_start": start, "period_end": end, "period_label": label,
        "scope_type": [scope_type for scope_type, _ in inputs.scopes],
        "scope_id": [scope_id for _, scope_id in inputs.scopes],
        "forecast_week_start_on": on - timedelta(days=on.weekday()), "forecast_on": on,
        "is_latest": is_latest, "days_ahead": (end - on).days, "workdays_left": int(left),
        "new_business_reason": outlook.new.reason, "past_period_count": len(outlook.new.samples),
        "multiplier_mean": outlook.multiplier.mean, "multiplier_spread": outlook.multiplier.spread,
        "realised_rate": outlook.rate,
    }  # fmt: skip


def _final(inputs: ForecastInputs, place: int) -> Floats:
    """Return what an ended period came to, as known at D; NaN while it runs."""
    periods, booked = inputs.book.periods, inputs.book.bookings
    first, last = int(periods.first_day[place]), int(periods.last_day[place])
    if last > inputs.today:
        return np.full(len(inputs.scopes), np.nan)
    chosen = booked.between(first - 1, last, inputs.today)
    return inputs.book.per_scope(booked.leaf[chosen], booked.amount[chosen])


def _swing_texts(inputs: ForecastInputs, outlook: Outlook, target: Floats) -> list[str | None]:
    """Name the deals that decide most for each scope: `id +0.12, id +0.07`."""
    texts: list[str | None] = [None] * len(inputs.scopes)
    for scope in np.flatnonzero(outlook.probability < 1):
        found = top_swings(inputs.book, outlook, int(scope), float(target[scope]))
        named = [f"{inputs.deals[deal]} +{by:.2f}" for deal, by in found if by >= 0.005]
        texts[scope] = ", ".join(named) or None
    return texts


def _table(columns: dict[str, Any], chosen: Any) -> pa.Table:
    arrays = []
    for name, kind in COLUMNS.items():
        value = columns[name]
        if not isinstance(value, list | np.ndarray):
            arrays.append(pa.array([value] * len(chosen), kind))
        elif isinstance(value, list):
            arrays.append(pa.array([value[i] for i in chosen], kind))
        elif value.dtype.kind == "f":
            picked = pa.array(value[chosen], from_pandas=True)
            arrays.append((pa.compute.round(picked) if kind == _INT else picked).cast(kind))
        else:
            arrays.append(pa.array(value[chosen], kind))
    return pa.table(dict(zip(COLUMNS, arrays, strict=True)))
