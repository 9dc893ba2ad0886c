"""The night says which names on the sheets nobody knows, and which known ones are near."""

from __future__ import annotations

import duckdb

from pipelines.checks.names_on_sheets import unknown_names


def people(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into landed.people (person_id, name, team, region) values "
        "('U1024', '张三', '上海一队', '华东'), ('U1025', '李雷', '杭州队', '华东')"
    )


def test_an_unknown_name_is_listed_with_its_place_and_its_nearest_match(con):
    people(con)
    con.execute(
        "insert into landed.targets (person, team, region, source_row) values "
        "('张珊', '上海1队', '华东', '目标.xlsx [Sheet1] row 5')"
    )
    found = {each.value: each for each in unknown_names(con, [])}
    assert set(found) == {"张珊", "上海1队"}
    assert found["上海1队"].nearest[0] == "上海一队"
    assert found["张珊"].message_zh == (
        "目标.xlsx [Sheet1] row 5：没有名为“张珊”的人员，最接近的是：张三。"
        "请在规则工作簿的“别名”表中登记，或改正表格。"
    )
    assert (
        "nobody knows the team '上海1队'; the nearest are: 上海一队" in found["上海1队"].message_en
    )


def test_an_alias_makes_a_name_known(con):
    people(con)
    con.execute("insert into landed.targets (team, source_row) values ('上海1队', 'a row 1')")
    alias = {"kind": "team", "alias": "上海1队", "name": "上海一队"}
    # Landing writes the alias's name; a row that it has not reached yet is still listed, with it.
    [still] = unknown_names(con, [alias])
    assert still.nearest == ("上海一队",)
    con.execute("update landed.targets set team = '上海一队'")
    assert unknown_names(con, [alias]) == []


def test_of_two_spellings_of_a_product_the_rarer_is_listed_with_the_other(con):
    con.execute(
        "insert into landed.orders (order_id, product_line, source_row) values "
        "('1', 'GTX Pro', 'o row 1'), ('2', 'GTX Pro', 'o row 2'), ('3', 'GTXPro', 'o row 3')"
    )
    [found] = unknown_names(con, [])
    assert (found.value, found.nearest, found.source_row) == ("GTXPro", ("GTX Pro",), "o row 3")


def test_a_company_without_a_list_of_people_hears_nothing_about_names(con):
    con.execute("insert into landed.orders (order_id, person_id) values ('1', 'U1')")
    assert unknown_names(con, []) == []
