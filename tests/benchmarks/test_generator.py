"""The invented companies of the benchmark: the same every time, and of one piece."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pytest

from benchmarks.generate import KEYS, SEED, deliver, write_files
from benchmarks.sizes import Size, size_of

SMALL = Size("small", 8, 100, 400, 2_000, 420)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*.csv"))
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_files(folder, SMALL)
    return folder


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """Query files of the first night as tables of text named by their entity."""
    with duckdb.connect() as con:
        for file in (folder / "first").glob("*.csv"):
            entity = file.name.removesuffix("_20260331.csv")
            con.execute(
                f"create view {entity} as from read_csv('{file}', header = true, all_varchar = true)"
            )
        return con.execute(sql).fetchall()


def test_the_same_size_and_seed_write_the_same_bytes(written: Path, tmp_path: Path) -> None:
    write_files(tmp_path, SMALL)
    assert digests(tmp_path) == digests(written)


def test_another_seed_is_another_company(written: Path, tmp_path: Path) -> None:
    write_files(tmp_path, SMALL, seed=SEED + 1)
    before, after = digests(written), digests(tmp_path)
    assert before.keys() == after.keys()
    assert before["first/activities_20260331.csv"] != after["first/activities_20260331.csv"]


def test_nothing_but_the_exports_is_left_behind(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == {"first", "second_delta", "second_full"}


def test_every_count_is_the_one_asked_for(written: Path) -> None:
    counted = rows(
        written,
        "select (select count(*) from people), (select count(*) from accounts), "
        "(select count(*) from opportunities), (select count(*) from activities)",
    )
    assert counted == [(8, 100, 400, 2_000)]


def test_the_last_stage_change_of_a_deal_leads_where_it_stands(written: Path) -> None:
    wrong = rows(
        written,
        """
        select opportunity_id from opportunities
        left join (
            select opportunity_id, max_by(to_stage, changed_at) as told from stage_events group by 1
        ) using (opportunity_id)
        where told is distinct from stage
        """,
    )
    assert wrong == []


def test_orders_belong_to_won_deals_and_sum_to_their_amount(written: Path) -> None:
    wrong = rows(
        written,
        """
        select opportunity_id from opportunities
        left join (select opportunity_id, sum(amount::int) as ordered from orders group by 1)
            using (opportunity_id)
        where (stage = 'won') <> (ordered is not null) or ordered <> amount::int
        """,
    )
    assert wrong == []


def test_no_row_of_the_first_night_is_dated_after_it(written: Path) -> None:
    assert rows(written, "select count(*) from activities where occurred_at >= '2026-04-01'") == [
        (0,)
    ]
    assert rows(written, "select count(*) from stage_events where changed_at >= '2026-04-01'") == [
        (0,)
    ]


@pytest.mark.parametrize("entity", sorted(KEYS))
def test_a_full_export_is_the_first_one_with_the_delta_put_in(written: Path, entity: str) -> None:
    first, delta, full = (
        f"read_csv('{written / part / f'{entity}_{day}.csv'}', header = true, all_varchar = true)"
        for part, day in (
            ("first", "20260331"),
            ("second_delta", "20260401"),
            ("second_full", "20260401"),
        )
    )
    kept = f"from {first} where ({KEYS[entity]}) not in (select ({KEYS[entity]}) from {delta})"
    with duckdb.connect() as con:
        other = con.execute(
            f"(from {full} except all ({kept} union all from {delta})) union all "
            f"(({kept} union all from {delta}) except all from {full})"
        ).fetchall()
    assert other == []


def test_one_activity_in_a_hundred_is_new_on_the_second_night(written: Path) -> None:
    delta = (written / "second_delta" / "activities_20260401.csv").read_text("utf-8").splitlines()
    assert len(delta) == 1 + 20


def test_delivering_takes_no_second_copy_of_the_bytes(written: Path, tmp_path: Path) -> None:
    home = written.parent / f"{tmp_path.name}_home"
    home.mkdir()
    deliver(home, written / "first")
    name = "activities_20260331.csv"
    assert (home / "inbox" / name).samefile(written / "first" / name)


def test_an_unknown_size_is_told_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="size 'XL' is unknown; known are tiny, S, M/10, M"):
        size_of("XL")
