"""Score the weekly calls of a built company beside the two forecasts that a manager makes by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from pipelines.core.forecast.calls import outcome_of
from pipelines.core.forecast.outlook import Outlook, called_periods, outlooks, past_outcomes
from pipelines.steps.forecast import forecast_days
from pipelines.steps.forecast_inputs import ForecastInputs, read_inputs
from tests.real_data.forecast_scores import Called, extrapolated, ladder

SCOPES = ("company", "region", "team", "person")
PERIODS = frozenset(["month", "quarter"])
NOBODY = frozenset(["unallocated", "unknown"])


def score_weeks(build_file: Path) -> dict[str, list[Called]]:
    """Return every kept week's calls on months and quarters that have ended, by kind of scope."""
    with duckdb.connect(str(build_file), read_only=True) as con:
        inputs = read_inputs(con).only(frozenset(SCOPES))
    learned, kept = forecast_days(inputs)
    past = past_outcomes(inputs.book, learned, inputs.today)
    found: dict[str, list[Called]] = {kind: [] for kind in SCOPES}
    for day in kept[:-1]:
        came = []
        places = called_periods(inputs.book, day)
        for seen in outlooks(inputs.book, day, places, inputs.targets, past):
            if inputs.book.periods.last_day[seen.call.place] <= inputs.today:
                came.append(outcome_of(inputs.book, seen.call))
                _score(inputs, seen, found)
        past += came
    return found


def _score(inputs: ForecastInputs, seen: Outlook, found: dict[str, list[Called]]) -> None:
    book, call, deals = inputs.book, seen.call, seen.call.deals
    first, last = (int(x[call.place]) for x in (book.periods.first_day, book.periods.last_day))
    if last == call.day or inputs.periods[call.place][0] not in PERIODS:
        return
    target = inputs.targets[call.place]
    entries = book.bookings
    inside = entries.between(first - 1, last, inputs.today)
    final = book.per_scope(entries.leaf[inside], entries.amount[inside])
    due = (deals.expected_day > max(call.day, first - 1)) & (deals.expected_day <= last)
    by_ladder = ladder(book, seen, deals.default_chance * due, target)
    by_pace = extrapolated(book, seen, target)
    for scope in np.flatnonzero(np.nan_to_num(target) > 0):
        kind, name = inputs.scopes[scope]
        if name not in NOBODY:
            chances = (seen.probability[scope], by_ladder[scope], by_pace[scope])
            reached = bool(final[scope] >= target[scope])
            found[kind].append(
                Called(int(scope), last - call.day, reached, *(float(c) for c in chances))
            )
