"""Pull a form of 简道云 (Jiandaoyun) through its open API, version 5.

Facts from the vendor's pages (hc.jiandaoyun.com/open): POST, `Authorization: Bearer KEY`; 100 rows
a call at most, in order of data id, the next page named by the last id; 30 calls a second; errors
are HTTP 400 with a `code` (8303 and 8304: too often); times are ISO in UTC. A field is named by its
alias where it has one, else `_widget_…`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipelines.settings.secrets import Secret
from pipelines.settings.services import JiandaoyunSource
from pipelines.sources.pace import pace_of
from pipelines.sources.pull import Pulled, RecordSheet, cell_text
from pipelines.sources.web import Web

ROWS_A_CALL = 100
CALLS_A_SECOND = 30
TOO_OFTEN = frozenset({8303, 8304})
_LIST, _FIELDS = "/api/v5/app/entry/data/list", "/api/v5/app/entry/widget/list"
_NAMED_BY = ("username", "dept_no", "phone", "id", "html", "name")


class Jiandaoyun:
    """One form, asked page by page."""

    def __init__(self, source: JiandaoyunSource, key: Secret) -> None:
        self._source = source
        self._web = Web(
            source.name,
            "简道云",
            source.address,
            (key,),
            {"Authorization": f"Bearer {key.reveal()}"},
        )

    def pull(self, target: Path) -> Pulled:
        """Write every row of the form, or every line of its sub-form, to a Parquet file of text.

        Grain: one row per entry; with `subform:` one per line of it, the entry's fields repeated.
        Columns: the form's field names; of a person `f` (username), `f.name`, of a department `f`
        (its number), `f.name`, of an address `f` (written out) and its parts; a sub-form's field is
        `subform.field`. A sub-form that is not asked for stands as JSON.
        """
        sheet = RecordSheet(target, ["_id", "createTime", "updateTime", *self.fields()])
        for entry in self._entries():
            for record in self._records(entry):
                sheet.add(record)
        return sheet.finish()

    def fields(self) -> list[str]:
        """Return the form's field names: an empty form has columns too."""
        widgets = self._ask(_FIELDS, {}).get("widgets")
        if not isinstance(widgets, list):
            raise self._web.refused("the answer has no `widgets`")
        names = []
        for widget in widgets:
            if widget.get("type") == "subform" and widget["name"] == self._source.subform:
                names += [f"{widget['name']}.{item['name']}" for item in widget.get("items") or ()]
            else:
                names.append(widget["name"])
        return names

    def _entries(self) -> Iterator[dict[str, Any]]:
        def page(last: str) -> Any:
            after = {"data_id": last} if last else {}
            return self._ask(_LIST, {"limit": ROWS_A_CALL} | after).get("data")

        return self._web.rows_by_id(page, ROWS_A_CALL, "data")

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        pace = pace_of(f"jiandaoyun {self._source.address} {path}", CALLS_A_SECOND, 1.0)
        names = {"app_id": self._source.app, "entry_id": self._source.form}
        answer = self._web.ask(pace, "POST", path, self._check, body=names | body)
        if not isinstance(answer, dict):
            raise self._web.refused("the answer is no JSON object")
        return answer

    def _check(self, status: int, answer: Any) -> None:
        code = answer.get("code") if status >= 400 and isinstance(answer, dict) else None
        if code in TOO_OFTEN:
            raise self._web.busy(f"code {code}")
        if code is not None:
            raise self._web.refused(f"code {code}: {answer.get('msg', '')}")

    def _records(self, entry: dict[str, Any]) -> Iterator[dict[str, str | None]]:
        name = self._source.subform
        lines = entry.pop(name, None) if name else None
        shared = flat_record(entry)
        if name is None:
            yield shared
            return
        for line in lines or ():
            yield shared | {f"{name}.{key}": cell for key, cell in flat_record(line).items()}


def flat_record(entry: dict[str, Any]) -> dict[str, str | None]:
    """Write one entry's fields as cells; people, departments, addresses get their parts beside."""
    record: dict[str, str | None] = {}
    for name, value in entry.items():
        record[name] = field_text(value)
        if isinstance(value, dict):
            parts = {k: v for k, v in value.items() if isinstance(v, str | int) and k != "url"}
            record |= {f"{name}.{part}": cell_text(inner) for part, inner in parts.items()}
    return record


def field_text(value: Any) -> str | None:
    """Write one value as one cell: a person by username, files by name, choices with commas."""
    if isinstance(value, dict):
        if {"province", "city"} & value.keys():
            parts = (value.get(part) for part in ("province", "city", "district", "detail"))
            return "".join(str(part) for part in parts if part) or None
        known = next((value[key] for key in _NAMED_BY if value.get(key) not in (None, "")), None)
        return cell_text(known if known is not None or not value else value)
    if isinstance(value, list):
        if _is_subform(value):
            return cell_text(value)
        return ", ".join(text for text in map(field_text, value) if text) or None
    text = cell_text(value)
    return text or None


def _is_subform(value: list[Any]) -> bool:
    """Tell the lines of a sub-form, which have ids or fields, from people, units and files."""
    return any(
        isinstance(item, dict)
        and not item.keys() & {"username", "dept_no", "url"}
        and any(key.startswith("_") for key in item)
        for item in value
    )
