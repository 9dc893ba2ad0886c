"""Which version of the rules workbook holds, and how a figure leads back to it."""

import datetime as dt
import hashlib

from pipelines.landing.rules import (
    choose_rules_in_force,
    parse_rules_workbook,
    rules_tables,
    rules_version_log,
    say_rules_in_force,
)
from tests.unit.landing.rules_books import opened, parsed, saved, template, with_cells

NAME = "rules.xlsx"


def test_the_last_good_version_stays_in_force_and_the_night_says_so():
    good = parse_rules_workbook(template(), NAME, dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC))
    bad = parsed(with_cells({("红黄绿灯", "B3"): "很多"}))
    in_force, refused = choose_rules_in_force([good, bad])
    assert in_force is good
    assert [error.cell for error in refused] == ["B3"]
    said = say_rules_in_force([good, bad])
    assert good.rules_version in said.en
    assert bad.rules_version in said.en
    assert "cell B3" in said.en
    assert "2026-03-01 09:30 UTC" in said.zh
    assert "未生效" in said.zh


def test_a_repaired_workbook_comes_into_force_and_old_errors_are_no_news():
    good, bad = parsed(template()), parsed(with_cells({("红黄绿灯", "B3"): "很多"}))
    repaired = parsed(with_cells({("红黄绿灯", "B3"): "25%"}))
    assert choose_rules_in_force([good, bad, repaired]) == (repaired, ())


def test_without_any_good_version_the_shipped_defaults_hold():
    bad = parsed(with_cells({("红黄绿灯", "B3"): "很多"}))
    in_force, refused = choose_rules_in_force([bad])
    assert in_force is None
    assert len(refused) == 1
    assert rules_tables(in_force)["status"].to_pylist()[0]["rules_version"] == "default"
    log = rules_version_log([bad]).to_pylist()
    assert [(row["rules_version"], row["is_in_force"]) for row in log] == [
        (bad.rules_version, False),
        ("default", True),
    ]


def test_a_figure_leads_back_to_version_person_and_time():
    book = opened(template())
    book.properties.lastModifiedBy = "王经理"
    book.properties.modified = dt.datetime(2026, 2, 28, 8, 15)
    data = saved(book)
    arrived = dt.datetime(2026, 2, 28, 10, 0, tzinfo=dt.UTC)
    reading = parse_rules_workbook(data, NAME, arrived)
    version = hashlib.sha256(data).hexdigest()[:12]
    assert reading.rules_version == version
    assert {row["rules_version"] for row in rules_tables(reading)["tiers"].to_pylist()} == {version}
    (row,) = rules_version_log([reading]).to_pylist()
    assert row["modified_by"] == "王经理"
    assert row["arrived_at"] == arrived
    assert row["modified_at"] == reading.modified_at is not None
    assert row["is_in_force"]
