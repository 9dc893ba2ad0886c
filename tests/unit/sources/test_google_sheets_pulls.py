"""Pulls of Google Sheets, from a server that holds to the vendor's documents."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from pipelines.sources import pace
from pipelines.sources.pull import PullFailed
from tests.servers.google_sheets import GoogleServer
from tests.servers.vendor import Answer
from tests.unit.sources.service_world import rows_of, source_of


@pytest.fixture(autouse=True)
def _secrets_and_short_waits(monkeypatch):
    monkeypatch.setenv("GOOGLE_KEY", GoogleServer.KEY)
    monkeypatch.setattr("pipelines.sources.web._BACK_OFF", lambda state: 0.01)
    pace.pace_of.cache_clear()


def google(server, **more):
    entry = {"spreadsheet": server.SPREADSHEET, "key": "env:GOOGLE_KEY"} | more
    return source_of(kind="google_sheets", address=server.address, **entry)


def test_values_come_unformatted_with_rows_in_their_places(tmp_path):
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


def test_long_tabs_come_page_by_page_within_the_grid(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.sources.google_sheets.ROWS_A_CALL", 3)
    monkeypatch.setattr(pace, "SHARE_OF_LIMIT", 1_000)
    tab = [["id"], *([f"O{n}"] for n in range(7))]
    with GoogleServer({"first": [["x"]], "o'clock": tab}) as server:
        rows = rows_of(google(server, sheet="o'clock"), tmp_path)
        asked = [unquote(call.path) for call in server.calls if "/values/" in call.path]
    assert [row["id"] for row in rows] == [f"O{n}" for n in range(7)]
    assert [path.rpartition("!")[2] for path in asked] == ["1:3", "4:6", "7:8"]


def test_a_title_above_the_header_is_passed_over(tmp_path):
    tab = [["一季度订单"], ["订单编号", "金额"], ["O1", True, "备注"]]
    with GoogleServer({"a": tab}) as server:
        rows = rows_of(google(server, header_row=2), tmp_path)
    assert rows == [{"订单编号": "O1", "金额": "true", "column_3": "备注"}]


def test_a_wrong_tab_names_the_tabs_that_there_are(tmp_path):
    told = pytest.raises(PullFailed, match="the tabs are: 一月, 二月")
    with GoogleServer({"一月": [["a"]], "二月": [["a"]]}) as server, told:
        rows_of(google(server, sheet="三月"), tmp_path)


def test_an_empty_header_is_an_error_with_the_fix(tmp_path):
    told = pytest.raises(PullFailed, match="header_row")
    with GoogleServer({"a": [["", ""], ["O1", "1"]]}) as server, told:
        rows_of(google(server), tmp_path)


def test_a_wrong_key_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("GOOGLE_KEY", "wrong-key-3")
    with GoogleServer({"a": [["x"]]}) as server:
        with pytest.raises(PullFailed, match="PERMISSION_DENIED") as failed:
            rows_of(google(server), tmp_path)
        assert len(server.calls) == 1
    assert "wrong-key-3" not in str(failed.value)


def test_a_published_sheet_comes_through_its_redirect(tmp_path, monkeypatch):
    text = '\ufeff订单编号,金额\r\nO1,"1,500"\r\n,\r\nO2,"两\n行"\r\n'
    with GoogleServer({}, published=text) as server:
        monkeypatch.setenv("SHEET", f"{server.address}/spreadsheets/d/e/2PACX-1v/pub?output=csv")
        rows = rows_of(source_of(kind="google_sheets", published="env:SHEET"), tmp_path)
    assert rows == [{"订单编号": "O1", "金额": "1,500"}, {"订单编号": "O2", "金额": "两\n行"}]


def test_a_sheet_no_longer_published_is_told_without_its_address(tmp_path, monkeypatch):
    with GoogleServer({}) as server:
        page = Answer("<html>sign in</html>", 200, (("content-type", "text/html"),))
        server.next_answers.append(page)
        monkeypatch.setenv("SHEET", f"{server.address}/spreadsheets/d/e/2PACX-1v/pub")
        with pytest.raises(PullFailed, match="still published") as failed:
            rows_of(source_of(kind="google_sheets", published="env:SHEET"), tmp_path)
    assert "2PACX" not in str(failed.value)
