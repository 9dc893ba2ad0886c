"""Pull an object of 纷享销客 (ShareCRM) through its OpenAPI.

Facts from the vendor's pages (developer.fxiaoke.com, open.fxiaoke.com): a token lives 7,200 seconds
and may be asked for 10 times a minute, never twice at once; 100 rows a call, offset at most 10,000;
100 calls in 20 seconds per interface; HTTP is always 200 and `errorCode` decides; times are epoch
milliseconds; `owner` and other people are lists; objects named …__c have a path of their own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.settings.secrets import Secret
from pipelines.settings.services import FxiaokeSource
from pipelines.sources.pace import Pace, pace_of
from pipelines.sources.pull import Pulled, RecordSheet, cell_text
from pipelines.sources.web import Web

ROWS_A_CALL = 100
TOKEN_SECONDS = 6_600  # of 7,200: the service gives the same one until then
TOKEN_GONE = 20016
TOO_OFTEN = frozenset({-1, 14001, 30004, 50009})
NO_MORE_TODAY = {30002: "today's calls are used up", 30003: "no calls were bought for this company"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = frozenset({"date", "date_time"})


@dataclass(frozen=True)
class _Token:
    value: Secret
    corp_id: str
    until: float


# One token serves all sources of an app; it lives in this process only.
_tokens: dict[tuple[str, str], _Token] = {}


class _TokenGone(Exception):
    """The service forgot the token before its time."""


class Fxiaoke:
    """One object, asked page by page."""

    def __init__(self, source: FxiaokeSource, app_secret: Secret, permanent_code: Secret) -> None:
        self._source, self._app_secret, self._code = source, app_secret, permanent_code
        self._web = Web(source.name, "纷享销客", source.address, (app_secret, permanent_code))

    def pull(self, target: Path) -> Pulled:
        """Write every row of the object to a Parquet file of text.

        Grain: one row per record that is not deleted. Columns: the object's API names; times are
        ISO in UTC; of a list of one its element; `f.label` is what a choice is called.
        """
        fields = self.fields()
        names = dict.fromkeys(["_id", *fields])
        sheet = RecordSheet(target, names)
        for row in self._rows():
            sheet.add(flat_row(row, fields))
        return sheet.finish()

    def fields(self) -> dict[str, dict[str, Any]]:
        """Return the object's fields by API name: type and options."""
        body = {
            "includeDetail": True,
            "data": {"apiName": self._source.object},
            "apiName": self._source.object,
        }
        found = self._ask("/cgi/crm/v2/object/describe", body).get("data") or {}
        found = found.get("describe", found)
        fields = found.get("fields")
        if isinstance(fields, list):
            fields = {one["api_name"]: one for one in fields}
        if not isinstance(fields, dict) or not fields:
            raise self._web.refused(f"it describes no fields of {self._source.object}")
        return fields

    def token(self) -> tuple[Secret, str]:
        """Return the token in force and the company's id; ask for one only where there is none."""
        at = (self._source.address, self._source.app_id)
        known = _tokens.get(at)
        if known is None or known.until <= time.monotonic():
            pace = pace_of(f"fxiaoke token {at}", 10, 60.0)
            body = {"appId": self._source.app_id, "appSecret": self._app_secret.reveal(),
                    "permanentCode": self._code.reveal()}  # fmt: skip
            answer = self._web.ask(
                pace, "POST", "/cgi/corpAccessToken/get/V2", self._check, body=body
            )
            value = Secret(str(answer.get("corpAccessToken", "")), "纷享销客 token")
            known = _Token(value, str(answer.get("corpId", "")), time.monotonic() + TOKEN_SECONDS)
            _tokens[at] = known
        return known.value, known.corp_id

    def _rows(self) -> Iterator[dict[str, Any]]:
        """Page by `_id`: an offset ends at 10,000."""
        kind = "custom/v2" if self._source.object.endswith("__c") else "v2"

        def page(last: str) -> Any:
            after = {"field_name": "_id", "field_values": [last], "operator": "GT"}
            search = {"limit": ROWS_A_CALL, "offset": 0, "filters": [after] if last else [],
                      "orders": [{"fieldName": "_id", "isAsc": True}]}  # fmt: skip
            body = {"data": {"dataObjectApiName": self._source.object, "search_query_info": search,
                             "find_explicit_total_num": False}}  # fmt: skip
            answer = self._ask(f"/cgi/crm/{kind}/data/query", body)
            return (answer.get("data") or answer).get("dataList")

        rows = self._web.rows_by_id(page, ROWS_A_CALL, "dataList")
        return (row for row in rows if row.get("is_deleted") is not True)

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        pace = pace_of(f"fxiaoke {self._source.address} {path}", 100, 20.0)
        try:
            return self._ask_once(pace, path, body)
        except _TokenGone:
            _tokens.pop((self._source.address, self._source.app_id), None)
        try:
            return self._ask_once(pace, path, body)
        except _TokenGone:
            raise self._web.refused(
                f"errorCode {TOKEN_GONE}: it takes none of its own tokens"
            ) from None

    def _ask_once(self, pace: Pace, path: str, body: dict[str, Any]) -> dict[str, Any]:
        token, corp_id = self.token()
        web = Web(self._web.name, self._web.title, self._web.address, (*self._web.secrets, token))
        named = {
            "corpAccessToken": token.reveal(),
            "corpId": corp_id,
            "currentOpenUserId": self._source.user,
        }
        answer: dict[str, Any] = web.ask(pace, "POST", path, self._check, body=named | body)
        return answer

    def _check(self, status: int, answer: Any) -> None:
        if not isinstance(answer, dict) or "errorCode" not in answer:
            if status < 400:
                raise self._web.refused("the answer has no errorCode; is `address:` right?")
            return
        code = answer["errorCode"]
        if code == 0:
            return
        if code == TOKEN_GONE:
            raise _TokenGone
        if code in TOO_OFTEN:
            raise self._web.busy(f"errorCode {code}")
        why = NO_MORE_TODAY.get(code, answer.get("errorMessage") or "")
        raise self._web.refused(f"errorCode {code}: {why} (trace {answer.get('traceId', '-')})")


def flat_row(row: dict[str, Any], fields: dict[str, dict[str, Any]]) -> dict[str, str | None]:
    """Write one record as text cells.

    Args:
        row: as the service gave it.
        fields: the object's description: type and options of each field.
    """
    record: dict[str, str | None] = {}
    for name, value in row.items():
        field = fields.get(name, {})
        record[name] = _cell(value, str(field.get("type", "")))
        options = {str(o.get("value")): str(o.get("label")) for o in field.get("options") or ()}
        if options and record[name] is not None:
            record[f"{name}.label"] = options.get(str(record[name]))
    return record


def _cell(value: Any, kind: str) -> str | None:
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], dict | list):
        value = value[0]
    if value in (None, "", [], {}):
        return None
    if isinstance(value, dict) and "name" in value:
        return cell_text(value["name"])
    if kind in _TIMES and isinstance(value, int) and not isinstance(value, bool):
        return cell_text(_EPOCH + timedelta(milliseconds=value))
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return ", ".join(str(item) for item in value)
    return cell_text(value)
