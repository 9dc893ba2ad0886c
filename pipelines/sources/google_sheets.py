"""Pull a Google sheet: published as CSV, or through the values API.

Facts from the vendor's pages (developers.google.com/sheets/api): 60 reads a minute; values come
unformatted, dates as serial numbers from 1899-12-30 (as in Excel); empty cells at the end of a row
and empty rows at the end are left out; a range beyond the grid is an error.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from pipelines.settings.secrets import Secret
from pipelines.settings.services import GoogleSheetsSource
from pipelines.sources.headers import unique_headers
from pipelines.sources.pace import Pace, pace_of
from pipelines.sources.pull import Pulled, PullFailed, RecordSheet, cell_text
from pipelines.sources.web import TIMEOUT, Web

READS_A_MINUTE = 60
ROWS_A_CALL = 5_000
MOST_BYTES = 512 * 1024**2


class GoogleSheet:
    """One tab of a spreadsheet."""

    def __init__(
        self, source: GoogleSheetsSource, key: Secret | None, published: Secret | None
    ) -> None:
        self._source = source
        self._published = published
        secrets = tuple(secret for secret in (key, published) if secret is not None)
        headers = {"X-Goog-Api-Key": key.reveal()} if key else {}
        self._web = Web(source.name, "Google Sheets", source.address, secrets, headers)

    def pull(self, target: Path) -> Pulled:
        """Write the rows under the header to a Parquet file of text.

        Grain: one row per row of the sheet that is not empty. Columns: the header's cells.
        """
        if self._published is None:
            return self._write(self._values(), target)
        copy = target.with_suffix(".csv")
        self._web.retried(lambda: self._download(copy))
        try:
            with copy.open(encoding="utf-8-sig", newline="") as file:
                pulled = self._write(csv.reader(file), target)
        except (UnicodeDecodeError, csv.Error) as error:
            raise self._web.refused(f"what it publishes is no CSV in UTF-8 ({error})") from None
        copy.unlink()
        return pulled

    def tab(self) -> tuple[str, int]:
        """Return the tab's title and its number of rows."""
        path = f"/v4/spreadsheets/{quote(self._source.spreadsheet or '', safe='')}"
        answer = self._ask(path, {"fields": "sheets.properties"})
        tabs = {
            one["properties"]["title"]: one["properties"]
            .get("gridProperties", {})
            .get("rowCount", 0)
            for one in answer.get("sheets", ())
        }
        title = self._source.sheet or next(iter(tabs), "")
        if title not in tabs:
            raise self._web.refused(f"there is no tab {title!r}; the tabs are: {', '.join(tabs)}")
        return title, int(tabs[title])

    def reach(self) -> None:
        """Ask for as little as possible, for `gapwise doctor`."""
        if self._published is None:
            self.tab()
        else:
            self._web.retried(lambda: self._download(None))

    def _values(self) -> Iterator[list[str | None]]:
        title, row_count = self.tab()
        path = f"/v4/spreadsheets/{quote(self._source.spreadsheet or '', safe='')}/values/"
        name = title.replace("'", "''")
        for first in range(1, row_count + 1, ROWS_A_CALL):
            last = min(first + ROWS_A_CALL - 1, row_count)
            answer = self._ask(
                path + quote(f"'{name}'!{first}:{last}", safe=""),
                {"majorDimension": "ROWS", "valueRenderOption": "UNFORMATTED_VALUE",
                 "dateTimeRenderOption": "SERIAL_NUMBER"},
            )  # fmt: skip
            rows = answer.get("values", [])
            yield from ([cell_text(cell) for cell in row] for row in rows)
            # Empty rows at the end of a page are left out; rows must keep their places.
            yield from ([] for _ in range(last - first + 1 - len(rows)))

    def _ask(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        answer = self._web.ask(self._pace(), "GET", path, self._check, query=query)
        if not isinstance(answer, dict):
            raise self._web.refused("the answer is no JSON object")
        return answer

    def _pace(self) -> Pace:
        return pace_of(f"google {self._source.address}", READS_A_MINUTE, 60.0)

    def _check(self, status: int, answer: Any) -> None:
        error = answer.get("error") if isinstance(answer, dict) else None
        if status == 429:
            raise self._web.busy("status 429: too many reads in a minute", 20.0)
        if status < 500 and isinstance(error, dict):
            raise self._web.refused(f"{error.get('status', status)}: {error.get('message', '')}")

    def _download(self, copy: Path | None) -> None:
        """Fetch the published CSV, following Google's redirects, within a bound."""
        assert self._published is not None
        self._pace().wait()
        size = 0
        try:
            with httpx.stream(
                "GET", self._published.reveal(), follow_redirects=True, timeout=TIMEOUT
            ) as answer:
                self._web.judge(answer)
                if "html" in answer.headers.get("content-type", ""):
                    raise self._web.refused(
                        "a page came instead of CSV: is the sheet still published?"
                    )
                if copy is None:
                    return
                with copy.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        size += len(chunk)
                        if size > MOST_BYTES:
                            raise self._web.refused(f"more than {MOST_BYTES // 1024**2} MB")
                        file.write(chunk)
        except httpx.RequestError as error:
            raise self._web.lost(error) from None
        except httpx.InvalidURL:
            raise self._web.refused("the published address is no URL") from None

    def _write(self, rows: Iterable[Sequence[str | None]], target: Path) -> Pulled:
        """Take the header's row for the columns; what stands above it is a title."""
        waiting = iter(rows)
        header: Sequence[str | None] = []
        for _ in range(self._source.header_row):
            header = next(waiting, [])
        if not any(header):
            raise self._empty()
        names = list(unique_headers([(text or "").strip() for text in header])[0])
        sheet = RecordSheet(target, names)
        for row in waiting:
            # A cell to the right of the header is kept too, as in a file.
            names += [f"column_{place}" for place in range(len(names) + 1, len(row) + 1)]
            record = {name: cell for name, cell in zip(names, row, strict=False) if cell}
            if record:
                sheet.add(record)
        return sheet.finish()

    def _empty(self) -> PullFailed:
        row = self._source.header_row
        return PullFailed(
            f"{self._source.name}: row {row} of the Google sheet is empty, where the header should "
            "stand. Set `header_row:` in company.yml, or mend the sheet.",
            f"{self._source.name}：Google 表格第 {row} 行为空，表头应在该行。"
            "请设置 header_row 或修正表格。",
        )
