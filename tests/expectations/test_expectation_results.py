"""What a run of the suites keeps, how it fails, and what its pages show."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from landed_world import (
    AS_OF,
    ENTITIES,
    SHAPE,
    SUBJECTS,
    clean_rows,
    empty_world,
    load_cases,
    put,
    subject,
    subjects,
    violating_rows,
    world_of,
)

from pipelines.checks.data_docs import write_data_docs
from pipelines.checks.expectation_engine import without_values
from pipelines.checks.expectation_list import expectations_markdown
from pipelines.checks.expectation_runner import run_suites
from pipelines.checks.expectation_suites import declared_checks
from pipelines.checks.subjects import LANDED, SAMPLE_KEY_TYPES
from pipelines.landing.contract import load_entities

IN_A_FRAME, BY_COUNTS = 1_000_000, 0
NAME, PHONE, EMAIL, WECHAT = "张独特", "一三八0013 8765", "zhang.dute.example", "wx_zhangdute"
PLANTED = {"name": NAME, "phone": PHONE, "email": EMAIL, "wechat_id": WECHAT}


def world_with_planted_people():
    """Malformed personal cells of every kind, in every entity that has such columns."""
    con = empty_world()
    for name, entity in load_entities().items():
        personal = {c.name: PLANTED.get(c.name, WECHAT) for c in entity.columns if c.personal}
        if personal:
            put(con, name, [load_cases(name)["clean"][0] | PLANTED_NAME(entity) | personal] * 30)
    return con


def PLANTED_NAME(entity):
    return {"name": NAME} if any(c.name == "name" for c in entity.columns) else {}


@pytest.mark.parametrize("most_rows", [IN_A_FRAME, BY_COUNTS])
def test_no_personal_data_stands_in_any_outcome_or_page(most_rows, tmp_path):
    con = world_with_planted_people()
    outcomes = run_suites(con, SUBJECTS, AS_OF, most_rows_in_a_frame=most_rows)
    failed = {outcome.declaration.name for outcome in outcomes if not outcome.passed}
    assert {
        "most_phones_of_customers_are_well_formed",
        "most_phones_of_contacts_are_well_formed",
        "most_phones_of_leads_are_well_formed",
        "most_emails_of_people_are_well_formed",
        "no_phone_stands_for_many_customers",
        "no_name_stands_for_most_customers",
    } <= failed
    kept = json.dumps([asdict(o) for o in outcomes], default=str, ensure_ascii=False)
    pages = "".join(
        page.read_text("utf-8") for page in write_data_docs(SUBJECTS, outcomes, tmp_path, AS_OF)
    )
    for secret in PLANTED.values():
        assert secret not in kept
        assert secret not in pages


def test_samples_carry_lineage_and_keys_that_name_nobody_five_at_most():
    row = clean_rows("leads")[0] | {"phone": PHONE, "name": NAME}
    con = world_of("leads", [row | {"lead_id": f"L{n}"} for n in range(1, 8)])
    outcomes = run_suites(con, subjects("leads"), AS_OF)
    (phones,) = [o for o in outcomes if "phones" in o.declaration.name]
    assert phones.sample == [
        {"source": "test", "source_row": f"leads.csv row {n}", "lead_id": f"L{n}"}
        for n in (1, 2, 3, 4, 5)
    ]


def test_key_columns_that_may_stand_in_a_sample_are_never_personal():
    for entity in load_entities().values():
        shown = [entity.column(name) for name in entity.key]
        assert not [c.name for c in shown if c.type in SAMPLE_KEY_TYPES and c.personal]


@pytest.mark.parametrize("most_rows", [IN_A_FRAME, BY_COUNTS])
def test_a_check_that_cannot_be_computed_fails_alone_and_says_why(most_rows):
    con = world_of("orders", clean_rows("orders"))
    con.execute("alter table landed.orders alter cost type varchar")
    con.execute("update landed.orders set cost = '13800138000 张独特'")
    outcomes = run_suites(con, subjects("orders"), AS_OF, most_rows_in_a_frame=most_rows)
    assert [o.declaration for o in outcomes] == declared_checks(subject("orders"))
    (failed,) = [o for o in outcomes if not o.passed]
    assert failed.declaration.name == "costs_of_sales_are_not_negative"
    assert failed.figures["reason"]
    assert "13800138000" not in str(failed) and "张独特" not in str(failed)


@pytest.mark.parametrize("most_rows", [IN_A_FRAME, BY_COUNTS])
def test_a_missing_column_fails_the_checks_that_need_it_and_no_other(most_rows):
    con = world_of("orders", clean_rows("orders"))
    con.execute("alter table landed.orders drop column cost")
    outcomes = run_suites(con, subjects("orders"), AS_OF, most_rows_in_a_frame=most_rows)
    failed = {o.declaration.name: o.figures["reason"] for o in outcomes if not o.passed}
    assert set(failed) == {"columns_are_those_of_the_contract", "costs_of_sales_are_not_negative"}
    assert failed["columns_are_those_of_the_contract"] == "missing: cost"
    assert "cost" in failed["costs_of_sales_are_not_negative"]


def test_a_missing_table_fails_every_check_of_its_entity_with_the_reason():
    con = world_of("orders", clean_rows("orders"))
    con.execute("drop table landed.quotes")
    outcomes = run_suites(con, subjects("quotes", "orders"), AS_OF)
    reasons = [o.figures.get("reason") for o in outcomes if not o.passed]
    assert reasons == ['table landed."quotes" is missing: build first'] * 4


@pytest.mark.parametrize(
    ("negative", "passes"), [(1, True), (2, False)], ids=["exactly 90 %", "less than 90 %"]
)
@pytest.mark.parametrize("most_rows", [IN_A_FRAME, BY_COUNTS])
def test_exactly_the_share_that_must_hold_is_enough(negative, passes, most_rows):
    row = clean_rows("orders")[2]
    rows = [row | {"amount": -1}] * negative + [row] * (10 - negative)
    outcomes = run_suites(
        world_of("orders", rows), subjects("orders"), AS_OF, most_rows_in_a_frame=most_rows
    )
    (returns,) = [o for o in outcomes if o.declaration.name == "few_order_lines_are_returns"]
    assert returns.passed is passes
    assert returns.figures == {
        "row_count": 10,
        "violation_count": negative,
        "mostly": 0.9,
        "smallest": -1.0,
        "largest": 1.0,
    }


@pytest.mark.parametrize("most_rows", [IN_A_FRAME, BY_COUNTS])
def test_days_outside_every_calendar_are_told_and_crash_nothing(most_rows):
    con = world_of("receivables", clean_rows("receivables"))
    con.execute("update landed.receivables set due_on = date '0044-03-15 (BC)' where amount = 0")
    con.execute("update landed.receivables set due_on = date '12026-03-10' where amount > 0")
    outcomes = run_suites(con, subjects("receivables"), AS_OF, most_rows_in_a_frame=most_rows)
    (days,) = [o for o in outcomes if not o.passed]
    assert days.declaration.name == "instalments_fall_due_on_plausible_days"
    assert (days.figures["smallest"], days.figures["largest"]) == (
        "before year 1",
        "after year 9999",
    )


def test_figures_of_days_are_days():
    outcomes = run_suites(world_of("people", clean_rows("people")), subjects("people"), AS_OF)
    (days,) = [o for o in outcomes if o.declaration.name == "hiring_days_are_plausible"]
    assert (days.figures["smallest"], days.figures["largest"]) == ("2020-01-06", "2027-03-10")


def test_a_condition_leaves_other_rows_unjudged():
    rows = [clean_rows("orders")[0] | {"amount": -1, "cost": -1}]
    outcomes = run_suites(world_of("orders", rows), subjects("orders"), AS_OF)
    (costs,) = [o for o in outcomes if o.declaration.name == "costs_of_sales_are_not_negative"]
    assert costs.passed and not costs.is_applicable
    assert costs.figures["row_count"] == 0


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ('Binder Error: column "cost" not found', 'Binder Error: column "cost" not found'),
        ("Could not convert string '138 0013' to DOUBLE", "Could not convert string '…' to DOUBLE"),
        ("no such phone 13800138000\nLINE 1: …", "no such phone …"),
        ("", "no reason given"),
    ],
)
def test_reasons_quote_our_own_names_and_nothing_else(message, kept):
    assert without_values(message, {"cost"}) == kept


def test_the_list_names_every_check_in_both_languages():
    page = expectations_markdown(LANDED, SUBJECTS)
    for entity in ENTITIES:
        for check in declared_checks(subject(entity)):
            line = f"| `{check.name}` | {check.description_en}. {check.description_zh}。 |"
            assert line in page


def test_data_docs_are_readable_offline_and_the_same_each_time(tmp_path):
    violation = load_cases("orders")["violations"]["few_order_lines_are_returns"]
    con = world_of("orders", violating_rows("orders", violation))
    outcomes = run_suites(con, SUBJECTS, AS_OF)
    files = write_data_docs(SUBJECTS, outcomes, tmp_path, AS_OF)
    names = sorted(str(path.relative_to(tmp_path)) for path in files)
    assert names == [
        "index.html",
        "landed.html",
        "landed/accounts.html",
        "landed/orders.html",
        "landed/people.html",
    ]
    first = {path: path.read_text("utf-8") for path in files}
    for text in first.values():
        assert "http:" not in text and "https:" not in text and "<script" not in text
    orders = first[tmp_path / "landed" / "orders.html"]
    assert "Negative order lines are returns, and returns are at most one line in ten" in orders
    assert "负数订单行为退货，退货不超过一成" in orders
    assert "50%" in orders
    assert "1: few_order_lines_are_returns" in first[tmp_path / "landed.html"]
    assert {
        path: path.read_text("utf-8")
        for path in write_data_docs(SUBJECTS, outcomes, tmp_path, AS_OF)
    } == first


def test_pages_of_entities_without_rows_go(tmp_path):
    con = world_of("orders", clean_rows("orders"))
    write_data_docs(SUBJECTS, run_suites(con, SUBJECTS, AS_OF), tmp_path, AS_OF)
    con.execute("delete from landed.orders")
    write_data_docs(SUBJECTS, run_suites(con, SUBJECTS, AS_OF), tmp_path, AS_OF)
    assert not (tmp_path / "landed" / "orders.html").exists()
    assert "orders 订单</td>" in (tmp_path / "landed.html").read_text("utf-8")


def test_a_declaration_says_severity_and_words_as_written():
    declared = {check.name: check for check in declared_checks(subject("orders"))}
    returns = declared["few_order_lines_are_returns"]
    assert (returns.asset, returns.severity) == (("landed", "orders"), "warn")
    assert returns.description_zh == "负数订单行为退货，退货不超过一成"
    assert declared[SHAPE].severity == "error"
