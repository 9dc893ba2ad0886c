"""The hash of a table sees every figure and nothing else."""

from __future__ import annotations

import hashlib

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.publish.content_hash import content_hash, fingerprint


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("create schema marts")
        yield con


def hash_of(con, query: str, exclude=()) -> str:
    con.execute(f"create or replace table marts.t as {query}")
    return content_hash(con, "marts", "t", exclude)


SAME = {
    "row order": ("select * from (values (1, 'a'), (2, 'b')) t(x, y)",
                  "select * from (values (2, 'b'), (1, 'a')) t(x, y)"),
    "column order": ("select 1 as x, 'a' as y", "select 'a' as y, 1 as x"),
    "minus zero": ("select 0.0::double as x", "select -0.0::double as x"),
    "the last bits of a double": ("select 0.1::double + 0.2::double as x",
                                  "select 0.3::double as x"),
    "sign of not-a-number": ("select 'nan'::double as x", "select -('nan'::double) as x"),
    "map order": ("select map{'a': 1, 'b': 2} as x", "select map{'b': 2, 'a': 1} as x"),
    "doubles inside lists": ("select [0.1::double + 0.2::double] as x",
                             "select [0.3::double] as x"),
}  # fmt: skip
OTHER = {
    "NULL and empty text": ("select null::varchar as x", "select '' as x"),
    "NULL and the letter that stands for it": ("select null::varchar as x", "select 'N' as x"),
    "a figure": ("select 1.50::decimal(18,2) as x", "select 1.51::decimal(18,2) as x"),
    "a doubled row": ("select 1 as x", "select 1 as x from range(2)"),
    "text moved to the next column": ("select 'ab' as x, 'c' as y", "select 'a' as x, 'bc' as y"),
    "text that looks like an encoding": ("select '1:a' as x, '' as y",
                                         "select '' as x, '1:a' as y"),
    "two rows that swap one cell": ("select * from (values (1, 'a'), (2, 'b')) t(x, y)",
                                    "select * from (values (1, 'b'), (2, 'a')) t(x, y)"),
    "a column's name": ("select 1 as x", "select 1 as y"),
    "the 12th digit of a double": ("select 1.00000000001::double as x", "select 1::double as x"),
    "empty list and NULL list": ("select []::int[] as x", "select null::int[] as x"),
    "one item with a comma and two": ("select ['a, b'] as x", "select ['a', 'b'] as x"),
    "list of NULL and empty list": ("select [null]::int[] as x", "select []::int[] as x"),
    "struct of NULL and NULL struct": ("select {'a': null::int} as x",
                                       "select null::struct(a int) as x"),
    "an empty table and one of NULLs": ("select null as x where false", "select null as x"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_the_hash_does_not_see(con, name):
    left, right = SAME[name]
    assert hash_of(con, left) == hash_of(con, right)


@pytest.mark.parametrize("name", OTHER)
def test_the_hash_sees(con, name):
    left, right = OTHER[name]
    assert hash_of(con, left) != hash_of(con, right)


def test_a_figure_written_down_stays_what_it_was(con):
    """The rows `7,` and `,`, hashed outside DuckDB: hashes in old manifests must stay valid."""
    digests = [hashlib.md5(text).digest() for text in (b"7,", b",")]
    # DuckDB calls the digest's first eight bytes the upper number, least significant byte first
    upper = sum(int.from_bytes(digest[:8], "little") for digest in digests)
    lower = sum(int.from_bytes(digest[8:], "little") for digest in digests)
    assert hash_of(con, "select * from (values (7), (null)) t(x)") == (
        hashlib.sha256(f"x\x1e(2, {upper}, {lower})".encode()).hexdigest()
    )


def test_excluded_columns_stand_outside_and_those_a_mart_lacks_are_no_error(con):
    exclude = {"landed_at", "delivered_at"}
    first = hash_of(con, "select 1 as x, timestamp '2026-03-11 01:00' as landed_at", exclude)
    second = hash_of(con, "select 1 as x, timestamp '2026-03-12 01:00' as landed_at", exclude)
    assert first == second == hash_of(con, "select 1 as x", exclude)
    assert first != hash_of(con, "select 2 as x, null::timestamp as landed_at", exclude)


def test_a_zoned_timestamp_counts_as_an_instant_in_any_session(con):
    query = "select to_timestamp(1770000000) as x"
    first = hash_of(con, query)
    con.execute("set timezone = 'America/New_York'")
    assert hash_of(con, query) == first


def test_the_hash_is_the_same_over_threads(con):
    query = (
        "select i % 1000 as k, sum(i / 7.0) as s, avg(i / 3.0) as a "
        "from range(500000) t(i) group by 1"
    )
    hashes = set()
    for threads in (1, 2, 4):
        con.execute(f"set threads = {threads}")
        hashes.add(hash_of(con, query))
    assert len(hashes) == 1


def test_names_with_quotes_are_quoted(con):
    con.execute("""create table marts."we""ird; --" as select 1 as "a""b" """)
    assert len(content_hash(con, "marts", 'we"ird; --')) == 64


def test_the_fingerprint_sees_every_bit_and_counts_rows(con):
    con.execute("create table marts.a as select 0.3::double as x")
    con.execute("create table marts.b as select 0.1::double + 0.2::double as x")
    con.execute("create table marts.e as select 1 as x where false")
    assert fingerprint(con, "marts", "a") != fingerprint(con, "marts", "b")
    assert fingerprint(con, "marts", "a")[0] == 1
    assert fingerprint(con, "marts", "e") == (0, 0)


TEXTS = st.one_of(st.none(), st.text(st.sampled_from("aN1:;,'\"\\中 \x1f"), max_size=4))
ROWS = st.lists(st.tuples(TEXTS, TEXTS), max_size=4)


@settings(max_examples=150, deadline=None)
@given(ROWS, ROWS)
def test_two_tables_have_one_hash_exactly_if_they_hold_the_same_rows(left, right):
    with duckdb.connect() as con:
        con.execute("create schema marts")
        hashes = []
        for rows in (left, right):
            con.execute("create or replace table marts.t (x varchar, y varchar)")
            for row in rows:
                con.execute("insert into marts.t values (?, ?)", row)
            hashes.append(content_hash(con, "marts", "t"))
    same = sorted(left, key=repr) == sorted(right, key=repr)
    assert (hashes[0] == hashes[1]) == same
