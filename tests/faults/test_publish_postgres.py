"""PostgreSQL as a place that shows the night: on a real server, with readers, kills and refusals."""

from __future__ import annotations

import itertools
import signal
import threading
import time

import psycopg
import pytest

from pipelines.publish.duckdb_session import DuckDBLimits
from pipelines.publish.errors import FlipRefusedError, PublishError
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.postgres.database import Database, PostgresLostError
from pipelines.publish.postgres.target import PostgresTarget
from pipelines.publish.publisher import Publisher, recover, rollback
from pipelines.settings import CompanyFolder
from tests.publish_world import (
    locked,
    make_build,
    make_night,
    published_bytes,
    run_child,
    shown_nights,
    versions_on_disk,
)
from tests.servers.databases import postgres
from tests.servers.marts_database import marts_database

pytestmark = pytest.mark.deep(topic="servers")
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgres(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.fixture
def database(server, tmp_path):
    with marts_database(server.url, f"marts{next(NUMBERS)}", tmp_path / "back") as made:
        yield made


@pytest.fixture
def folder(tmp_path):
    return CompanyFolder(tmp_path / "company")


@pytest.fixture
def build(tmp_path):
    return tmp_path / "build.duckdb"


def target(folder, database, patience_seconds=5.0):
    return PostgresTarget(
        database.target,
        PublishedFolder(folder),
        DuckDBLimits(),
        patience_seconds=patience_seconds,
    )


def publish(folder, database, build, version, *, keep_versions=14, change="", **options):
    make_build(build, version)
    if change:
        import duckdb

        with duckdb.connect(str(build)) as con:
            con.execute(change)
    with locked(folder):
        publisher = Publisher(
            folder, [target(folder, database, **options)], keep_versions=keep_versions
        )
        return publisher.publish(make_night(build, version))


def nights(database, login=None):
    return {
        night
        for mart in ("mart_gap", "mart_daily_brief", "mart_run")
        for (night,) in database.rows(f"select distinct night from marts.{mart}", login)
    }


def test_the_views_show_the_rows_types_comments_and_keys_of_the_published_file(
    folder, database, build
):
    publish(folder, database, build, "n1")
    assert nights(database) == {"n1"}
    assert database.hashes(folder.published / "marts.duckdb").items() >= (
        Publisher(folder).in_force().content_hashes.items()
    )
    columns = database.rows(
        "select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) "
        "from pg_attribute where attrelid = 'marts.mart_gap'::regclass order by attnum"
    )
    assert columns == [
        ("scope_id", "text", None),
        ("night", "text", None),
        ("gap", "numeric(18,2)", "差额 (元)"),
        ("attainment_rate", "double precision", None),
        ("landed_at", "timestamp without time zone", None),
    ]
    assert database.rows("select obj_description('marts.mart_gap'::regclass, 'pg_class')") == [
        ("一行一个范围; the team's gap",)
    ]
    assert database.rows(
        "select pg_get_constraintdef(oid) from pg_constraint where contype = 'p' "
        "and conrelid = 'marts_n1.mart_gap'::regclass"
    ) == [("PRIMARY KEY (scope_id)",)]


def test_an_empty_text_a_quote_a_line_break_and_null_stay_apart(folder, database, build):
    publish(
        folder,
        database,
        build,
        "n1",
        change="create table marts.mart_text as select * from (values (1, ''), (2, null), (3, '\\.'), "
        "(4, 'a\"b,c'), (5, 'x' || chr(10) || 'y'), (6, '=cmd|华东')) as t(id, said)",
    )
    assert database.rows("select said from marts.mart_text order by id") == [
        ("",), (None,), ("\\.",), ('a"b,c',), ("x\ny",), ("=cmd|华东",)
    ]  # fmt: skip


def test_a_reader_in_one_transaction_sees_one_night_while_the_next_is_published(
    folder, database, build
):
    publish(folder, database, build, "n1")
    make_build(build, "n2")
    with database.session() as reader:
        reader.execute("begin isolation level repeatable read")
        reader.execute("select count(*) from marts.mart_gap")
        writer = threading.Thread(target=publish, args=(folder, database, build, "n2"), daemon=True)
        started = time.monotonic()
        writer.start()
        time.sleep(3)
        seen = {
            row[0]
            for mart in ("mart_gap", "mart_daily_brief", "mart_run")
            for row in reader.execute(f"select distinct night from marts.{mart}").fetchall()
        }
        reader.execute("commit")
        assert seen == {"n1"}
        writer.join(30)
    assert not writer.is_alive()
    assert time.monotonic() - started > 3
    assert nights(database) == {"n2"}


def test_a_reader_that_never_lets_go_makes_the_night_stay_whole_everywhere(folder, database, build):
    publish(folder, database, build, "n1")
    before, files = published_bytes(folder), versions_on_disk(folder)
    with database.session() as reader:
        reader.execute("begin isolation level repeatable read")
        reader.execute("select count(*) from marts.mart_gap")
        with pytest.raises(FlipRefusedError, match="n2"):
            publish(folder, database, build, "n2", patience_seconds=1.0)
        with database.session() as other:  # a waiting flip makes nobody else wait
            assert other.execute("select count(*) from marts.mart_run").fetchone() == (1,)
    assert (published_bytes(folder), versions_on_disk(folder)) == (before, files)
    assert nights(database) == {"n1"}
    publish(folder, database, build, "n3")
    schemas = database.rows("select nspname from pg_namespace where nspname like 'marts\\_%'")
    assert sorted(schemas) == [("marts_n1",), ("marts_n3",)]


def test_users_views_and_grants_survive_a_column_that_comes_one_that_goes_and_a_mart_that_goes(
    folder, database, build
):
    publish(folder, database, build, "n1")
    user = database.login("analyst", "bi_reader")
    database.execute("create schema own authorization analyst")
    database.execute(
        "create view own.gaps as select night, sum(gap) as gap, max(attainment_rate) as rate "
        "from marts.mart_gap group by 1; "
        "create view own.brief as select count(*) as people from marts.mart_daily_brief",
        user,
    )
    publish(
        folder,
        database,
        build,
        "n2",
        change="alter table marts.mart_gap drop attainment_rate; "
        "alter table marts.mart_gap add column cause varchar default '漏斗'; "
        "drop table marts.mart_daily_brief",
    )
    assert database.rows("select night, rate from own.gaps", user) == [("n2", None)]
    assert database.rows("select people from own.brief", user) == [(0,)]
    assert database.rows("select distinct cause from marts.mart_gap", user) == [("漏斗",)]
    publish(folder, database, build, "n3")
    assert database.rows("select people from own.brief", user) == [(10,)]
    assert database.rows("select rate is not null from own.gaps", user) == [(True,)]


def test_a_changed_type_makes_the_view_anew_with_its_grants_but_never_breaks_a_users_view(
    folder, database, build
):
    publish(folder, database, build, "n1")
    guest = database.login("guest")
    database.execute(
        "grant usage on schema marts to guest; grant select on marts.mart_run to guest"
    )
    change = "alter table marts.mart_run alter night type integer using 7"
    publish(folder, database, build, "n2", change=change)
    assert database.rows("select night from marts.mart_run", guest) == [(7,)]
    database.execute("create view public.runs as select night from marts.mart_run")
    with pytest.raises(FlipRefusedError, match="runs"):
        publish(folder, database, build, "n3")
    assert database.rows("select night from public.runs") == [(7,)]


def test_a_rollback_shows_the_earlier_night_in_postgres_too(folder, database, build):
    for version in ("n1", "n2"):
        publish(folder, database, build, version)
    with locked(folder):
        rollback(folder, "n1", [target(folder, database)])
    assert nights(database) == {"n1"} == shown_nights(folder)


def test_old_versions_go_but_not_while_somebody_built_on_them(folder, database, build):
    publish(folder, database, build, "n1")
    database.execute("create view public.old as select * from marts_n1.mart_gap")
    for version in ("n2", "n3", "n4"):
        publish(folder, database, build, version, keep_versions=2)
    query = "select nspname from pg_namespace where nspname like 'marts\\_%' order by 1"
    assert database.rows(query) == [("marts_n1",), ("marts_n3",), ("marts_n4",)]
    assert database.rows("select count(*) from public.old") == [(1000,)]
    database.execute("drop view public.old")
    publish(folder, database, build, "n5", keep_versions=2)
    assert database.rows(query) == [("marts_n4",), ("marts_n5",)]


@pytest.mark.parametrize(
    ("point", "shown"),
    [
        ("staged:postgres", "n1"),
        ("journal:flip", "n2"),
        ("flipped:postgres", "n2"),
        ("flipped:duckdb", "n2"),
    ],
)
def test_killed_around_the_flip_all_places_end_with_one_night(
    folder, database, build, point, shown
):
    publish(folder, database, build, "n1")
    make_build(build, "n2")
    child = run_child("publish_postgres", str(folder.root), str(build), "n2", point)
    assert child.returncode == -signal.SIGKILL, child.stderr
    with locked(folder):
        assert recover(folder, [target(folder, database)]).was_completed == (shown == "n2")
    assert nights(database) == {shown} == shown_nights(folder)
    publish(folder, database, build, "n3")
    assert nights(database) == {"n3"} == shown_nights(folder)


def test_a_database_that_is_down_leaves_the_old_night_everywhere_and_names_no_password(
    folder, database, build, monkeypatch
):
    publish(folder, database, build, "n1")
    before, files = published_bytes(folder), versions_on_disk(folder)
    monkeypatch.setenv("MARTS_URL", "postgresql://u:Zebra-77@127.0.0.1:1/marts")
    with pytest.raises(PostgresLostError, match="cannot be reached") as refused:
        publish(folder, database, build, "n2")
    assert "Zebra" not in str(refused.value)
    assert (published_bytes(folder), versions_on_disk(folder)) == (before, files)
    with locked(folder):
        assert recover(folder) is None  # nothing waits for the database
    monkeypatch.setenv("MARTS_URL", database.url)
    publish(folder, database, build, "n3")
    assert nights(database) == {"n3"} == shown_nights(folder)


def test_bi_reader_reads_marts_and_writes_nothing(folder, database, build):
    publish(folder, database, build, "n1")
    login = database.login("bi", "bi_reader")
    assert nights(database, login) == {"n1"}
    for attempt in (
        "insert into marts.mart_run values ('x', 'x')",
        "update marts.mart_run set night = 'x'",
        "delete from marts.mart_gap",
        "truncate marts_n1.mart_gap",
        "drop view marts.mart_gap",
        "create table marts.x (a int)",
        "create table public.x (a int)",
        "create temporary table x (a int)",
        "create schema mine",
        "create view marts.y as select 1",
        "select * from marts_n1.mart_gap",
        "select * from gapwise.access",
        "select * from gapwise.shown",
        "select lo_import('/etc/hostname')",
        "copy marts.mart_run to '/tmp/x'",
        "comment on view marts.mart_gap is 'x'",
        "create role other",
    ):
        with pytest.raises(psycopg.Error):
            database.execute(attempt, login)
    database.execute("grant select on marts.mart_gap to public", login)  # only warns
    stranger = database.login("stranger")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.rows("select * from marts.mart_gap", stranger)
    assert nights(database) == {"n1"}


def test_a_version_that_postgres_would_cut_off_is_refused_before_anything_is_shown(
    folder, database, build
):
    with pytest.raises(PublishError, match="too long a name"):
        publish(folder, database, build, "n" * 60)
    assert database.rows("select count(*) from pg_namespace where nspname like 'marts%'") == [(0,)]


def test_an_address_that_is_not_set_is_named_before_anything_is_copied(tmp_path):
    from pipelines.settings.secrets import SecretUnavailable

    with pytest.raises(SecretUnavailable, match="NO_SUCH_URL"):
        with Database("env:NO_SUCH_URL", tmp_path).connected():
            pass
