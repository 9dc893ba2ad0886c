"""What a night will tell: one message per recipient, by the first channel that serves, none twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from pipelines.operations.alerts.plan import AlertPlan, link_to, plan_night
from tests.board_world import empty_marts, insert
from tests.unit.operations.alert_company import MORNING, D, settings

MONDAY = date(2026, 3, 9)
REP = {"channel": "webhook", "url": "env:T_REPS", "to": "rep"}
MANAGER = {"channel": "webhook", "url": "env:T_LEADS", "to": "manager", "language": "en"}
MAIL = {"channel": "email", "url": "env:T_MAIL", "sender": "gapwise@example.com", "to": "rep"}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """P1 and P2 sell and report to P3; a customer of P1 is overdue. 7 and 8 March are a weekend."""
    with empty_marts() as con:
        con.execute(
            """
            create schema rules; create schema reference;
            create table rules.alerts as select 'followup_overdue' as flag, true as is_on,
                0 as owner_after_workdays, 2 as manager_after_workdays,
                5 as director_after_workdays, 2 as cleared_after_nights;
            create table rules.alerts_settings as
                select '21:00' as quiet_from, '08:00' as quiet_to;
            create table reference.company as
                select '纸上公司' as company_name, 'CNY' as currency;
            create table reference.calendar_day as from (values (date '2026-03-06', 5),
                (date '2026-03-07', 5), (date '2026-03-08', 5), (date '2026-03-09', 6),
                (date '2026-03-10', 7)) as days(date_day, workday_index);
            create table landed.people as select 'P1' as person_id, 'li@example.com' as email,
                'hr' as source, 'hr row 1' as source_row;
            """
        )
        for person, manager in (("P1", "P3"), ("P2", "P3"), ("P3", None)):
            insert(con, "dim_person", {
                "person_id": person, "person_name": f"name of {person}", "manager_id": manager,
                "org_path": "/c/" if manager is None else "/c/t/", "team": "一队",
                "region": "华东", "has_left": False, "valid_from": date(2025, 1, 1),
            })  # fmt: skip
        overdue(con, "C1", "P1", 500)
        yield con


def overdue(con: duckdb.DuckDBPyConnection, customer: str, person: str, amount: int) -> None:
    insert(con, "mart_followup_due", {
        "subject_type": "customer", "customer_id": customer, "customer_name": customer,
        "person_id": person, "tier": "A", "status": "overdue", "overdue_workdays": 2,
        "due_on": date(2026, 3, 6), "last_contact_on": date(2026, 2, 27), "open_amount": amount,
    })  # fmt: skip


def plan(
    con: duckdb.DuckDBPyConnection,
    *channels: dict[str, Any],
    day: date = D,
    before: AlertPlan | None = None,
    same_day: AlertPlan | None = None,
    now: datetime = MORNING,
) -> AlertPlan:
    known, earlier = (p.alerts if p else {} for p in (before, same_day))
    return plan_night(con, settings(*channels), known, earlier, day, "v1", now)


def told(planned: AlertPlan) -> list[tuple[str, str | None, int]]:
    return [(m.digest.recipient, m.channel, len(m.digest.lines)) for m in planned.messages]


def test_each_recipient_gets_one_message_through_the_first_channel_that_serves_him(con) -> None:
    overdue(con, "C2", "P1", 900)
    overdue(con, "C3", "P2", 100)
    of_p2 = REP | {"url": "env:T_OWN", "only": ["P2"]}
    planned = plan(con, of_p2, REP)
    assert told(planned) == [("P1", "rep@env:T_REPS", 2), ("P2", "rep(P2)@env:T_OWN", 1)]
    first = planned.messages[0]
    assert (first.message_id, first.kind, first.as_of) == ("v1/rep@env:T_REPS/P1", "digest", D)
    assert [line.alert_key for line in first.digest.lines] == [
        "followup_overdue/C2",
        "followup_overdue/C1",
    ]


def test_who_has_no_channel_gets_a_message_that_stays(con) -> None:
    assert told(plan(con, MANAGER)) == [("P1", None, 1)]


def test_a_message_speaks_the_language_of_its_channel_else_that_of_the_company(con) -> None:
    for language, title in ((None, "提醒"), ("en", "Alerts as of 2026-03-10")):
        [message] = plan(con, REP | {"language": language}).messages
        assert title in message.digest.title


@pytest.mark.parametrize(
    "now",
    [datetime(2026, 3, 10, 15, 0, tzinfo=UTC), datetime(2026, 3, 10, 23, 59, tzinfo=UTC)],
    ids=["eleven in the evening", "a minute to eight"],
)
def test_a_message_of_the_quiet_hours_waits_until_they_end(con, now: datetime) -> None:
    [message] = plan(con, REP, now=now).messages
    assert message.not_before_at == datetime(2026, 3, 11, tzinfo=UTC)  # eight in Shanghai
    [message] = plan(con, REP, now=MORNING).messages
    assert message.not_before_at == MORNING


def test_a_mail_goes_to_the_recipients_own_address_unless_the_channel_names_one(con) -> None:
    [own] = plan(con, MAIL).messages
    [fixed] = plan(con, MAIL | {"address": ["sales@example.com"]}).messages
    [robot] = plan(con, REP).messages
    assert (own.address, fixed.address, robot.address) == ("li@example.com", None, None)


def test_a_group_that_gets_digests_gets_one_picture_if_it_wants_one(con) -> None:
    overdue(con, "C3", "P2", 100)
    wecom = {"channel": "wecom", "url": "env:T_WECOM", "to": "rep", "picture": True}
    of_nobody = wecom | {"to": "director"}
    kinds = [(m.kind, m.message_id) for m in plan(con, wecom, of_nobody).messages]
    assert kinds == [
        ("digest", "v1/rep@env:T_WECOM/P1"),
        ("digest", "v1/rep@env:T_WECOM/P2"),
        ("picture", "v1/rep@env:T_WECOM/picture"),
    ]
    assert {m.kind for m in plan(con, wecom | {"picture": False}).messages} == {"digest"}


def test_a_second_run_of_the_day_tells_nothing_again(con) -> None:
    first = plan(con, REP)
    again = plan(con, REP, same_day=first)
    assert list(again.messages) == []
    assert again.alerts == first.alerts


def test_the_manager_hears_after_two_workdays_and_not_after_a_weekend(con) -> None:
    friday = plan(con, REP, MANAGER, day=date(2026, 3, 6))
    monday = plan(con, REP, MANAGER, day=MONDAY, before=friday)
    assert (told(friday), told(monday)) == ([("P1", "rep@env:T_REPS", 1)], [])
    tuesday = plan(con, REP, MANAGER, day=MONDAY + timedelta(days=1), before=monday)
    assert told(tuesday) == [("P3", "manager@env:T_LEADS", 1)]
    assert "escalated: name of P1 was told 2026-03-06" in tuesday.messages[0].digest.lines[0].text


def test_what_was_told_before_and_stands_is_summed_in_the_closing_line(con) -> None:
    overdue(con, "C2", "P1", 900)
    before = plan(con, REP, day=MONDAY)
    overdue(con, "C3", "P1", 70)
    [message] = plan(con, REP, before=before).messages
    assert [line.alert_key for line in message.digest.lines] == ["followup_overdue/C3"]
    assert message.digest.closing == "此前已提醒、仍未解除：2 项，涉及 1,400。"


@pytest.mark.parametrize(
    ("kind", "recipient", "link"),
    [
        ("stalled", "P/1 &", "https://b/x#person=P%2F1%20%26&alert=stalled"),
        (None, "P1", "https://b/x#person=P1"),
        ("stalled", "data_team", "https://b/x#alert=stalled"),
        (None, "data_team", "https://b/x"),
    ],
)
def test_a_link_leads_to_the_view_of_its_reader(
    kind: str | None, recipient: str, link: str
) -> None:
    assert link_to("https://b/x", kind, recipient) == link
    assert link_to(None, kind, recipient) is None
