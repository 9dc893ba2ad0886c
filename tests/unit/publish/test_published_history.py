"""A published history mart holds, for each key, the runs of nights on which its row stayed the same."""

from __future__ import annotations

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
