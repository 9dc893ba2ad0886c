"""The small world on paper, shown in PostgreSQL: whole nights, held nights, and who sees what."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from pipelines.commands.corrections import publish_again
from pipelines.commands.doctor import examine
from pipelines.publish.manifest import read_manifest
from pipelines.settings import CompanyFolder
from tests.nights import content_hashes, night
from tests.servers.databases import postgres
from tests.servers.marts_database import MartsDatabase, marts_database
from tests.small_world import DEALS, ORDERS, deliver, write_small_world

pytestmark = pytest.mark.deep(topic="servers")

# P1 and P2 are 华东一队, P3 and P4 华南一队; postgres is the publishing login itself.
PUBLISH = """\
publish:
  postgres: env:MARTS_URL
  row_policies:
    everything: [postgres, boss]
    people: {lilei: P1}
    teams: {south_lead: 华南一队}
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    with postgres(tmp_path_factory.mktemp("pg")) as server:
        with marts_database(server.url, "marts", tmp_path_factory.mktemp("back")) as made:
            yield made


@pytest.fixture(scope="module")
def world(tmp_path_factory, database: MartsDatabase) -> Path:
    home = write_small_world(tmp_path_factory.mktemp("world") / "company", day="20260226")
    settings = home / "company.yml"
    settings.write_text(settings.read_text(encoding="utf-8") + PUBLISH, encoding="utf-8")
    result = night(home, "2026-02-26")
    assert result.outcome == "published", result.reason_en
    for login in ("boss", "lilei", "south_lead", "nobody"):
        database.login(login, "bi_reader")
    return home


def test_every_mart_in_postgres_equals_the_published_file(world, database):
    expected = content_hashes(world)
    found = database.hashes(world / "published" / "marts.duckdb")
    assert len(expected) > 40
    assert {name: found[name] for name in expected} == expected


def test_a_rep_sees_own_rows_and_no_others(world, database):
    marts = dict(
        database.rows(
            "select table_name::text, array_agg(column_name::text) from information_schema.columns "
            "where table_schema = 'marts' group by 1"
        )
    )
    for mart, columns in marts.items():
        for column in ("person_id", "owner_id"):
            if column in columns:
                seen = database.rows(f"select distinct {column} from marts.{mart}", "lilei")
                assert {value for (value,) in seen} <= {"P1"}, mart
                break
        else:
            if "scope_id" in columns:
                query = f"select distinct scope_type, scope_id from marts.{mart}"
                assert set(database.rows(query, "lilei")) <= {("person", "P1")}, mart
    # O1 and O2 are P1's orders, W1, W4, L3 and S1 P1's deals
    assert database.rows("select sum(amount) from marts.fct_booking", "lilei") == [(150000,)]
    deals = database.rows("select opportunity_id from marts.fct_opportunity order by 1", "lilei")
    assert deals == [("L3",), ("S1",), ("W1",), ("W4",)]
    visits = database.rows("select distinct opportunity_id from marts.fct_stage_visit", "lilei")
    assert {deal for (deal,) in visits} <= {"L3", "S1", "W1", "W4"}
    assert database.rows("select distinct person_id from marts.dim_person", "lilei") == [("P1",)]
    assert database.rows("select count(*) from marts.mart_data_quality", "lilei") == [(0,)]
    assert database.rows("select count(*) > 300 from marts.dim_date", "lilei") == [(True,)]


@pytest.mark.parametrize(
    "attempt",
    [
        "set role boss; select person_id from marts.fct_opportunity",
        "set session authorization boss; select person_id from marts.fct_opportunity",
        "select * from restricted.customer_contact",
        "select * from operations.publish_meta",
        "select * from gapwise.access",
        "insert into gapwise.access values ('lilei', 'everything', '')",
        "create or replace view marts.fct_opportunity as select 1",
        "create function pg_temp.spy(text) returns bool language plpgsql cost 0.0001 as "
        "$$ begin raise notice '%', $1; return true; end $$",
        "alter view marts.fct_opportunity set (security_barrier = false)",
        "select pg_read_file('PG_VERSION')",
    ],
)
def test_a_rep_cannot_go_around_the_policy(world, database, attempt):
    with pytest.raises(psycopg.Error):
        database.rows(attempt, "lilei")


@pytest.mark.parametrize(
    "query",
    [
        "select person_id from marts.fct_opportunity where 1 / (person_id = 'P1')::int = 1",
        "select person_id from marts.fct_opportunity where person_id = 'P2' or true",
        "select o.person_id from marts.fct_opportunity o full join marts.dim_person p "
        "on p.person_id = o.person_id",
        "select person_id from (table marts.fct_opportunity union all table marts.fct_opportunity) u",
        "set role bi_reader; select person_id from marts.fct_opportunity",
        "with recursive r as (select person_id from marts.fct_opportunity) select * from r",
        "select unnest(most_common_vals::text::text[]) from pg_stats "
        "where schemaname like 'marts%' and attname = 'person_id'",
    ],
)
def test_no_query_shows_a_rep_another_persons_row(world, database, query):
    assert {value for (value,) in database.rows(query, "lilei")} <= {"P1"}


def test_a_team_leader_sees_the_team_and_its_people_and_nobody_else(world, database):
    people = database.rows(
        "select distinct person_id from marts.fct_booking order by 1", "south_lead"
    )
    assert people == [("P3",), ("P4",)] or people == [("P3",)]
    scopes = set(
        database.rows(
            "select distinct scope_type, scope_id from marts.mart_target_attainment", "south_lead"
        )
    )
    assert ("team", "华南一队") in scopes
    assert scopes <= {("team", "华南一队"), ("person", "P3"), ("person", "P4")}


def test_a_login_that_no_policy_names_sees_nobodys_rows_and_the_boss_sees_all(world, database):
    query = "select count(*) from marts.fct_opportunity"
    assert database.rows(query, "nobody") == [(0,)]
    assert database.rows(query, "boss") == database.rows(query) == [(12,)]


def test_doctor_says_that_postgres_shows_the_night_of_the_files_or_why_not(
    world, database, monkeypatch
):
    def finding():
        [found] = [one for one in examine(CompanyFolder(world)) if one.subject == "postgres"]
        return found

    assert finding().is_fine
    assert "shows 20260226-" in finding().text
    with database.session("boss") as reader:
        reader.execute("begin")
        reader.execute("select count(*) from marts.mart_gap")
        assert "open transactions of boss" in finding().text
    database.execute("update gapwise.shown set version = '20260101-x' where kind = 'marts'")
    assert "gapwise rollback 20260226-" in finding().fix
    version = content_version(world)
    database.execute(f"update gapwise.shown set version = '{version}' where kind = 'marts'")
    monkeypatch.setenv("MARTS_URL", "postgresql://u:Zebra-77@127.0.0.1:1/marts")
    assert (finding().is_fine, "cannot be reached" in finding().text) == (False, True)
    assert "Zebra" not in finding().text


def content_version(home: Path) -> str:
    manifest = read_manifest(home / "published" / "manifest.json")
    assert manifest is not None
    return manifest.version


def test_phones_are_whole_in_the_restricted_schema_alone(world, database):
    query = "select phone from restricted.customer_contact where customer_id = 'C1'"
    reader = database.login("privacy", "bi_restricted_reader")
    assert database.rows(query, reader) == [("13800138000",)]
    masked = "select phone_masked from marts.dim_customer where customer_id = 'C1'"
    assert database.rows(masked, "boss") == [("13****00",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.rows(masked, reader)


def test_the_state_of_the_night_stands_in_schema_operations(world, database):
    reader = database.login("data_team", "bi_operations_reader")
    query = "select state, as_of, as_of_attempted, reason_en from operations.publish_meta"
    day = date(2026, 2, 26)
    assert database.rows(query, reader) == [("published", day, day, None)]
    assert database.rows("select count(*) > 0 from operations.mart_run", reader) == [(True,)]


def test_a_held_night_leaves_the_marts_and_says_so_and_a_rollback_goes_back(world, database):
    before = database.hashes(world / "published" / "marts.duckdb")
    half = "".join(DEALS.splitlines(keepends=True)[:7])
    for name, text in {"deals": half, "orders": ORDERS}.items():
        deliver(world, name, text, "20260227")
    assert night(world, "2026-02-27").outcome == "held"
    assert database.hashes(world / "published" / "marts.duckdb") == before
    query = "select state, as_of, as_of_attempted from operations.publish_meta"
    assert database.rows(query) == [("held", date(2026, 2, 26), date(2026, 2, 27))]

    deliver(world, "deals", DEALS, "20260228")
    deliver(world, "orders", ORDERS + "O7,C1,P1,2026-02-28,5000,,已生效,\n", "20260228")
    assert night(world, "2026-02-28").outcome == "published"
    booked = "select sum(amount) from marts.fct_booking"
    assert database.rows(booked, "lilei") == [(155000,)]
    [first] = [
        path.stem.removeprefix("manifest-")
        for path in (world / "published" / "versions").glob("manifest-20260226-*.json")
    ]
    publish_again(CompanyFolder(world), first)
    assert database.rows(booked, "lilei") == [(150000,)]
    assert database.hashes(world / "published" / "marts.duckdb") == before
