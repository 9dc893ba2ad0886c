"""Pulls land like files: archived as Parquet, dated by their time, going on from the archive."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipelines.landing.archive import Archive
from pipelines.landing.contract import load_entities
from pipelines.landing.log import LandingLog
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.source import land_source
from pipelines.landing.state import SourceState, build_landed_table
from pipelines.landing.visible import visible_landings
from pipelines.settings import CompanyFolder, CompanySettings


class Company:
    """A company whose orders lie in a small database."""

    def __init__(self, root: Path, **entry) -> None:
        self.folder = CompanyFolder(root)
        self.database = sqlite3.connect(root / "erp.db")
        self.database.execute(
            "create table orders (order_id text, signed_on text, amount text, updated_at text)"
        )
        self.configure(**entry)

    def configure(self, **entry) -> None:
        source = {"name": "erp_orders", "entity": "orders", "kind": "database",
                  "url": "sqlite:///erp.db"}  # fmt: skip
        source |= ({} if "query" in entry else {"table": "orders"}) | entry
        body = {"company": {"name": "晨光医疗"}, "sources": [source]}
        self.settings = CompanySettings.model_validate(body)

    def put(self, *rows) -> None:
        self.database.executemany("insert into orders values (?, ?, ?, ?)", rows)
        self.database.commit()

    def night(self, day: int, hour: int = 18, minute: int = 15, **how):
        """Land at 18:15 UTC: 02:15 of the next day in Shanghai."""
        seen_at = datetime(2026, 3, day, hour, minute, tzinfo=UTC)
        return land_source(
            self.folder, self.settings, self.settings.sources[0], Vocabulary(), seen_at, **how
        )

    def pulled_ids(self) -> list[list[str]]:
        archive = Archive(self.folder.archive)
        found = []
        for delivery in archive.manifest.deliveries():
            with archive.opened(delivery, self.folder.warehouse / "work") as path:
                found.append(pq.read_table(path)["order_id"].to_pylist())
        return found

    def live(self, as_of: date = date(2026, 3, 31)) -> dict[str, tuple]:
        source = self.settings.sources[0]
        records = tuple(LandingLog(self.folder.landing).of_source(source.name))
        state = SourceState(source, 0, records, visible_landings(records, as_of, 10**9))
        with duckdb.connect() as con:
            entity = load_entities()["orders"]
            build_landed_table(con, entity, [state], self.folder.landing, as_of)
            rows = con.execute("select order_id, amount, source_row from landed.orders").fetchall()
        return {row[0]: (str(row[1]), row[2]) for row in rows}


O1 = ("O1", "2026-03-01", "100.50", "2026-03-09 10:00:00")
O2 = ("O2", "2026-03-02", "200", "2026-03-09 11:00:00")
O3 = ("O3", "2026-03-03", "300", "2026-03-10 09:00:00")


@pytest.fixture
def company(tmp_path):
    made = Company(tmp_path, cursor="updated_at")
    yield made
    made.database.close()


def test_a_pull_is_archived_as_parquet_under_source_and_local_time(company):
    company.put(O1)
    company.night(9)
    [delivery] = Archive(company.folder.archive).manifest.deliveries()
    assert delivery.name == "pull/erp_orders_2026-03-10T0215.parquet"


@pytest.mark.parametrize(
    ("hour", "minute", "covers"),
    [(18, 15, date(2026, 3, 9)), (9, 59, date(2026, 3, 8)), (10, 0, date(2026, 3, 9))],
)
def test_the_day_that_a_pull_covers_follows_from_its_time(company, hour, minute, covers):
    # 18:15 UTC is 02:15 on the 10th; 09:59 and 10:00 UTC are 17:59 and 18:00 on the 9th.
    company.put(O1)
    [record] = company.night(9, hour, minute).records
    assert record.covers_until == covers


def test_a_row_leads_back_to_its_pull_and_key(company):
    company.put(O1)
    company.night(9)
    assert company.live() == {
        "O1": ("100.5000", "pull/erp_orders_2026-03-10T0215.parquet row 1 key O1")
    }


def test_the_second_pull_brings_what_is_new_and_equal(company):
    company.put(("O0", "2026-03-01", "1", "2026-03-01 10:00:00"), O1, O2)
    company.night(9)
    company.put(("O2b", "2026-03-02", "5", "2026-03-09 11:00:00"), O3)
    second = company.night(10)
    assert company.pulled_ids() == [["O0", "O1", "O2"], ["O1", "O2", "O2b", "O3"]]
    assert (second.records[-1].counts.landed, second.records[-1].counts.unchanged) == (2, 2)
    assert sorted(company.live()) == ["O0", "O1", "O2", "O2b", "O3"]


def test_a_row_dated_2999_hides_no_other(company):
    company.put(O1, ("X", "2026-03-01", "9", "2999-01-01 00:00:00"))
    company.night(9)
    company.put(O3)
    company.night(10)
    assert "O3" in company.pulled_ids()[1]
    assert sorted(company.live()) == ["O1", "O3", "X"]


def test_with_nothing_but_the_archive_left_the_next_pull_begins_where_it_would_have(company):
    company.put(("O0", "2026-03-01", "1", "2026-03-01 10:00:00"), O1, O2)
    company.night(9)
    shutil.rmtree(company.folder.landing)
    shutil.rmtree(company.folder.warehouse)
    company.put(O3)
    landing = company.night(10)
    assert company.pulled_ids()[1] == ["O1", "O2", "O3"]
    assert len(landing.new_records) == 2
    assert {key: row[0] for key, row in company.live().items()} == {
        "O0": "1.0000",
        "O1": "100.5000",
        "O2": "200.0000",
        "O3": "300.0000",
    }


def test_a_pull_without_news_still_covers_its_day(company):
    company.put(O1)
    company.night(9)
    company.database.execute("delete from orders")
    company.database.commit()
    landing = company.night(10)
    assert landing.problems == ()
    assert (landing.records[-1].status, landing.records[-1].covers_until) == (
        "repeated",
        date(2026, 3, 10),
    )
    assert sorted(company.live()) == ["O1"]


def test_a_blocked_pull_is_pulled_again_until_its_rows_count(company):
    company.put(O1)
    company.night(9)
    bad = [(f"B{n}", "not a day", "1", "2026-03-10 08:00:00") for n in range(30)]
    company.put(O3, *bad)
    assert company.night(10).records[-1].status == "blocked"
    company.database.execute("update orders set signed_on = '2026-03-04' where order_id like 'B%'")
    company.database.commit()
    company.put(("O4", "2026-03-04", "4", "2026-03-11 08:00:00"))
    company.night(11)
    assert len(company.live()) == 33


def test_a_changed_query_begins_anew(company):
    company.put(("O0", "2026-03-01", "1", "2026-03-01 10:00:00"), O1)
    company.night(9)
    company.configure(query="select *, 'Y' as flag from orders", cursor="updated_at")
    company.night(10)
    assert company.pulled_ids()[1] == ["O0", "O1"]


def test_a_snapshot_pull_deletes_what_is_gone(tmp_path):
    company = Company(tmp_path)
    company.put(O1, O2)
    company.night(9)
    company.database.execute("delete from orders where order_id = 'O1'")
    company.database.commit()
    company.night(10)
    assert sorted(company.live()) == ["O2"]
    assert sorted(company.live(date(2026, 3, 9))) == ["O1", "O2"]


def test_the_same_answer_twice_is_kept_once_and_lands_once(tmp_path):
    company = Company(tmp_path)
    company.put(O1, O2)
    company.night(9)
    landing = company.night(10)
    first, second = Archive(company.folder.archive).manifest.deliveries()
    assert first.sha256 == second.sha256
    assert (landing.records[-1].status, landing.records[-1].counts.unchanged) == ("repeated", 2)


def test_a_database_that_fails_leaves_the_last_landing_in_force_and_says_so(company):
    company.put(O1)
    company.night(9)
    company.database.execute("drop table orders")
    company.database.commit()
    landing = company.night(10)
    [(english, chinese)] = landing.problems
    assert "no such table" in english
    assert "last landing stays in force" in english
    assert "沿用上次的数据" in chinese
    assert landing.new_records == ()
    assert sorted(company.live()) == ["O1"]
    assert not list((company.folder.warehouse / "work").glob("pull-*"))


def test_a_secret_that_is_missing_is_a_problem_of_its_source_alone(company, monkeypatch):
    monkeypatch.delenv("NO_SUCH_URL", raising=False)
    company.configure(url="env:NO_SUCH_URL")
    [(english, chinese)] = company.night(9).problems
    assert "NO_SUCH_URL is not set" in english
    assert "NO_SUCH_URL" in chinese


def test_a_night_that_may_use_nothing_new_asks_nobody(company):
    company.put(O1)
    company.night(9)
    company.put(O3)
    assert company.night(10, pulls=False).new_records == ()
    assert company.pulled_ids() == [["O1"]]


def test_how_a_pull_is_made_does_not_land_the_archive_anew(company):
    company.put(O1)
    company.night(9)
    before = LandingLog(company.folder.landing).of_source("erp_orders")[0].fingerprint
    company.configure(cursor="updated_at", overlap_minutes=5, required=True)
    company.night(10)
    assert {r.fingerprint for r in LandingLog(company.folder.landing).of_source("erp_orders")} == {
        before
    }
