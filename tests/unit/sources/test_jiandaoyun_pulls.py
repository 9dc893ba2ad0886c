"""Pulls of 简道云, from a server that holds to the vendor's documents."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from pipelines.sources import pace
from pipelines.sources.pull import ConnectionLost, PullFailed
from pipelines.sources.pulls import pull_source
from tests.servers.jiandaoyun import DOCUMENTED_ENTRY, JiandaoyunServer
from tests.servers.vendor import Answer
from tests.unit.sources.service_world import order, rows_of, source_of


@pytest.fixture(autouse=True)
def _secrets_and_short_waits(monkeypatch):
    monkeypatch.setenv("JDY_KEY", JiandaoyunServer.KEY)
    monkeypatch.setattr("pipelines.sources.web._BACK_OFF", lambda state: 0.01)
    pace.pace_of.cache_clear()


def jiandaoyun(server, **more):
    return source_of(
        kind="jiandaoyun", app=server.APP, form=server.FORM, key="env:JDY_KEY",
        address=server.address, **more,
    )  # fmt: skip


def entries(count: int) -> list[dict[str, object]]:
    return [{"_id": f"{number:024x}", "code": f"O{number}"} for number in range(count)]


def widgets(*names: str) -> list[dict[str, object]]:
    return [{"name": name, "type": "text"} for name in names]


def test_the_documented_entry_becomes_one_row_of_text(tmp_path):
    with JiandaoyunServer([DOCUMENTED_ENTRY], widgets()) as server:
        [row] = rows_of(jiandaoyun(server), tmp_path)
    assert row["_id"] == "59e9a2fe283ffa7c11b1ddbf"
    assert row["createTime"] == "2017-10-20T22:41:51.430Z"
    assert (row["creator"], row["creator.name"]) == ("xiaojian", "小简")
    assert row["_widget_1432728651403"] == "100"
    assert row["_widget_1432728651406"] == "选项一, 选项二, 选项三"
    assert row["_widget_1432728651409"] == "image.jpg"
    assert row["_widget_1432728651413"] == "江苏省无锡市梁溪区清扬路138号"
    assert row["_widget_1432728651413.city"] == "无锡市"
    assert row["_widget_1652345009097"] == "15852540044"
    assert row["_widget_1432728651415"] == "xiaojian, xiaoyun"
    assert (row["_widget_1432728651416"], row["_widget_1432728651416.name"]) == ("1", "经理部")
    assert not any("token=1" in str(cell) for cell in row.values())


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (99, 1), (100, 2), (230, 3)])
def test_every_entry_comes_once_whatever_the_pages(tmp_path, count, calls):
    with JiandaoyunServer(entries(count), widgets("code")) as server:
        rows = rows_of(jiandaoyun(server), tmp_path)
        asked = [call.body.get("data_id") for call in server.calls if "data/list" in call.path]
    assert [row["code"] for row in rows] == [f"O{number}" for number in range(count)]
    assert len(asked) == calls
    assert asked[0] is None


def test_an_empty_form_has_its_columns(tmp_path):
    with JiandaoyunServer([], widgets("code", "amount")) as server:
        pull_source(order(jiandaoyun(server), tmp_path), tmp_path / "empty.parquet")
    names = pq.read_schema(tmp_path / "empty.parquet").names
    assert names == ["_id", "createTime", "updateTime", "code", "amount"]


def test_a_sub_form_stands_as_json_and_as_rows_where_asked_for(tmp_path):
    lines = [
        {"_id": "l1", "_widget_1": "甲", "qty": 2},
        {"_id": "l2", "_widget_1": "乙", "qty": 3},
    ]
    entry = {"_id": "5" * 24, "order_no": "D1", "lines": lines}
    with JiandaoyunServer([entry], widgets("order_no")) as server:
        [whole] = rows_of(jiandaoyun(server), tmp_path)
        rows = rows_of(jiandaoyun(server, subform="lines"), tmp_path)
    assert whole["lines"] == (
        '[{"_id": "l1", "_widget_1": "甲", "qty": 2}, {"_id": "l2", "_widget_1": "乙", "qty": 3}]'
    )
    assert [
        (r["order_no"], r["lines._id"], r["lines._widget_1"], r["lines.qty"]) for r in rows
    ] == [
        ("D1", "l1", "甲", "2"),
        ("D1", "l2", "乙", "3"),
    ]


def test_too_often_is_tried_again_and_nothing_is_lost_or_doubled(tmp_path):
    with JiandaoyunServer(entries(150), widgets("code")) as server:
        limit = Answer({"code": 8303, "msg": "Company request frequency exceeds the limit"}, 400)
        server.next_answers.extend([limit, limit])
        assert len(rows_of(jiandaoyun(server), tmp_path)) == 150


def test_too_often_for_ever_gives_up_after_three_tries(tmp_path):
    with JiandaoyunServer(entries(1), widgets("code")) as server:
        server.next_answers.extend([Answer({"code": 8303, "msg": "x"}, 400)] * 3)
        with pytest.raises(ConnectionLost, match="code 8303") as failed:
            rows_of(jiandaoyun(server), tmp_path)
        assert len(server.calls) == 3
    assert "沿用上次的数据" in failed.value.message_zh


def test_a_wrong_key_is_told_at_once_and_never_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("JDY_KEY", "wrong-key-1")
    with JiandaoyunServer(entries(1), widgets("code")) as server:
        with pytest.raises(PullFailed, match="code 8301") as failed:
            rows_of(jiandaoyun(server), tmp_path)
        assert len(server.calls) == 1
    assert "wrong-key-1" not in str(failed.value) + failed.value.message_zh


def test_a_line_that_goes_dead_is_tried_again(tmp_path):
    with JiandaoyunServer(entries(3), widgets("code")) as server:
        server.next_answers.append(None)
        assert len(rows_of(jiandaoyun(server), tmp_path)) == 3


def test_calls_stay_under_thirty_a_second(tmp_path):
    with JiandaoyunServer(entries(4_000), widgets("code")) as server:
        assert len(rows_of(jiandaoyun(server), tmp_path)) == 4_000
        assert len(server.calls) == 1 + 41  # none was refused and asked again


def test_a_service_that_repeats_a_page_is_not_asked_for_ever(tmp_path):
    page = Answer({"data": entries(100)})
    with JiandaoyunServer([], widgets("code")) as server:
        server.next_answers.extend([Answer({"widgets": []}), page, page])
        with pytest.raises(PullFailed, match="same page again"):
            rows_of(jiandaoyun(server), tmp_path)


def test_an_answer_that_is_built_otherwise_is_a_problem_and_no_crash(tmp_path):
    with JiandaoyunServer([], []) as server:
        server.next_answers.extend([Answer({"widgets": [{"kind": 1}]})])
        with pytest.raises(PullFailed, match="otherwise than its documents say") as failed:
            rows_of(jiandaoyun(server), tmp_path)
    assert "文档不符" in failed.value.message_zh


def test_a_service_that_is_not_there_is_told_in_both_languages(tmp_path):
    with JiandaoyunServer([], []) as server:
        source = jiandaoyun(server)
    with pytest.raises(ConnectionLost, match="简道云 cannot be reached") as failed:
        rows_of(source, tmp_path)
    assert "无法连接" in failed.value.message_zh
