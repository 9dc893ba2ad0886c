"""truth/truth.json: the facts that the marts must find, counted from the generator's own ledger.

Money is in CNY, a number with two decimals; days are ISO dates; labels are 2026-02 and 2026-Q1.

- `as_of`, `seed`, `scale`, `rules`: the conventions under which the figures hold, in words.
- `sizes`: rows of the ledger per entity (without planted faults).
- `bookings`: `month` and `quarter` hold `{scope: {name: {period: amount}}}` for company, region,
  team, person and product_line, net of cancellations (see `ledger.py` for the rule); `by_kind` has
  the months of bookings, changes and cancellations apart. `orders_signed` counts effective orders
  by month of signing, `orders_cancelled` by month of cancelling; `new_customers` counts first
  effective orders of golden customers, less those undone in a month. `cancelled_orders`,
  `foreign_orders` and `drafts_and_voids` (never booked) are lists of ids.
- `collections`: received per month: `cny_orders`, `foreign_orders` (CNY at the rate of the day of
  receipt) and `foreign_original` (`{currency: {month: amount}}`), to test either rule.
- `outcomes`: per quarter of the last closing, opportunities that stand won or lost as of D, with
  `win_rate` = won ÷ (won + lost); `reopened` ever, and within 30 days of a loss.
- `open_opportunities`: what the last export holds in an open stage: per stage count and amount at
  the as-of rate (`without_rate` not in the amount); `with_effective_order` are signed already and
  leave open by 8-definitions.
- `stage_visits`: recorded entries per stage, and per cause (create, move, transfer_reset, reopen).
- `workdays`: of the first quarter of 2026.
- `faults`: kind, file, row (the header is row 1), column as headed, value, and what is expected:
  quarantined, exact_duplicate, superseded or skipped. `fault_counts`: by kind. `drift`: the added
  and the dropped column.
- `duplicate_customers`: groups with what proves them one (`candidate`: only a person can say);
  `twins_that_bought`: second records with orders of their own.
- `leavers`: customers owned and open deals left behind with their amount, as of D.
- `followups`: planted customers with expected tier, status, last qualifying contact, due day and
  overdue workdays (rolling workdays); `case` says what must not reset the clock.
- `never_bought`: plain customers without orders and deals, all of tier C: last contact that counts,
  workdays overdue, and whether they are so late that they are recycled.
- `collisions`: customers and the two people with contacts within 14 days, as planted; forgotten
  deals of former owners may add to them.
- `late_leads`: respond minutes, equal by clock and by working hours; null is unanswered.
- `failed_controls`: people whose newest visits, video meetings and calls have < 5 open questions
  (visits no evidence either), newest last; nobody else ends on a failed one.
- `activities`, `leads`: counts by kind, month, person and ISO week (see `counts.py`);
  `double_leads` are pairs of one person; `answered_late` after more than 60 minutes.
- `money_due`: due and met up to D over the CNY orders in force, and `collection_rate` =
  Σ min(received, due) ÷ Σ due, by order.
- `account_handovers`: single customers that changed hands while exports ran.
- `gap_causes`: what was planted where, with figures per span of time that show it.
- `restatements`: late entries that changed a closed month, and dated changes of signed orders.
- `personal`: private customer lists, with the customers that the CRM knows and those `only_here`.
- `progress_wrong`, `market_calibration`, `people_without_targets`, `target_revisions`,
  `team_month_targets` (万元), `unsplit_quarters` (of a team whose people have no target of their own
  there), `vacant_seats`, `team_moves`, `newcomers`, `styled_amounts`, `styled_phones`,
  `undated_`, `deleted_`, `unconverted_` and `unknown_owner_opportunities`.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.demo import counts, facts
from pipelines.demo.causes import gap_causes
from pipelines.demo.faults import ADDED_COLUMN, DROPPED_COLUMN, Faults
from pipelines.demo.quiet import never_bought
from pipelines.demo.world import AS_OF, World

RULES = {
    "bookings": "an order line books its amount at signing, at the newest rate up to that day; "
    "a change books its difference on the first export that shows it; a cancellation books back on "
    "its date at the rate of the booking; person and team as of signing, by shares; region of the "
    "order, else of the customer; a late entry books on its signing date",
    "rates": "monthly, valid from the first of the month; the newest on or before the day",
    "open": "opportunities of the last export whose stage is neither 赢单 nor 输单",
    "followups": "due = last qualifying contact, else assignment, + 5/10/22 workdays; "
    "overdue after it; high risk from two cadences after the contact",
}


def write_truth(world: World, path: Path, faults: Faults, written: dict[str, Any]) -> None:
    """Count everything and write it as JSON with sorted keys."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = collect(world, faults, written)
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON for {type(value).__name__}: {value!r}")


def collect(world: World, faults: Faults, written: dict[str, Any]) -> dict[str, Any]:
    """Return all facts; see the module for what each one means."""
    first, last = date(2026, 1, 1), date(2026, 3, 31)
    workdays = world.calendar.between(first, last)
    return {
        "as_of": AS_OF,
        "seed": world.seed,
        "scale": world.plan.scale,
        "opening_export": world.plan.opening,
        "rules": RULES,
        "sizes": facts.sizes(world),
        "bookings": facts.booked(world),
        "collections": facts.received(world),
        "outcomes": facts.outcomes(world),
        "open_opportunities": facts.open_opportunities(world),
        "stage_visits": facts.stage_visits(world),
        "workdays": {
            "2026-Q1": len(workdays),
            "gone_by_2026-02-24": sum(day <= date(2026, 2, 24) for day in workdays),
            "gone_by_2026-02-28": sum(day <= date(2026, 2, 28) for day in workdays),
            "gone_by_2026-03-10": sum(day <= AS_OF for day in workdays),
            "2026-W08": len(world.calendar.between(date(2026, 2, 16), date(2026, 2, 22))),
        },
        "faults": faults.found,
        "fault_counts": dict(Counter(fault["kind"] for fault in faults.found)),
        "drift": {
            "added_column": {
                "source": "crm_opportunities",
                "column": ADDED_COLUMN,
                "from": faults.added_from,
            },
            "dropped_column": {
                "source": "crm_accounts",
                "column": DROPPED_COLUMN,
                "on": faults.dropped_on,
            },
        },
        "activities": counts.activities(world),
        "leads": counts.leads(world),
        "money_due": counts.money_due(world),
        "leavers": facts.leavers(world),
        "never_bought": never_bought(world),
        "gap_causes": gap_causes(world),
        "restatements": facts.restatements(world),
        **facts.what_was_planted(world),
        **written,
    }
