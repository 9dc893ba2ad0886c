"""Count customers and deals of the demo company anew, in pandas, from landed rows alone.

Nothing of the models is used: orders, deals, their stage events and the golden records as they were
handed over, and the words of the definitions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from tests.end_to_end.conftest import DemoNight

UNSIGNED = ("initial_contact", "needs_confirmed", "quoting", "negotiating")
Members = set[tuple[str, str]]


class CustomerRecount:
    """Who was a customer of whom on any day.

    Attributes:
        orders: one row per order that was ever effective: order_id, customer_id, signed_on, ended_on
            (the day of its cancellation) and, per dimension, whom its first line is credited to.
    """

    def __init__(self, night: DemoNight) -> None:
        self.as_of = pd.Timestamp(night.build("select as_of from reference.company")[0][0])
        self.customer_of = dict(
            night.build("select account_id, customer_id from matching.customer_record")
        )
        self.states = dated_frame(
            night,
            "select account_id, state, valid_from from landed.accounts_version "
            "order by account_id, version_no",
        )
        self.orders = self._orders(night)

    def _orders(self, night: DemoNight) -> pd.DataFrame:
        lines = dated_frame(
            night,
            "select order_id, line_no, account_id, person_id, opportunity_id, product_line, region, "
            "status, signed_on, cancelled_on from landed.orders "
            "where status not in ('draft', 'void') order by order_id, line_no",
        )
        # A cancellation without a date is dated by the first export that shows it.
        shown = night.build(
            "select order_id, min(valid_from) from landed.orders_version "
            "where status = 'cancelled' group by order_id"
        )
        first_shown = pd.to_datetime(pd.Series(dict(shown)))
        undated = (lines["status"] == "cancelled") & lines["cancelled_on"].isna()
        lines.loc[undated, "cancelled_on"] = lines["order_id"].map(first_shown)
        region_of = dict(night.build("select account_id, region from landed.accounts"))
        lines["region"] = lines["region"].fillna(lines["account_id"].map(region_of))
        orders = lines.groupby("order_id").first()
        orders["ended_on"] = lines.groupby("order_id")["cancelled_on"].apply(_last_end)
        orders["customer_id"] = orders["account_id"].map(self.customer_of)
        orders["person"] = _largest_share(night, orders)
        orders["company"] = "company"
        orders = orders[orders["signed_on"] <= self.as_of]
        orders.loc[orders["ended_on"] > self.as_of, "ended_on"] = pd.NaT
        return orders.reset_index()

    def closed(self, day: pd.Timestamp) -> set[str]:
        """Return the customers all of whose records are invalid on a day."""
        states = self.states.copy()
        states.loc[~states.duplicated("account_id"), "valid_from"] = pd.Timestamp("1900-01-01")
        on_day = states[states["valid_from"] <= day].groupby("account_id").last()
        invalid = (on_day["state"] == "invalid").groupby(on_day.index.map(self.customer_of)).all()
        return set(invalid[invalid].index)

    def active(self, day: pd.Timestamp, dimension: str) -> Members:
        """Return (scope, customer) with an effective order in the twelve months up to a day."""
        orders = self.orders
        held = orders[
            (orders["signed_on"] <= day)
            & (orders["signed_on"] > day - pd.DateOffset(months=12))
            & ~(orders["ended_on"] <= day)
            & ~orders["customer_id"].isin(self.closed(day))
        ]
        return set(zip(held[dimension], held["customer_id"], strict=True))

    def bridge(self, start: Any, end: Any, dimension: str) -> dict[str, tuple[int, ...]]:
        """Return scope → (begin, new, regained, lost, end) of a period, without empty ones."""
        begin_on = pd.Timestamp(start) - pd.Timedelta(days=1)
        end_on = min(pd.Timestamp(end), self.as_of)
        begin, stand = self.active(begin_on, dimension), self.active(end_on, dimension)
        orders = self.orders
        effective = orders[(orders["signed_on"] <= end_on) & ~(orders["ended_on"] <= end_on)]
        first = effective.sort_values(["signed_on", "order_id"]).groupby("customer_id").first()
        firsts = first[first["signed_on"] > begin_on]
        new = (stand - begin) & set(zip(firsts[dimension], firsts.index, strict=True))
        parts = (begin, new, stand - begin - new, begin - stand, stand)
        scopes = {scope for scope, _ in begin | stand}
        return {
            scope: tuple(sum(1 for name, _ in part if name == scope) for part in parts)
            for scope in scopes
        }


def open_stays(night: DemoNight) -> pd.DataFrame:
    """Return when each deal was open: opportunity_id, changed_on, left_on (the first day after).

    Deals that were deleted by D never were. What has neither a date of creation nor events is open
    from the export that first shows it.
    """
    deals = dated_frame(
        night,
        "select opportunity_id, stage, created_on, closed_on, first_seen_on from landed.opportunities "
        "join (select opportunity_id, min(valid_from) as first_seen_on "
        "from landed.opportunities_version group by all) using (opportunity_id)",
    ).set_index("opportunity_id")
    events = dated_frame(
        night,
        "select opportunity_id, to_stage, changed_on from landed.stage_events "
        "where changed_on <= (select as_of from reference.company) order by opportunity_id, changed_at",
    )
    events = events[events["opportunity_id"].isin(deals.index)]
    events["left_on"] = events.groupby("opportunity_id")["changed_on"].shift(-1)
    stays = events[events["to_stage"].isin(UNSIGNED)][["opportunity_id", "changed_on", "left_on"]]
    silent = deals[~deals.index.isin(events["opportunity_id"])].reset_index()
    assert set(silent["stage"]) <= set(UNSIGNED)
    silent["changed_on"] = silent["created_on"].fillna(silent["first_seen_on"])
    stays = pd.concat([stays, silent[["opportunity_id", "changed_on", "closed_on"]].set_axis(
        stays.columns, axis=1)])  # fmt: skip
    # An order that stands signs its deal: it is out of the open pipeline from that day on.
    signed = night.build(
        "select opportunity_id, min(signed_on) from landed.orders where opportunity_id is not null "
        "and status not in ('draft', 'void', 'cancelled') "
        "and signed_on <= (select as_of from reference.company) group by all"
    )
    signed_on = stays["opportunity_id"].map(pd.to_datetime(pd.Series(dict(signed))))
    stays["left_on"] = stays["left_on"].fillna(pd.Timestamp("2200-01-01"))
    stays = stays[~(stays["changed_on"] >= signed_on)]
    stays["left_on"] = stays["left_on"].where(~(signed_on < stays["left_on"]), signed_on)
    return stays


def opportunities_in_reach(night: DemoNight) -> Callable[[Any, Any], set[str]]:
    """Return what tells the deals that were open on any day of a period, or won in it."""
    stays = open_stays(night)
    booked = dated_frame(
        night,
        "select opportunity_id, booked_on, amount from marts.fct_booking "
        "where opportunity_id is not null",
    )

    def in_reach(start: Any, through: Any) -> set[str]:
        open_ = stays[(stays["changed_on"] <= pd.Timestamp(through)) & (
            stays["left_on"] > pd.Timestamp(start))]  # fmt: skip
        within = booked[booked["booked_on"].between(pd.Timestamp(start), pd.Timestamp(through))]
        net = within.groupby("opportunity_id")["amount"].sum()
        return set(open_["opportunity_id"]) | set(net[net > 0].index)

    return in_reach


def dated_frame(night: DemoNight, sql: str) -> pd.DataFrame:
    """Query the build file as a frame, its dates as timestamps."""
    rows = night.build_frame(sql)
    for column in rows.columns:
        if column.endswith("_on") or column == "valid_from":
            rows[column] = pd.to_datetime(rows[column])
    return rows


def _last_end(days: pd.Series) -> Any:
    """Return the day on which the last line ended, if all of them did."""
    return days.max() if days.notna().all() else pd.NaT


def _largest_share(night: DemoNight, orders: pd.DataFrame) -> list[str]:
    """Return whom each order counts for: the largest share, of equal ones who signed it."""
    shares: dict[str, list[tuple[Any, str]]] = {}
    for order_id, person_id, share in night.build(
        "select order_id, person_id, share from landed.credit_splits where order_id is not null"
    ):
        shares.setdefault(order_id, []).append((share, person_id))
    credited = []
    for order_id, signer in zip(orders.index, orders["person_id"], strict=True):
        parts = shares.get(order_id, [(1, signer)])
        most = max(share for share, _ in parts)
        equal = sorted(person for share, person in parts if share == most)
        credited.append(signer if signer in equal else equal[0])
    return credited
