"""Score the weekly calls of a built company beside the two forecasts that a manager makes by hand."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import duckdb
import numpy as np

from pipelines.assets.models import AFTER_CASCADE, AFTER_FORECAST
from pipelines.assets.steps import CASCADE_READS, FORECAST_READS
from pipelines.core.forecast.calls import outcome_of
from pipelines.core.forecast.outlook import Outlook, called_periods, outlooks, past_outcomes
from pipelines.dbt.runner import build
from pipelines.demo.write import write_demo_company
from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import admit_rules, company_rules
from pipelines.landing.inputs import build_inputs
from pipelines.landing.source import land_source
from pipelines.settings import CompanyFolder, load_company
from pipelines.steps.cascade import run_cascade_step
from pipelines.steps.forecast import forecast_days
from pipelines.steps.forecast_inputs import ForecastInputs, read_inputs
from pipelines.steps.matching import run_matching_step
from tests.real_data.forecast_scores import Called, extrapolated, ladder

SCOPES = ("company", "region", "team", "person")
PERIODS = frozenset(["month", "quarter"])
NOBODY = frozenset(["unallocated", "unknown"])


def build_for_forecast(home: Path, seed: int) -> Path:
    """Write a demo company and build what its forecast reads, a third of a night's work."""
    write_demo_company(home, seed=seed)
    folder = CompanyFolder(home)
    settings, archive = load_company(folder), Archive(folder.archive)
    seen_at = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
    admit_rules(folder, archive, seen_at)
    rules = company_rules(settings, archive, sys.maxsize)
    for source in settings.sources:
        land_source(folder, settings, source, rules.vocabulary(), seen_at)
    folder.build_file.parent.mkdir(parents=True, exist_ok=True)
    assert settings.as_of
    with duckdb.connect(str(folder.build_file)) as con:
        build_inputs(con, folder, settings, rules, settings.as_of, sys.maxsize)
    run_matching_step(folder.build_file)
    wanted = [f"+{name}" for name in (*CASCADE_READS, *FORECAST_READS)]
    with mock.patch.dict(os.environ, {"DBT_INDIRECT_SELECTION": "cautious"}):
        nodes = build(folder, wanted, [AFTER_CASCADE, AFTER_FORECAST])
        run_cascade_step(folder.build_file)
        nodes += build(folder, [f"{part},{AFTER_CASCADE}" for part in wanted], [AFTER_FORECAST])
    wrong = [(n.unique_id, n.message) for n in nodes if n.status in ("error", "fail")]
    assert not wrong, wrong
    return folder.build_file


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
