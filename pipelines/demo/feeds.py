"""Which system hands over what, in which file, encoding, language and manner of dating."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from pipelines.demo.activity import KINDS, lead_row
from pipelines.demo.company import assignment_rows, org_rows, people_rows
from pipelines.demo.customers import account_row
from pipelines.demo.deals import deal_row
from pipelines.demo.exports import Feed, Row, days_between
from pipelines.demo.orders import is_effective
from pipelines.demo.world import AS_OF, Activity, Deal, Order, World


def build_feeds(world: World) -> list[Feed]:
    """Set up every source that exports daily."""
    return [*_crm(world), *_crm_deltas(world), *_erp(world), *_hr(world)]


def _crm(world: World) -> list[Feed]:
    accounts = [
        (a, sorted({a.created_at.date(), *(t.date() for t, _ in [*a.owners, *a.edits])}), None)
        for a in world.accounts
    ]
    deals = [(d, sorted({at.date() for at, _ in d.changes}), d.deleted_on) for d in world.deals]
    contacts = [(row, [since], None) for since, row in world.contacts]
    styled = world.planted["styled_amounts"]

    def opportunity(deal: Deal, day: date) -> Row:
        row = deal_row(deal, day)
        style = styled.get(deal.opportunity_id)
        if style == "万":
            row["amount"] = f"{row['amount'] / 10_000:,.2f}万"
        elif style == "￥":
            row["amount"] = f"￥{row['amount']:,.2f}"
        return row

    return [
        Feed("crm_accounts", "accounts", "crm/accounts", "snapshot", accounts, account_row),
        Feed("crm_contacts", "contacts", "crm/contacts", "delta", contacts, _itself, "gbk"),
        Feed(
            "crm_opportunities",
            "opportunities",
            "crm/opportunities",
            "snapshot",
            deals,
            opportunity,
            "gbk",
            "%Y/%m/%d",
        ),
    ]


def _itself(row: Row, _: date) -> Row:
    return row


def _crm_deltas(world: World) -> list[Feed]:
    stage_events = [
        ({"opportunity_id": d.opportunity_id, **vars(e)}, [e.changed_at.date()], None)
        for d in world.deals
        if not d.is_undated
        for e in d.events
    ]
    stage_events.sort(key=lambda entry: (entry[0]["changed_at"], entry[0]["opportunity_id"]))
    activities = [(a, [a.entered_at.date()], None) for a in world.activities]
    leads = []
    for lead in world.leads:
        moments = [lead.created_at, lead.assigned_at, lead.first_response_at, lead.converted_at]
        leads.append((lead, sorted({m.date() for m in moments if m}), None))
    quotes = [(quote, [quote["issued_on"]], None) for quote in world.quotes]
    return [
        Feed(
            "crm_stage_events", "stage_events", "crm/stage_events", "delta", stage_events, _itself
        ),
        Feed(
            "crm_activities", "activities", "crm/activities", "delta", activities, _activity, "gbk"
        ),
        Feed(
            "hub_leads",
            "leads",
            "marketing/leads",
            "delta",
            leads,
            _utc(lead_row),
            "utf-8",
            moment_format="%Y-%m-%dT%H:%M:%SZ",
        ),
        Feed("crm_quotes", "quotes", "crm/quotes", "delta", quotes, _itself, "utf-8"),
    ]


def _activity(activity: Activity, _: date) -> Row:
    row = vars(activity) | activity.extra
    return row | {"kind": KINDS[activity.kind]}


def _utc(row_of: Callable[[Any, date], Row]) -> Callable[[Any, date], Row]:
    """Shift the local moments of a row to UTC (China has no summer time)."""

    def shifted(thing: Any, day: date) -> Row:
        row = row_of(thing, day)
        moments = {key: value for key, value in row.items() if hasattr(value, "hour")}
        return row | {key: value - timedelta(hours=8) for key, value in moments.items()}

    return shifted


def _erp(world: World) -> list[Feed]:
    orders, splits, receivables = [], [], []
    for order in world.orders:
        seen = order.first_seen_on
        days = sorted({seen, *(d for d, _, _ in order.amount_changes)})
        if order.cancelled_on and order.cancelled_on <= AS_OF:
            days = sorted({*days, order.cancelled_on})
        orders += [((order, line), days, None) for line in range(len(order.lines))]
        for person_id, share in order.shares:
            row = {"order_id": order.order_id, "person_id": person_id, "share": share}
            splits.append((row, [seen], None))
        for due_on, amount in order.instalments if is_effective(order) else []:
            row = {"order_id": order.order_id, "due_on": due_on, "amount": amount}
            receivables.append((row, [seen], None))
    payments = [
        (vars(p) | {"order_id": p.order.order_id}, [p.received_on], None) for p in world.payments
    ]
    surveys = [(row, [row["surveyed_on"]], None) for row in world.satisfaction]
    rates = [
        ({"currency": currency, "valid_on": day, "rate": rate}, [day], None)
        for (currency, day), rate in sorted(world.rates.items(), key=lambda r: (r[0][1], r[0][0]))
    ]
    return [
        Feed("erp_orders", "orders", "erp/orders", "snapshot", orders, _order, "gbk"),
        Feed(
            "erp_credit_splits",
            "credit_splits",
            "erp/credit_splits",
            "delta",
            splits,
            _itself,
            "gbk",
        ),
        Feed(
            "erp_receivables",
            "receivables",
            "erp/receivables",
            "delta",
            receivables,
            _itself,
            suffix="xlsx",
        ),
        Feed(
            "erp_payments", "payments", "erp/payments", "delta", payments, _itself, "gbk", "%Y%m%d"
        ),
        Feed(
            "care_satisfaction",
            "satisfaction",
            "care/satisfaction",
            "delta",
            surveys,
            _itself,
            suffix="xlsx",
        ),
        Feed("fx_rates", "fx_rates", "finance/fx_rates", "delta", rates, _itself, "utf-8"),
    ]


def _order(thing: tuple[Order, int], day: date) -> Row:
    order, line = thing
    is_cancelled = order.cancelled_on is not None and order.cancelled_on <= day
    status = order.status
    if status == "已取消" and not is_cancelled:
        status = "有效"
    product_line, _, cost = order.lines[line]
    return {
        "order_id": order.order_id,
        "line_no": line + 1,
        "account_id": order.account.account_id,
        "person_id": order.person_id,
        "signed_on": order.signed_on,
        "amount": order.line_amount_on(line, day),
        "currency": order.currency,
        "opportunity_id": order.deal.opportunity_id if order.deal else "",
        "product_line": product_line,
        "region": order.region,
        "status": status,
        "cancelled_on": order.cancelled_on
        if is_cancelled and not order.hides_cancel_date
        else None,
        "quantity": 1,
        "cost": cost,
        "is_tax_included": "是",
        "contract_end_on": order.signed_on + timedelta(days=365),
    }


def _hr(world: World) -> list[Feed]:
    opening = world.plan.opening
    people = []
    for at, person in enumerate(world.people.values()):
        days = {person.hired_on, *(since for since, _ in person.posts)}
        if person.left_on:
            days.add(person.left_on)
        people.append((at, sorted(days), None))
    order = {person_id: at for at, person_id in enumerate(world.people)}
    snapshots: dict[date, dict[int, Row]] = {}

    def person_row(at: int, day: date) -> Row:
        if day not in snapshots:
            snapshots[day] = {order[row["person_id"]]: row for row in people_rows(world, day)}
        return snapshots[day][at]

    posts = []
    seen: set[tuple[Any, ...]] = set()
    for day in days_between(opening, AS_OF):
        for changed, row in assignment_rows(world, day):
            if (key := tuple(row.values())) not in seen:
                seen.add(key)
                posts.append((row, [changed], None))
    units = [(row, [row["valid_from"]], None) for row in org_rows(world)]
    return [
        Feed(
            "hr_people",
            "people",
            "hr/people",
            "snapshot",
            people,
            person_row,
            is_sent_when_changed=True,
        ),
        Feed("hr_org_units", "org_units", "hr/org_units", "delta", units, _itself, suffix="xlsx"),
        Feed(
            "hr_assignments",
            "person_assignments",
            "hr/person_assignments",
            "delta",
            posts,
            _itself,
            suffix="xlsx",
        ),
    ]
