"""Maven CRM through the night: loaded twice, and the same file under a new name, nothing changes."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.real_data.companies import (
    assert_every_row_is_accounted_for,
    company,
    raw,
    reference,
)
from tests.shared_data import needs_shared_data

pytestmark = [*needs_shared_data, pytest.mark.slow]
SET = "maven_crm"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    root = tmp_path_factory.mktemp("maven")
    inbox = root / "inbox"
    inbox.mkdir()
    for name in ("sales_pipeline.csv", "accounts.csv", "sales_teams.csv"):
        shutil.copyfile(raw(SET, name), inbox / name)
    sources = [
        {"name": "deals", "entity": "opportunities", "path": "inbox/*pipeline*.csv", "preset": "maven_crm"},
        {"name": "accounts", "entity": "accounts", "path": "inbox/accounts.csv", "preset": "maven_crm"},
        {"name": "teams", "entity": "people", "path": "inbox/sales_teams.csv", "preset": "maven_crm"},
    ]  # fmt: skip
    done = company(root, date(2017, 12, 31), sources)
    done.night()
    return done


def test_the_night_is_published_and_every_row_is_accounted_for(done):
    assert done.result.outcome == "published", done.result.reason_en
    assert_every_row_is_accounted_for(done, files=3)


def test_won_deals_per_quarter_and_agent_equal_the_reference(done):
    found = done.marts(
        "select person_id, year(booked_on) || '-Q' || quarter(booked_on), count(*), sum(amount)"
        " from fct_booking group by all"
    )
    expected = reference(SET)["won_by_agent_quarter"]
    assert set(found) == {
        (row["sales_agent"], row["q"], row["won"], Decimal(row["won_value"])) for row in expected
    }
    quarters = reference(SET)["quarter_totals"]
    assert [row["won"] for row in quarters] == [531, 1254, 1257, 1196]


def test_product_lines_are_the_same_whatever_their_spelling(done):
    expected = reference(SET)["win_rate_by_product"]
    found = done.marts("select product_line, count(*) from fct_booking group by 1")
    assert set(found) == {(row["product"], row["won"]) for row in expected}


def test_loading_twice_and_the_same_file_under_a_new_name_change_nothing(done):
    before = done.contents()
    rows = done.build(
        "select * exclude (landed_at) from landed.opportunities order by opportunity_id"
    )
    assert done.night().outcome == "published"
    assert done.contents() == before
    inbox = Path(done.folder.inbox)
    (inbox / "sales_pipeline.csv").rename(inbox / "renamed_pipeline.csv")
    assert done.night().outcome == "published"
    # Every mart but the account of sources, which names the new file.
    changed = {name for name, content in done.contents().items() if content != before[name]}
    assert changed <= {"mart_source_health"}
    assert (
        done.build("select * exclude (landed_at) from landed.opportunities order by opportunity_id")
        == rows
    )
