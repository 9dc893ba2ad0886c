"""Maven's 8,800 deals replayed week by week: every call with what was known on its Sunday."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.core.calendar import build_calendar
from pipelines.core.forecast.book import Book, Bookings, Periods, Spans
from pipelines.core.forecast.calls import outcome_of
from pipelines.core.forecast.incidence import NEVER, Stays
from pipelines.core.forecast.outlook import outlooks, past_outcomes
from tests.real_data.forecast_scores import Called, extrapolated, ladder
from tests.shared_data import SHARED

FIRST, LAST = date(2016, 1, 1), date(2018, 3, 31)
# The first outcome: what ended before was never handed over, so deals count as watched from here.
RECORDED_FROM = date(2017, 3, 1)
QUARTERS = {f"2017-Q{q}": date(2017, 3 * q - 2, 1) for q in (1, 2, 3, 4)}
FACTORS = (0.8, 0.9, 1.0, 1.1, 1.2)
SCOPES = ("company", "regional_office", "manager", "sales_agent")


def read_deals() -> pd.DataFrame:
    """One row per engaged deal, priced by its product's list price, as it was known while open."""
    assert SHARED is not None
    raw = SHARED / "maven_crm" / "raw"
    deals = pd.read_csv(raw / "sales_pipeline.csv", parse_dates=["engage_date", "close_date"])
    prices = pd.read_csv(raw / "products.csv").set_index("product")["sales_price"]
    teams = pd.read_csv(raw / "sales_teams.csv").set_index("sales_agent")
    deals = deals[deals["engage_date"].notna()].reset_index(drop=True)
    deals["price"] = deals["product"].replace({"GTXPro": "GTX Pro"}).map(prices)
    deals["company"] = "company"
    return deals.join(teams, on="sales_agent")


def build_book(deals: pd.DataFrame) -> tuple[Book, list[str], list[str]]:
    """Return the book, the kind of each scope, and its name."""
    calendar = build_calendar(FIRST, LAST, calendar="US")
    workday = calendar["workday_index"].to_numpy(np.int64)

    def day(column: str, missing: int) -> Any:
        found = (deals[column] - pd.Timestamp(FIRST)).dt.days
        return found.fillna(missing).to_numpy(np.int64)

    engaged, closed = day("engage_date", 0), day("close_date", NEVER)
    ended = np.where(closed < NEVER, workday[np.minimum(closed, len(workday) - 1)], NEVER)
    won = (deals["deal_stage"] == "Won").to_numpy()
    recorded = workday[(RECORDED_FROM - FIRST).days]
    agents = sorted(deals["sales_agent"].unique())
    leaf = deals["sales_agent"].map({a: i for i, a in enumerate(agents)}).to_numpy(np.int64)
    number = np.arange(len(deals), dtype=np.int64)
    nothing = np.zeros(len(deals), dtype=np.int64)
    entered = workday[engaged]
    starts = [(start - FIRST).days for start in QUARTERS.values()]
    ends = [s - 1 for s in starts[1:]] + [(date(2017, 12, 31) - FIRST).days]
    scopes, kinds, names = _scopes(deals, agents)
    signed = deals["close_value"].fillna(0).to_numpy()[won]
    return (
        Book(
            stays=Stays(nothing, entered, np.maximum(entered, recorded), ended, ended, won),
            spans=Spans(
                number, leaf, nothing, entered, (deals["price"].to_numpy() * 100).astype(np.int64),
                engaged, np.minimum(closed, len(workday)), nothing - 1, nothing + 0.5,
            ),
            bookings=Bookings(
                number[won], leaf[won], closed[won], closed[won], (signed * 100).astype(np.int64)
            ),
            periods=Periods(
                np.zeros(4, dtype=np.int64), np.array(starts), np.array(ends), np.zeros(4, dtype=bool)
            ),
            workday=workday,
            scopes=scopes,
        ),
        kinds,
        names,
    )  # fmt: skip


def _scopes(deals: pd.DataFrame, agents: list[str]) -> tuple[np.ndarray, list[str], list[str]]:
    of_agent = deals.drop_duplicates("sales_agent").set_index("sales_agent").loc[agents]
    of_agent = of_agent.assign(sales_agent=agents)
    columns, kinds, names = [], [], []
    for kind in SCOPES:
        for name in sorted(of_agent[kind].unique()):
            columns.append((of_agent[kind] == name).to_numpy(float))
            kinds.append(kind)
            names.append(name)
    return np.stack(columns, axis=1), kinds, names


def replay() -> dict[str, list[Called]]:
    """Call every threshold of 2017-Q3 and Q4 on every Sunday inside; calls by kind of scope."""
    book, kinds, _ = build_book(read_deals())
    final = np.stack(
        [_booked(book, place, int(book.periods.last_day[place])) for place in range(4)]
    )
    found: dict[str, list[Called]] = {kind: [] for kind in SCOPES}
    begin, end = ((day - FIRST).days for day in (date(2017, 4, 2), date(2017, 12, 31)))
    sundays = list(range(begin, end, 7))
    past = past_outcomes(book, sundays[:13], int(book.periods.last_day[1]))
    for day in sundays[13:]:
        [place] = [
            p for p in (2, 3) if book.periods.first_day[p] - 1 <= day <= book.periods.last_day[p]
        ][-1:]
        won = (book.stays.won & (book.stays.ended <= book.workday[day])).sum()
        ended = (book.stays.ended <= book.workday[day]).sum()
        for factor in FACTORS:
            targets = np.full(final.shape, np.nan)
            targets[place] = final[place - 1] * factor
            [seen] = outlooks(book, day, [place], targets, past)
            by_ladder = ladder(book, seen, won / ended, targets[place])
            by_pace = extrapolated(book, seen, targets[place])
            for scope in np.flatnonzero(targets[place] > 0):
                found[kinds[scope]].append(
                    Called(
                        int(scope), int(book.periods.last_day[place] - day),
                        bool(final[place, scope] >= targets[place, scope]),
                        float(seen.probability[scope]), float(by_ladder[scope]), float(by_pace[scope]),
                    )
                )  # fmt: skip
        past.append(outcome_of(book, seen.call))
    return found


def _booked(book: Book, place: int, until: int) -> np.ndarray:
    entries = book.bookings
    chosen = entries.between(int(book.periods.first_day[place]) - 1, until, until)
    return book.per_scope(entries.leaf[chosen], entries.amount[chosen])


def week_of(day: int) -> date:
    """Return the date of a day number, for printing."""
    return FIRST + timedelta(days=day)
