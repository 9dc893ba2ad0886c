"""Landing, people and deals: every planted fact of the demo company that they can find is found."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import duckdb
import pytest

from pipelines.landing.log import LandingLog
from pipelines.settings import CompanyFolder
from tests.end_to_end.conftest import DemoNight

pytestmark = pytest.mark.slow

STAGES = {
    "initial_contact": "初步接触", "needs_confirmed": "需求确认", "quoting": "报价中",
    "negotiating": "谈判中", "signing": "签约待付款", "won": "赢单", "lost": "输单",
}  # fmt: skip


def listed(ids: list[str]) -> str:
    return ", ".join(f"'{key}'" for key in ids)


def quarantine(demo_night: DemoNight) -> list[tuple[str, int, str, str]]:
    root = demo_night.home / "landing" / "quarantine"
    return duckdb.sql(
        f"select file, row_no, value, rule from read_parquet('{root}/**/*.parquet', "
        "hive_partitioning = true)"
    ).fetchall()


def test_every_bad_row_is_in_quarantine_with_its_file_its_row_and_its_value(
    demo_night: DemoNight,
) -> None:
    found = {(file, row): value for file, row, value, _ in quarantine(demo_night)}
    bad = [f for f in demo_night.truth["faults"] if f["expected"] in ("quarantined", "superseded")]
    assert {(f["file"], f["row"]) for f in bad} <= set(found)
    for fault in bad:
        if fault["value"] and fault["expected"] == "quarantined":
            assert fault["value"] in str(found[(fault["file"], fault["row"])]), fault


def test_nothing_but_the_planted_rows_is_in_quarantine(demo_night: DemoNight) -> None:
    planted = {
        (f["file"], f["row"])
        for f in demo_night.truth["faults"]
        if f["expected"] in ("quarantined", "superseded")
    }
    assert {(file, row) for file, row, *_ in quarantine(demo_night)} == planted


def test_duplicates_and_subtotals_are_counted_and_left_out(demo_night: DemoNight) -> None:
    counts: Counter[str] = Counter()
    folder = CompanyFolder(demo_night.home)
    for source in {path.stem for path in (folder.landing / "_log").iterdir()}:
        for record in LandingLog(folder.landing).of_source(source):
            counts["exact_duplicate"] += record.counts.exact_duplicates
            counts["subtotal_row"] += record.counts.skipped
    told = demo_night.truth["fault_counts"]
    assert counts["exact_duplicate"] == told["exact_duplicate"]
    assert counts["subtotal_row"] >= told["subtotal_row"]  # the wide target sheets have totals too


def test_an_added_and_a_dropped_column_are_reported_on_their_day(demo_night: DemoNight) -> None:
    log = LandingLog(CompanyFolder(demo_night.home).landing)
    added, dropped = (demo_night.truth["drift"][k] for k in ("added_column", "dropped_column"))
    since = date.fromisoformat(added["from"])
    for record in log.of_source(added["source"]):
        assert (added["column"] in record.new_columns) == (record.covers_until >= since)
    [gone] = [
        r for r in log.of_source(dropped["source"])
        if r.covers_until == date.fromisoformat(dropped["on"])
    ]  # fmt: skip
    assert "preference" in gone.missing_columns


def test_amounts_and_phones_written_in_every_style_land_as_numbers_and_digits(
    demo_night: DemoNight,
) -> None:
    styled = demo_night.truth["styled_amounts"]
    rows = demo_night.build(
        "select opportunity_id, amount from landed.opportunities "
        f"where opportunity_id in ({listed(list(styled))})"
    )
    assert len(rows) == len(styled) and all(amount and amount >= 1000 for _, amount in rows)
    phones = demo_night.truth["styled_phones"]
    rows = demo_night.build(
        f"select account_id, phone from landed.accounts where account_id in ({listed(list(phones))})"
    )
    assert {key: phone[-11:] for key, phone in rows} == {k: v["digits"] for k, v in phones.items()}


def test_deleted_deals_leave_on_the_day_that_they_were_missing_from(demo_night: DemoNight) -> None:
    deleted = {
        d["opportunity_id"]: d["missing_from"] for d in demo_night.truth["deleted_opportunities"]
    }
    keys = listed(list(deleted))
    assert demo_night.marts(
        f"select count(*) from fct_opportunity where opportunity_id in ({keys})"
    ) == [(0,)]
    rows = demo_night.build(
        "select opportunity_id, cast(max(valid_before) as varchar) from landed.opportunities_version "
        f"where opportunity_id in ({keys}) group by 1"
    )
    assert dict(rows) == deleted


def test_undated_deals_are_kept_and_said_to_be_undated(demo_night: DemoNight) -> None:
    rows = demo_night.marts("select opportunity_id from fct_opportunity where is_undated")
    assert {key for (key,) in rows} == set(demo_night.truth["undated_opportunities"])


def test_an_owner_that_nobody_knows_is_listed_by_the_check_of_names(demo_night: DemoNight) -> None:
    deals = demo_night.truth["unknown_owner_opportunities"]
    rows = demo_night.build(
        "select owner_id, source_row from landed.opportunities "
        f"where opportunity_id in ({listed(deals)})"
    )
    [(passed, sample)] = demo_night.marts(
        "select passed, sample from mart_data_quality where check_name = 'names_on_sheets_are_known'"
    )
    assert not passed
    named = {(row["name"], row["first_at"]) for row in json.loads(sample)}
    assert set(rows) <= named
    [(org,)] = demo_night.marts(
        f"select distinct org_path from fct_opportunity where opportunity_id in ({listed(deals)})"
    )
    assert org == "/unknown/"


def test_people_move_between_teams_on_their_day_and_history_stays(demo_night: DemoNight) -> None:
    for move in demo_night.truth["team_moves"]:
        rows = demo_night.marts(
            "select team, cast(valid_from as varchar), cast(valid_before as varchar) from dim_person "
            f"where person_id = '{move['person_id']}' order by valid_from"
        )
        before = next(row for row in rows if row[2] == move["valid_from"])
        after = next(row for row in rows if row[1] == move["valid_from"])
        assert (before[0], after[0]) == (move["from"], move["to"])


def test_leavers_have_left_on_their_day_and_leave_what_the_truth_says(
    demo_night: DemoNight,
) -> None:
    for leaver in demo_night.truth["leavers"]:
        person = leaver["person_id"]
        [(left_on, has_left)] = demo_night.marts(
            "select distinct cast(left_on as varchar), has_left from dim_person "
            f"where person_id = '{person}'"
        )
        assert (left_on, has_left) == (leaver["left_on"], True)
        rows = demo_night.marts(
            "select opportunity_id, amount from fct_opportunity "
            f"where person_id = '{person}' and outcome = 'open'"
        )
        assert {key for key, _ in rows} == set(leaver["open_opportunity_ids"])
        assert float(sum(amount for _, amount in rows)) == leaver["open_amount"]
        rows = demo_night.build(
            f"select account_id from landed.accounts where owner_id = '{person}'"
        )
        assert {key for (key,) in rows} == set(leaver["account_ids"])


def test_customers_that_changed_hands_did_so_on_the_day_of_the_export(
    demo_night: DemoNight,
) -> None:
    for change in demo_night.truth["account_handovers"]:
        rows = demo_night.build(
            "select owner_id, cast(valid_from as varchar) from intermediate.int_account_place "
            f"where account_id = '{change['account_id']}' order by valid_from"
        )
        assert rows[0][0] == change["from"]
        assert (change["to"], change["on"]) in rows


def test_newcomers_are_in_service_since_their_day_without_a_target(demo_night: DemoNight) -> None:
    people = demo_night.truth["newcomers"]
    rows = demo_night.marts(
        f"select person_id, hired_on, has_left from dim_person where person_id in ({listed(people)})"
    )
    assert {person for person, *_ in rows} == set(people)
    assert all(hired_on is not None and not has_left for _, hired_on, has_left in rows)


def test_a_vacant_seat_is_nobodys_and_its_team_keeps_its_target(demo_night: DemoNight) -> None:
    for seat in demo_night.truth["vacant_seats"]:
        team = seat["team"]
        [(parts, whole)] = demo_night.marts(
            f"""
            select
                (select sum(target) from fct_target_day where team = '{team}'
                    and metric = 'signed_amount' and level = 'base' and scenario = 'base'
                    and target_on between date '2026-03-01' and date '2026-03-31'),
                (select target from mart_target_attainment where scope_type = 'team'
                    and scope_id = '{team}' and metric = 'signed_amount' and level = 'base'
                    and scenario = 'base' and period_label = '2026-03')
            """
        )
        assert abs(parts - whole) < 0.01


def test_stage_entries_are_those_of_the_recorded_events(demo_night: DemoNight) -> None:
    found: Counter[str] = Counter()
    for stage, count in demo_night.marts(
        "select stage, count(*) from fct_stage_visit where precision = 'event' group by 1"
    ):
        found[STAGES[stage]] += count
    # A deal that was deleted took its entries with it.
    gone = [deal["opportunity_id"] for deal in demo_night.truth["deleted_opportunities"]]
    for stage, count in demo_night.build(
        "select to_stage, count(*) from landed.stage_events "
        f"where opportunity_id in ({listed(gone)}) group by 1"
    ):
        found[STAGES[stage]] += count
    assert found == demo_night.truth["stage_visits"]["by_stage"]


def test_reopened_deals_are_those_that_the_generator_reopened(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select distinct opportunity_id from fct_stage_visit where cause = 'reopen'"
    )
    assert {key for (key,) in rows} == set(demo_night.truth["outcomes"]["reopened"])


@pytest.mark.parametrize("told, scope", [("by_region", "region"), ("by_team", "team"),
                                         ("by_product_line", "product_line")])  # fmt: skip
def test_wins_and_losses_by_the_quarter_of_the_last_closing(
    demo_night: DemoNight, told: str, scope: str
) -> None:
    rows = demo_night.marts(
        f"select {scope}, concat(year(closed_on), '-Q', quarter(closed_on)), "
        "count(*) filter (outcome = 'won'), count(*) filter (outcome = 'lost') "
        "from fct_opportunity where outcome <> 'open' and not is_undated group by 1, 2"
    )
    expected = {
        (name, quarter): (figures["won"], figures["lost"])
        for name, quarters in demo_night.truth["outcomes"][told].items()
        for quarter, figures in quarters.items()
    }
    assert {(name, quarter): (won, lost) for name, quarter, won, lost in rows} == expected


def test_contacts_by_kind_and_month_and_those_entered_a_day_late(demo_night: DemoNight) -> None:
    told = demo_night.truth["activities"]
    rows = demo_night.marts("select kind, count(*) from fct_activity group by 1")
    assert dict(rows) == told["by_kind"]
    rows = demo_night.marts(
        "select strftime(occurred_on, '%Y-%m'), count(*) from fct_activity group by 1"
    )
    assert dict(rows) == told["by_month"]
    [(late,)] = demo_night.marts(
        "select count(*) from fct_activity where entered_at > occurred_at + interval 24 hour"
    )
    assert late == told["entered_after_24_hours"]


def test_leads_by_month_are_all_there(demo_night: DemoNight) -> None:
    rows = demo_night.marts(
        "select strftime(created_on, '%Y-%m'), count(*) from fct_lead group by 1"
    )
    assert dict(rows) == demo_night.truth["leads"]["by_month"]


def test_what_was_typed_wrong_in_the_progress_sheet_stands_beside_the_actual(
    demo_night: DemoNight,
) -> None:
    for wrong in demo_night.truth["progress_wrong"]:
        rows = demo_night.build(
            "select typed_actual from landed.progress "
            f"where period = '{wrong['period']}' and scope = '{wrong['scope']}'"
        )
        assert [float(typed) for (typed,) in rows] == [wrong["typed"]]


def test_market_moves_land_as_fractions(demo_night: DemoNight) -> None:
    rows = demo_night.build("select kind, product_line, change_rate from landed.market")
    for move in demo_night.truth["market_calibration"]:
        assert (move["kind"], move["product_line"], move["change_rate"]) in {
            (kind, line, float(rate)) for kind, line, rate in rows
        }


def test_surveys_orders_and_people_are_as_many_as_were_made(demo_night: DemoNight) -> None:
    sizes = demo_night.truth["sizes"]
    for entity, key in (("satisfaction", "satisfaction"), ("people", "people"),
                        ("contacts", "contacts"), ("quotes", "quotes"), ("leads", "leads")):  # fmt: skip
        assert demo_night.build(f"select count(*) from landed.{entity}") == [(sizes[key],)], entity


def test_workdays_gone_by_24_february_are_33_of_59_and_the_calendar_says_more(
    demo_night: DemoNight,
) -> None:
    [(gone, whole, by_calendar)] = demo_night.marts(
        "select count(*) filter (is_workday and date_day <= date '2026-02-24'), "
        "count(*) filter (is_workday), count(*) filter (date_day <= date '2026-02-24') "
        "from dim_date where date_day between date '2026-01-01' and date '2026-03-31'"
    )
    assert (gone, whole) == (33, 59)
    assert (round(gone / whole, 3), round(by_calendar / 90, 3)) == (0.559, 0.611)
