"""Names: two spellings of one name are equal, a stranger gets its nearest known names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.names import nearest, normalise_name, resolve_aliases

TABLE = [
    {"kind": "person", "alias": "U1024", "name": "张三"},
    {"kind": "person", "alias": "小李", "name": "李小四"},
    {"kind": "product_line", "alias": "GTXPro", "name": "GTX Pro"},
    {"kind": "region", "alias": "张三", "name": "华东"},
]


@pytest.mark.parametrize(
    ("raw", "plain"),
    [("张　三", "张 三"), ("　张三 ", "张三"), ("ＧＴＸ　Pro", "gtx pro"), ("Straße", "strasse"),
     ("", "")],
)  # fmt: skip
def test_a_name_is_compared_without_width_spaces_and_capitals(raw, plain):
    assert normalise_name(raw) == plain


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    once = normalise_name(text)
    assert normalise_name(once) == once


def test_an_alias_in_any_spelling_becomes_its_name():
    values = ["U1024", "ｕ1024 ", "张三", "小 李", "李小四"]
    assert [each.name for each in resolve_aliases(values, TABLE, "person")] == [
        "张三", "张三", "张三", "李小四", "李小四"
    ]  # fmt: skip


def test_aliases_of_another_kind_do_not_count():
    (region,) = resolve_aliases(["张三"], TABLE, "region")
    assert region.name == "华东"
    (product,) = resolve_aliases(["U1024"], TABLE, "product_line")
    assert product.name is None


def test_gtxpro_is_gtx_pro():
    found = resolve_aliases(["GTXPro", "gtx pro", "GTX  PRO"], TABLE, "product_line")
    assert {each.name for each in found} == {"GTX Pro"}


def test_an_unknown_name_is_listed_with_its_nearest_matches_best_first():
    known = ["王小明", "王晓明", "赵六", "王明"]
    (found,) = resolve_aliases(["王小名"], [], "person", known)
    assert found.name is None
    assert [near.name for near in found.nearest] == ["王小明"]
    near = nearest("王小明明", known)
    assert [each.name for each in near] == ["王小明", "王明", "王晓明"]
    assert near[0].score == 85.7
    assert near[0].score > near[1].score >= near[2].score


def test_a_near_alias_offers_the_name_it_stands_for():
    (found,) = resolve_aliases(["U1025"], TABLE, "person")
    assert [(near.name, near.score) for near in found.nearest] == [("张三", 80.0)]


def test_at_most_three_are_offered_and_strangers_none():
    assert len(nearest("华东一区", ["华东二区", "华东三区", "华东四区", "华东五区"])) == 3
    assert nearest("火星", ["华东", "华南"]) == []


@given(st.lists(st.text(min_size=1, max_size=6), max_size=8), st.text(min_size=1, max_size=6))
def test_nearest_offers_only_known_names_in_falling_order(known, name):
    found = nearest(name, known)
    assert {each.name for each in found} <= set(known)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert all(50 <= each.score <= 100 for each in found)
