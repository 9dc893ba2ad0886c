"""简道云, 纷享销客 and Google Sheets, on servers that hold to the vendors' documents."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from pipelines.settings import CompanySettings
from pipelines.sources import fxiaoke, pace
from pipelines.sources.pull import ConnectionLost, PullFailed
from pipelines.sources.pulls import PullOrder, pull_source, reach_source
from tests.servers.fxiaoke import DOCUMENTED_ROW, FxiaokeServer
from tests.servers.google_sheets import GoogleServer
from tests.servers.jiandaoyun import DOCUMENTED_ENTRY, JiandaoyunServer
from tests.servers.vendor import Answer

SECRETS = {
    "JDY_KEY": JiandaoyunServer.KEY,
    "FXK_SECRET": FxiaokeServer.SECRET,
    "FXK_CODE": FxiaokeServer.CODE,
    "GOOGLE_KEY": GoogleServer.KEY,
}


@pytest.fixture(autouse=True)
def _secrets_and_short_waits(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("pipelines.sources.web._BACK_OFF", lambda state: 0.01)
    fxiaoke._tokens.clear()
    pace.pace_of.cache_clear()


def source_of(**entry):
    body = {
        "company": {"name": "x"},
        "sources": [{"name": "pulled", "entity": "opportunities", **entry}],
    }
    return CompanySettings.model_validate(body).sources[0]


def jiandaoyun(server, **more):
    return source_of(
        kind="jiandaoyun", app=server.APP, form=server.FORM, key="env:JDY_KEY",
        address=server.address, **more,
    )  # fmt: skip


def fxiaoke_source(server, **more):
    return source_of(
        kind="fxiaoke", object=server.name, app_id=server.APP_ID, app_secret="env:FXK_SECRET",
        permanent_code="env:FXK_CODE", user=server.USER, address=server.address, **more,
    )  # fmt: skip


def google(server, **more):
    entry = {"spreadsheet": server.SPREADSHEET, "key": "env:GOOGLE_KEY"} | more
    return source_of(kind="google_sheets", address=server.address, **entry)


def order(source, root: Path) -> PullOrder:
    return PullOrder(
        source, root, datetime(2026, 3, 9, 18, 15, tzinfo=UTC), ZoneInfo("Asia/Shanghai")
    )


def rows_of(source, root: Path) -> list[dict[str, str | None]]:
    pulled = pull_source(order(source, root), root / "pulled.parquet")
    table = pq.read_table(pulled.path)
    assert table.num_rows == pulled.row_count
    return table.to_pylist()


def entries(count: int) -> list[dict[str, object]]:
    return [{"_id": f"{number:024x}", "code": f"O{number}"} for number in range(count)]


def widgets(*names: str) -> list[dict[str, object]]:
    return [{"name": name, "type": "text"} for name in names]


class TestJiandaoyun:
    def test_the_documented_entry_becomes_one_row_of_text(self, tmp_path):
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
    def test_every_entry_comes_once_whatever_the_pages(self, tmp_path, count, calls):
        with JiandaoyunServer(entries(count), widgets("code")) as server:
            rows = rows_of(jiandaoyun(server), tmp_path)
            asked = [call.body.get("data_id") for call in server.calls if "data/list" in call.path]
        assert [row["code"] for row in rows] == [f"O{number}" for number in range(count)]
        assert len(asked) == calls
        assert asked[0] is None

    def test_an_empty_form_has_its_columns(self, tmp_path):
        with JiandaoyunServer([], widgets("code", "amount")) as server:
            pull_source(order(jiandaoyun(server), tmp_path), tmp_path / "empty.parquet")
        names = pq.read_schema(tmp_path / "empty.parquet").names
        assert names == ["_id", "createTime", "updateTime", "code", "amount"]

    def test_a_sub_form_stands_as_json_and_as_rows_where_asked_for(self, tmp_path):
        lines = [
            {"_id": "l1", "_widget_1": "甲", "qty": 2},
            {"_id": "l2", "_widget_1": "乙", "qty": 3},
        ]
        entry = {"_id": "5" * 24, "order_no": "D1", "lines": lines}
        with JiandaoyunServer([entry], widgets("order_no")) as server:
            [whole] = rows_of(jiandaoyun(server), tmp_path)
            rows = rows_of(jiandaoyun(server, subform="lines"), tmp_path)
        assert whole["lines"] == (
            '[{"_id": "l1", "_widget_1": "甲", "qty": 2}, '
            '{"_id": "l2", "_widget_1": "乙", "qty": 3}]'
        )
        assert [
            (r["order_no"], r["lines._id"], r["lines._widget_1"], r["lines.qty"]) for r in rows
        ] == [
            ("D1", "l1", "甲", "2"),
            ("D1", "l2", "乙", "3"),
        ]

    def test_too_often_is_tried_again_and_nothing_is_lost_or_doubled(self, tmp_path):
        with JiandaoyunServer(entries(150), widgets("code")) as server:
            limit = Answer(
                {"code": 8303, "msg": "Company request frequency exceeds the limit"}, 400
            )
            server.next_answers.extend([limit, limit])
            assert len(rows_of(jiandaoyun(server), tmp_path)) == 150

    def test_too_often_for_ever_gives_up_after_three_tries(self, tmp_path):
        with JiandaoyunServer(entries(1), widgets("code")) as server:
            server.next_answers.extend([Answer({"code": 8303, "msg": "x"}, 400)] * 3)
            with pytest.raises(ConnectionLost, match="code 8303") as failed:
                rows_of(jiandaoyun(server), tmp_path)
            assert len(server.calls) == 3
        assert "沿用上次的数据" in failed.value.message_zh

    def test_a_wrong_key_is_told_at_once_and_never_shown(self, tmp_path, monkeypatch):
        monkeypatch.setenv("JDY_KEY", "wrong-key-1")
        with JiandaoyunServer(entries(1), widgets("code")) as server:
            with pytest.raises(PullFailed, match="code 8301") as failed:
                rows_of(jiandaoyun(server), tmp_path)
            assert len(server.calls) == 1
        assert "wrong-key-1" not in str(failed.value) + failed.value.message_zh

    def test_a_line_that_goes_dead_is_tried_again(self, tmp_path):
        with JiandaoyunServer(entries(3), widgets("code")) as server:
            server.next_answers.append(None)
            assert len(rows_of(jiandaoyun(server), tmp_path)) == 3

    def test_calls_stay_under_thirty_a_second(self, tmp_path):
        with JiandaoyunServer(entries(4_000), widgets("code")) as server:
            assert len(rows_of(jiandaoyun(server), tmp_path)) == 4_000
            assert len(server.calls) == 1 + 41  # none was refused and asked again

    def test_a_service_that_repeats_a_page_is_not_asked_for_ever(self, tmp_path):
        page = Answer({"data": entries(100)})
        with JiandaoyunServer([], widgets("code")) as server:
            server.next_answers.extend([Answer({"widgets": []}), page, page])
            with pytest.raises(PullFailed, match="same page again"):
                rows_of(jiandaoyun(server), tmp_path)


class TestFxiaoke:
    def test_the_documented_row_becomes_text_with_iso_times_and_labels(self, tmp_path):
        with FxiaokeServer([DOCUMENTED_ROW]) as server:
            [row] = rows_of(fxiaoke_source(server), tmp_path)
        assert row["owner"] == "1453"
        assert row["owner__r"] == "蒋小川1"
        # 1,585,929,600 s is 2020-04-03 16:00 UTC: midnight of the 4th in Beijing.
        assert row["expected_deal_closed_date"] == "2020-04-03T16:00:00Z"
        assert row["create_time"] == "2020-04-28T02:13:23.479000Z"
        assert row["expected_deal_amount"] == "100.01"
        assert (row["sales_stage"], row["sales_stage.label"]) == ("2", "需求确认")
        assert (row["life_status"], row["is_deleted"]) == ("normal", "false")
        assert row["UDAttach1__c"] is None

    def test_pages_follow_the_id_and_deleted_records_stay_away(self, tmp_path):
        rows = [{"_id": f"{n:05d}", "name": f"N{n}", "is_deleted": n == 7} for n in range(230)]
        with FxiaokeServer(rows) as server:
            found = rows_of(fxiaoke_source(server), tmp_path)
        assert len(found) == 229
        assert [row["_id"] for row in found] == sorted(row["_id"] for row in found)
        assert "00007" not in {row["_id"] for row in found}

    def test_one_token_serves_all_sources_of_an_app(self, tmp_path):
        with FxiaokeServer([DOCUMENTED_ROW]) as server:
            rows_of(fxiaoke_source(server), tmp_path)
            rows_of(fxiaoke_source(server), tmp_path)
        assert server.tokens_given == 1

    def test_a_token_that_the_service_forgot_is_asked_for_once_more(self, tmp_path):
        with FxiaokeServer([DOCUMENTED_ROW]) as server:
            rows_of(fxiaoke_source(server), tmp_path)
            server.token = "restarted"
            pace.pace_of.cache_clear()  # or six seconds pass between two tokens
            assert len(rows_of(fxiaoke_source(server), tmp_path)) == 1
        assert server.tokens_given == 2

    def test_http_200_with_an_error_code_is_an_error(self, tmp_path):
        with FxiaokeServer([DOCUMENTED_ROW]) as server:
            source = fxiaoke_source(server)
            wrong = source.model_copy(update={"object": "NoSuchObj"})
            with pytest.raises(PullFailed, match=r"errorCode 32000.*trace E-O\.1"):
                rows_of(wrong, tmp_path)

    def test_a_wrong_secret_is_told_and_never_shown(self, tmp_path, monkeypatch):
        monkeypatch.setenv("FXK_SECRET", "wrong-secret-2")
        with FxiaokeServer([]) as server, pytest.raises(PullFailed, match="10006") as failed:
            reach_source(order(fxiaoke_source(server), tmp_path))
        assert "wrong-secret-2" not in str(failed.value)

    def test_a_day_without_calls_left_is_not_tried_again(self, tmp_path):
        used_up = Answer({"errorCode": 30002, "errorMessage": "limit"})
        with FxiaokeServer([]) as server:
            server.next_answers.append(used_up)
            with pytest.raises(PullFailed, match="today's calls are used up"):
                rows_of(fxiaoke_source(server), tmp_path)
            assert len(server.calls) == 1

    def test_custom_objects_have_a_path_of_their_own(self, tmp_path):
        with FxiaokeServer([{"_id": "1", "name": "a"}], name="object_8W9cb__c") as server:
            assert len(rows_of(fxiaoke_source(server), tmp_path)) == 1
            assert server.calls[-1].path == "/cgi/crm/custom/v2/data/query"

    def test_a_page_instead_of_an_answer_says_so(self, tmp_path):
        with FxiaokeServer([]) as server:
            server.next_answers.append(Answer("<html>moved</html>"))
            with pytest.raises(PullFailed, match="no JSON"):
                rows_of(fxiaoke_source(server), tmp_path)


class TestGoogleSheets:
    def test_values_come_unformatted_with_rows_in_their_places(self, tmp_path):
        tab = [
            ["订单编号", "签订日期", "金额", ""],
            ["O1", 46091, 1500.25, ""],
            ["", "", "", ""],
            ["O2", 46092.5, 3, ""],
            ["", "", "", ""],
        ]
        with GoogleServer({"订单": tab}) as server:
            rows = rows_of(google(server), tmp_path)
        assert rows == [
            {"订单编号": "O1", "签订日期": "46091", "金额": "1500.25"},
            {"订单编号": "O2", "签订日期": "46092.5", "金额": "3"},
        ]

    def test_long_tabs_come_page_by_page_within_the_grid(self, tmp_path, monkeypatch):
        monkeypatch.setattr("pipelines.sources.google_sheets.ROWS_A_CALL", 3)
        monkeypatch.setattr(pace, "SHARE_OF_LIMIT", 1_000)
        tab = [["id"], *([f"O{n}"] for n in range(7))]
        with GoogleServer({"first": [["x"]], "o'clock": tab}) as server:
            rows = rows_of(google(server, sheet="o'clock"), tmp_path)
        assert [row["id"] for row in rows] == [f"O{n}" for n in range(7)]

    def test_a_title_above_the_header_is_passed_over(self, tmp_path):
        tab = [["一季度订单"], ["订单编号", "金额"], ["O1", True, "备注"]]
        with GoogleServer({"a": tab}) as server:
            rows = rows_of(google(server, header_row=2), tmp_path)
        assert rows == [{"订单编号": "O1", "金额": "true", "column_3": "备注"}]

    def test_a_wrong_tab_names_the_tabs_that_there_are(self, tmp_path):
        told = pytest.raises(PullFailed, match="the tabs are: 一月, 二月")
        with GoogleServer({"一月": [["a"]], "二月": [["a"]]}) as server, told:
            rows_of(google(server, sheet="三月"), tmp_path)

    def test_an_empty_header_is_an_error_with_the_fix(self, tmp_path):
        told = pytest.raises(PullFailed, match="header_row")
        with GoogleServer({"a": [["", ""], ["O1", "1"]]}) as server, told:
            rows_of(google(server), tmp_path)

    def test_a_wrong_key_is_refused_at_once(self, tmp_path, monkeypatch):
        monkeypatch.setenv("GOOGLE_KEY", "wrong-key-3")
        with GoogleServer({"a": [["x"]]}) as server:
            with pytest.raises(PullFailed, match="PERMISSION_DENIED") as failed:
                rows_of(google(server), tmp_path)
            assert len(server.calls) == 1
        assert "wrong-key-3" not in str(failed.value)

    def test_a_published_sheet_comes_through_its_redirect(self, tmp_path, monkeypatch):
        text = '\ufeff订单编号,金额\r\nO1,"1,500"\r\n,\r\nO2,"两\n行"\r\n'
        with GoogleServer({}, published=text) as server:
            monkeypatch.setenv(
                "SHEET", f"{server.address}/spreadsheets/d/e/2PACX-1v/pub?output=csv"
            )
            rows = rows_of(source_of(kind="google_sheets", published="env:SHEET"), tmp_path)
        assert rows == [{"订单编号": "O1", "金额": "1,500"}, {"订单编号": "O2", "金额": "两\n行"}]

    def test_a_sheet_no_longer_published_is_told_without_its_address(self, tmp_path, monkeypatch):
        with GoogleServer({}) as server:
            page = Answer("<html>sign in</html>", 200, (("content-type", "text/html"),))
            server.next_answers.append(page)
            monkeypatch.setenv("SHEET", f"{server.address}/spreadsheets/d/e/2PACX-1v/pub")
            with pytest.raises(PullFailed, match="still published") as failed:
                rows_of(source_of(kind="google_sheets", published="env:SHEET"), tmp_path)
        assert "2PACX" not in str(failed.value)


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


@pytest.mark.parametrize(("calls", "seconds"), [(30, 1.0), (100, 20.0), (10, 60.0)])
def test_a_pace_never_puts_more_calls_into_any_window_than_allowed(calls, seconds):
    now = [0.0]
    times = []

    def sleep(length: float) -> None:
        now[0] += length

    paced = pace.Pace(calls, seconds, clock=lambda: now[0], sleep=sleep)
    for number in range(3 * calls):
        paced.wait()
        times.append(now[0])
        now[0] += seconds / calls * (number % 3) / 2  # some calls take long
    for start in times:
        assert sum(start <= at < start + seconds for at in times) <= calls
