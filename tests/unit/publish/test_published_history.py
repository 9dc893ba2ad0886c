"""A published history mart holds, for each key, the runs of nights on which its row stayed the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.publish import history
from pipelines.settings import CompanyFolder

FIRST, SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
NIGHTS = {
    FIRST: "('unchanged', 1), ('changed twice', 1), ('gone', 1)",
    SECOND: "('unchanged', 1), ('changed twice', 2), ('gone', 1)",
    THIRD: "('unchanged', 1), ('changed twice', 3), ('new', 1)",
}


@pytest.fixture
def published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[date, list[tuple[object, ...]]]:
    """What the history mart of deals said on each night."""
    monkeypatch.setattr(history, "HISTORY_MARTS", {"deals": ("deal_id",)})
    said = {}
    with duckdb.connect() as con:
        con.execute("create schema marts")
        for day, rows in NIGHTS.items():
            con.execute(
                f"create or replace table marts.deals as from (values {rows}) as t(deal_id, amount)"
            )
            # What the company's folder is called is nothing that a mart could show.
            history.write_history(con, CompanyFolder(tmp_path / "company=north [2026]"), day)
            shown = con.execute("from marts.deals_history limit 0").description
            assert [column[0] for column in shown] == [
                "deal_id", "amount", "valid_from", "valid_before"
            ]  # fmt: skip
            said[day] = con.execute(
                "select deal_id, amount, valid_from, valid_before from marts.deals_history order by all"
            ).fetchall()
    return said


def test_on_the_first_night_every_row_is_open(
    published: dict[date, list[tuple[object, ...]]],
) -> None:
    assert published[FIRST] == [
        ("changed twice", 1, FIRST, None),
        ("gone", 1, FIRST, None),
        ("unchanged", 1, FIRST, None),
    ]


def test_a_row_ends_on_the_night_that_changed_or_dropped_it(
    published: dict[date, list[tuple[object, ...]]],
) -> None:
    assert published[THIRD] == [
        ("changed twice", 1, FIRST, SECOND),
        ("changed twice", 2, SECOND, THIRD),
        ("changed twice", 3, THIRD, None),
        ("gone", 1, FIRST, THIRD),
        ("new", 1, THIRD, None),
        ("unchanged", 1, FIRST, None),
    ]


def said_on(
    con: duckdb.DuckDBPyConnection, folder: CompanyFolder, day: date, rows: str
) -> list[tuple[object, ...]]:
    """Run the night of a day; return what the history mart says then."""
    con.execute(
        f"create or replace table marts.deals as from (values {rows}) as t(deal_id, amount)"
    )
    history.write_history(con, folder, day)
    return con.execute(
        "select deal_id, amount, valid_from, valid_before from marts.deals_history order by all"
    ).fetchall()


@pytest.fixture
def con(monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.setattr(history, "HISTORY_MARTS", {"deals": ("deal_id",)})
    with duckdb.connect() as con:
        con.execute("create schema marts")
        yield con


def test_a_night_that_is_written_again_says_nothing_of_later_nights_and_leaves_them_as_they_were(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = CompanyFolder(tmp_path)
    for day, rows in ((FIRST, "('a', 1)"), (SECOND, "('a', 1)"), (THIRD, "('a', 3), ('b', 1)")):
        said_on(con, folder, day, rows)
    assert said_on(con, folder, SECOND, "('a', 2)") == [
        ("a", 1, FIRST, SECOND),
        ("a", 2, SECOND, None),
    ]
    # Third says what it said, now as a difference from the second night as it is today.
    assert said_on(con, folder, date(2026, 3, 5), "('a', 3), ('b', 1)") == [
        ("a", 1, FIRST, SECOND),
        ("a", 2, SECOND, THIRD),
        ("a", 3, THIRD, None),
        ("b", 1, THIRD, None),
    ]


def test_a_row_that_becomes_again_what_the_night_after_said_is_no_change_there(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = CompanyFolder(tmp_path)
    for day, amount in ((FIRST, 1), (SECOND, 2), (THIRD, 1)):
        said_on(con, folder, day, f"('a', {amount})")
    said_on(con, folder, SECOND, "('a', 1)")
    assert said_on(con, folder, date(2026, 3, 5), "('a', 1)") == [("a", 1, FIRST, None)]


def test_an_amount_that_goes_missing_or_comes_is_a_change_and_none_that_stays_away(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = CompanyFolder(tmp_path)
    said_on(con, folder, FIRST, "('goes', 1), ('stays away', null)")
    assert said_on(con, folder, SECOND, "('goes', null), ('stays away', null::integer)") == [
        ("goes", 1, FIRST, SECOND),
        ("goes", None, SECOND, None),
        ("stays away", None, FIRST, None),
    ]
