"""Judge every customer of the demo company anew, in pandas and by hand, from landed rows.

The rules of the default workbook, written from the definitions and without a look at the models: tiers
of any day, which contact counted, since when the owner has the customer, and when it is due.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd

from tests.end_to_end.conftest import DemoNight
from tests.end_to_end.demo_recount import dated_frame, open_stays

COUNTING = {
    "A": {"visit", "video"},
    "B": {"visit", "video", "call", "message"},
    "C": {"visit", "video", "call", "message", "email", "material"},
}
CADENCE_WORKDAYS = {"A": 5, "B": 10, "C": 22}
STOP_PHRASES = {"已联系", "有意向", "跟进中"}
FIRST_DAY = pd.Timestamp("1900-01-01")


class FollowUp(NamedTuple):
    """What is told of one customer."""

    tier: str
    status: str
    last_contact_on: Any
    due_on: Any
    overdue_workdays: int


class FollowUpRecount:
    """Who of the customers is to be followed up, and when."""

    def __init__(self, night: DemoNight) -> None:
        self.night = night
        self.as_of = pd.Timestamp(night.build("select as_of from reference.company")[0][0])
        self.customer_of = dict(
            night.build("select account_id, customer_id from matching.customer_record")
        )
        self.accounts = dated_frame(
            night, "select account_id, is_strategic, state, created_on from landed.accounts"
        )
        self.accounts["customer_id"] = self.accounts["account_id"].map(self.customer_of)
        self.strategic = set(self.accounts[self.accounts["is_strategic"].eq(True)]["customer_id"])
        self.owners: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        for account, owner, on in night.build(
            "select account_id, owner_id, valid_from from landed.accounts_version order by version_no"
        ):
            self.owners[account].append((owner, on))
        self.signed = self._signed()
        self.expected = self._expected()
        self.last_contacts = self._last_contacts()
        days = dated_frame(
            night,
            "select date_day as day_on, is_workday, workday_index from reference.calendar_day",
        )
        self.index = dict(zip(days["day_on"], days["workday_index"], strict=True))
        work = days[days["is_workday"]]
        self.workday = dict(zip(work["workday_index"], work["day_on"], strict=True))
        self.first_on = days["day_on"].min()

    def _signed(self) -> dict[str, list[tuple[pd.Timestamp, float]]]:
        """Customer → (day, amount) of every booking; the ledger has a recount of its own."""
        rows = dated_frame(
            self.night,
            "select account_id, booked_on, sum(amount) as amount from marts.fct_booking group by all",
        )
        found = defaultdict(list)
        for row in rows.itertuples():
            found[self.customer_of.get(row.account_id)].append((row.booked_on, float(row.amount)))
        return found

    def _expected(self) -> dict[str, list[tuple[pd.Timestamp, pd.Timestamp, float]]]:
        """Customer → (from, before, amount at the rate of D) of every open deal."""
        stays, forever = open_stays(self.night), pd.Timestamp("2200-01-01")
        rates = dict(
            self.night.build(
                "select currency, arg_max(rate, valid_on) from landed.fx_rates "
                "where valid_on <= (select as_of from reference.company) group by all"
            )
        ) | {"CNY": 1}
        accounts = dict(
            self.night.build("select opportunity_id, account_id from landed.opportunities")
        )
        shown = dated_frame(
            self.night,
            "select opportunity_id, valid_from, amount, coalesce(currency, 'CNY') as currency "
            "from landed.opportunities_version order by opportunity_id, version_no",
        )
        shown.loc[~shown.duplicated("opportunity_id"), "valid_from"] = FIRST_DAY
        shown["valid_before"] = shown.groupby("opportunity_id")["valid_from"].shift(-1)
        shown["valid_before"] = shown["valid_before"].fillna(forever)
        both = stays.merge(shown, on="opportunity_id")
        both["starts"] = both[["changed_on", "valid_from"]].max(axis=1)
        both["ends"] = both[["left_on", "valid_before"]].min(axis=1)
        both = both[(both["starts"] < both["ends"]) & both["amount"].notna()]
        found = defaultdict(list)
        for row in both[both["currency"].isin(rates)].itertuples():
            customer = self.customer_of.get(accounts[row.opportunity_id])
            value = float(row.amount) * float(rates[row.currency])
            found[customer].append((row.starts, row.ends, value))
        return found

    def _last_contacts(self) -> dict[str, pd.Timestamp]:
        rows = dated_frame(
            self.night,
            "select occurred_on, kind, content, activities.account_id, opportunities.account_id as "
            "deal_account_id, leads.customer_id as lead_customer_id from landed.activities "
            "left join landed.opportunities using (opportunity_id) "
            "left join matching.lead_customer as leads using (lead_id) "
            "where occurred_on <= (select as_of from reference.company) order by occurred_at",
        )
        rows["customer_id"] = (
            rows["account_id"]
            .map(self.customer_of)
            .fillna(rows["deal_account_id"].map(self.customer_of))
            .fillna(rows["lead_customer_id"])
        )
        rows = rows[~rows["content"].fillna("").str.strip().isin(STOP_PHRASES)]
        found = {}
        for customer, own in rows.groupby("customer_id"):
            for row in reversed(list(own.itertuples())):
                if row.kind in COUNTING[self.tier(customer, row.occurred_on)]:
                    found[customer] = row.occurred_on
                    break
        return found

    def tier(self, customer: str, day: pd.Timestamp) -> str:
        """Return the tier of a customer on a day: the first rule that matches."""
        if customer in self.strategic:
            return "A"
        since = day - pd.DateOffset(months=6)
        signed = round(sum(x for on, x in self.signed[customer] if since < on <= day), 4)
        expected = round(sum(x for a, b, x in self.expected[customer] if a <= day < b), 4)
        if signed >= 500_000 or expected >= 1_000_000:
            return "A"
        return "B" if signed >= 100_000 or expected >= 300_000 else "C"

    def tiers_since(self, customer: str, day: pd.Timestamp) -> set[str]:
        """Return all tiers that a customer had from a day up to D."""
        turns = {day, self.as_of}
        for on, _ in self.signed[customer]:
            later = on + pd.DateOffset(months=6)
            turns |= {on, later, later + pd.Timedelta(days=1)}
        for start, end, _ in self.expected[customer]:
            turns |= {start, end}
        return {self.tier(customer, turn) for turn in turns if day <= turn <= self.as_of}

    def assigned_on(self, customer: str, owner_account: str) -> pd.Timestamp:
        """Return since when its owner has it: the last change of owner, else its creation."""
        versions = self.owners[owner_account]
        turns = [on for (was, _), (now, on) in pairwise(versions) if was != now]
        if turns:
            return pd.Timestamp(turns[-1])
        created = self.accounts[self.accounts["customer_id"] == customer]["created_on"].min()
        return pd.Timestamp(versions[0][1]) if pd.isna(created) else created

    def follow_up(self, customer: str, owner_account: str) -> FollowUp:
        """Return tier, status, last counting contact, due day and how late it is."""
        last = self.last_contacts.get(customer)
        assigned = self.assigned_on(customer, owner_account)
        start = max(assigned, last or assigned)
        begun = self.index[max(start, self.first_on)]
        length = min(CADENCE_WORKDAYS[tier] for tier in self.tiers_since(customer, start))
        gone = self.index[self.as_of] - begun
        statuses = ((gone > 2 * length, "high_risk"), (gone > length, "overdue"))
        soon = "due_soon" if gone >= 0.8 * length else "ok"
        return FollowUp(
            self.tier(customer, self.as_of),
            next((status for is_so, status in statuses if is_so), soon),
            last.date() if last is not None else None,
            self.workday[begun + length].date(),
            max(gone - length, 0),
        )
