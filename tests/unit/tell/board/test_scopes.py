"""Which pages there are, and that no name from a file becomes a path."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.tell.board.rows import Row
from pipelines.tell.board.scopes import Scope, file_stem, scopes_of


def person(id_: str, team: str = "一队", *, left: bool = False) -> Row:
    return Row("dim_person", (), {
        "person_id": id_, "person_name": f"name of {id_}", "team": team, "region": "华东",
        "has_left": left,
    })  # fmt: skip


def figure(kind: str, id_: str, actual: int | None = 1) -> Row:
    return Row("mart_target_attainment", (), {
        "scope_type": kind, "scope_id": id_, "scope_name": id_, "target": None, "actual": actual,
    })  # fmt: skip


def scopes(people: list[Row], figures: list[Row], org: list[Row] | None = None) -> list[Scope]:
    rows: dict[str, Any] = {"person": people, "attainment": figures, "org": org or []}
    return scopes_of(rows, "公司")


def test_whoever_left_keeps_a_page_while_a_running_period_holds_a_figure() -> None:
    people = [person("P1"), person("P2", left=True), person("P3", left=True)]
    found = scopes(people, [figure("person", "P2"), figure("person", "P3", None)])
    assert [s.key for s in found] == [("company", "company"), ("person", "P1"), ("person", "P2")]


def test_unknown_and_unallocated_have_no_page() -> None:
    found = scopes([], [figure("team", "unallocated"), figure("person", "unknown")])
    assert [s.kind for s in found] == ["company"]


def test_ids_that_differ_in_capitals_alone_get_files_of_their_own() -> None:
    found = scopes([person("P1"), person("p1")], [])
    stems = [s.stem.casefold() for s in found]
    assert len(set(stems)) == 3


@given(st.lists(st.text(min_size=1, max_size=90), unique=True, max_size=12))
def test_no_id_reaches_outside_or_meets_another_page(ids: list[str]) -> None:
    found = scopes([person(id_) for id_ in ids], [])
    files = [name for s in found for name in (s.page, s.rows_page)]
    assert len({name.casefold() for name in files}) == len(files)
    for name in files:
        assert "/" not in name and "\\" not in name and not name.startswith(".")
        assert len(name.encode()) < 255


def test_a_long_name_fits_a_file_system_and_differs_from_its_neighbour() -> None:
    a, b = file_stem("超" * 90), file_stem("超" * 91)
    assert a != b and len(a.encode()) == len(b.encode()) == 129


def test_a_name_that_is_safe_stays_readable() -> None:
    assert file_stem("上海一队") == "上海一队"
    assert file_stem("../x").startswith("___x-")
    assert file_stem("").startswith("_-")
