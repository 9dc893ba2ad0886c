"""Pulls of 纷享销客, from a server that holds to the vendor's documents."""

from __future__ import annotations

import pytest

from pipelines.sources import fxiaoke, pace
from pipelines.sources.pull import PullFailed
from pipelines.sources.pulls import reach_source
from tests.servers.fxiaoke import DOCUMENTED_ROW, FxiaokeServer
from tests.servers.vendor import Answer
from tests.unit.sources.service_world import order, rows_of, source_of


@pytest.fixture(autouse=True)
def _secrets_and_short_waits(monkeypatch):
    monkeypatch.setenv("FXK_SECRET", FxiaokeServer.SECRET)
    monkeypatch.setenv("FXK_CODE", FxiaokeServer.CODE)
    fxiaoke._tokens.clear()
    monkeypatch.setattr("pipelines.sources.web._BACK_OFF", lambda state: 0.01)
    pace.pace_of.cache_clear()


def fxiaoke_source(server, **more):
    return source_of(
        kind="fxiaoke", object=server.name, app_id=server.APP_ID, app_secret="env:FXK_SECRET",
        permanent_code="env:FXK_CODE", user=server.USER, address=server.address, **more,
    )  # fmt: skip


def test_the_documented_row_becomes_text_with_iso_times_and_labels(tmp_path):
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


def test_pages_follow_the_id_and_deleted_records_stay_away(tmp_path):
    rows = [{"_id": f"{n:05d}", "name": f"N{n}", "is_deleted": n == 7} for n in range(230)]
    with FxiaokeServer(rows) as server:
        found = rows_of(fxiaoke_source(server), tmp_path)
    assert len(found) == 229
    assert [row["_id"] for row in found] == sorted(row["_id"] for row in found)
    assert "00007" not in {row["_id"] for row in found}


def test_one_token_serves_all_sources_of_an_app(tmp_path):
    with FxiaokeServer([DOCUMENTED_ROW]) as server:
        rows_of(fxiaoke_source(server), tmp_path)
        rows_of(fxiaoke_source(server), tmp_path)
    assert server.tokens_given == 1


def test_a_token_that_the_service_forgot_is_asked_for_once_more(tmp_path):
    with FxiaokeServer([DOCUMENTED_ROW]) as server:
        rows_of(fxiaoke_source(server), tmp_path)
        server.token = "restarted"
        pace.pace_of.cache_clear()  # or six seconds pass between two tokens
        assert len(rows_of(fxiaoke_source(server), tmp_path)) == 1
    assert server.tokens_given == 2


def test_http_200_with_an_error_code_is_an_error(tmp_path):
    with FxiaokeServer([DOCUMENTED_ROW]) as server:
        source = fxiaoke_source(server)
        wrong = source.model_copy(update={"object": "NoSuchObj"})
        with pytest.raises(PullFailed, match=r"errorCode 32000.*trace E-O\.1"):
            rows_of(wrong, tmp_path)


def test_a_wrong_secret_is_told_and_never_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("FXK_SECRET", "wrong-secret-2")
    with FxiaokeServer([]) as server, pytest.raises(PullFailed, match="10006") as failed:
        reach_source(order(fxiaoke_source(server), tmp_path))
    assert "wrong-secret-2" not in str(failed.value)


def test_a_day_without_calls_left_is_not_tried_again(tmp_path):
    used_up = Answer({"errorCode": 30002, "errorMessage": "limit"})
    with FxiaokeServer([]) as server:
        server.next_answers.append(used_up)
        with pytest.raises(PullFailed, match="today's calls are used up"):
            rows_of(fxiaoke_source(server), tmp_path)
        assert len(server.calls) == 1


def test_custom_objects_have_a_path_of_their_own(tmp_path):
    with FxiaokeServer([{"_id": "1", "name": "a"}], name="object_8W9cb__c") as server:
        assert len(rows_of(fxiaoke_source(server), tmp_path)) == 1
        assert server.calls[-1].path == "/cgi/crm/custom/v2/data/query"


def test_a_page_instead_of_an_answer_says_so(tmp_path):
    with FxiaokeServer([]) as server:
        server.next_answers.append(Answer("<html>moved</html>"))
        with pytest.raises(PullFailed, match="no JSON"):
            rows_of(fxiaoke_source(server), tmp_path)
