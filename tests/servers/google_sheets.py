"""Google Sheets: the values API, and a sheet published as CSV behind its redirect."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from tests.servers.vendor import Answer, Call, Vendor


class GoogleServer(Vendor):
    """One spreadsheet of several tabs."""

    KEY, SPREADSHEET = "google-key-3M", "1qpyC0XzvTcKT6EISywvqESX3A0MwQoFDE8p-Bll4hps"

    def __init__(self, tabs: dict[str, list[list[Any]]], published: str = "") -> None:
        super().__init__()
        self.tabs, self.published = tabs, published

    def answer(self, call: Call) -> Answer:
        if call.path == "/spreadsheets/d/e/2PACX-1v/pub":
            return Answer("", 307, (("location", f"{self.address}/export.csv?pubid=x"),))
        if call.path == "/export.csv":
            return Answer(self.published, 200, (("content-type", "text/csv"),))
        if call.headers.get("x-goog-api-key") != self.KEY:
            return _refusal(403, "PERMISSION_DENIED", "The caller does not have permission")
        if self.is_too_often("reads", 60, 60.0):
            return _refusal(
                429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Read requests'"
            )
        base = f"/v4/spreadsheets/{self.SPREADSHEET}"
        if call.path == base:
            return Answer({"sheets": [_properties(name, rows) for name, rows in self.tabs.items()]})
        found = re.fullmatch(base + r"/values/'(.+)'!(\d+):(\d+)", unquote(call.path))
        if not found:
            return _refusal(404, "NOT_FOUND", "Requested entity was not found.")
        return self._values(found[1].replace("''", "'"), int(found[2]), int(found[3]), call)

    def _values(self, tab: str, first: int, last: int, call: Call) -> Answer:
        rows = self.tabs[tab]
        if last > len(rows):
            return _refusal(
                400, "INVALID_ARGUMENT", f"Range exceeds grid limits. Max rows: {len(rows)}"
            )
        assert call.query["valueRenderOption"] == "UNFORMATTED_VALUE"
        assert call.query["dateTimeRenderOption"] == "SERIAL_NUMBER"
        page = [_trimmed(row, "") for row in rows[first - 1 : last]]
        return Answer({"range": call.path, "majorDimension": "ROWS", "values": _trimmed(page, [])})


def _trimmed(items: list[Any], empty: Any) -> list[Any]:
    """Empty cells at the end of a row and empty rows at the end are left out."""
    items = list(items)
    while items and items[-1] == empty:
        items.pop()
    return items


def _properties(name: str, rows: list[list[Any]]) -> dict[str, Any]:
    return {
        "properties": {"title": name, "gridProperties": {"rowCount": len(rows), "columnCount": 26}}
    }


def _refusal(code: int, status: str, message: str) -> Answer:
    return Answer({"error": {"code": code, "message": message, "status": status}}, code)
