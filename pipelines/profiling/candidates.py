"""The ways in which a table could be read: as which entity, by which preset, in which form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import duckdb

from pipelines.core.header_match import plain_header
from pipelines.core.names import normalise_name
from pipelines.landing.contract import Entity, load_entities
from pipelines.landing.pivot import first_period
from pipelines.landing.reshape import ShapeColumnMissing, reshape
from pipelines.profiling.evidence import TableEvidence
from pipelines.profiling.names import kind_called
from pipelines.profiling.spellings import common_headers
from pipelines.settings import FileSource
from pipelines.sources.files import TextTable
from pipelines.sources.presets import EntityPreset, known_presets, load_preset

_ASK_NOTHING = EntityPreset()
# So many headers of one system are no accident.
_PRESET_HEADERS = 3
_PERSONS = frozenset({"people", "contacts", "leads"})
_FIRST_NAMES, _LAST_NAMES = (
    ("first name", "firstname", "given name"),
    ("last name", "lastname", "surname", "family name"),
)
_YEARS = ("年度", "年份", "年", "财年", "year", "fiscal year", "calendar year")
_PARTS_OF_YEAR = ("月份", "月", "季度", "month", "quarter", "fiscal month", "fiscal quarter")
_QUANTITY = ("quantity", "qty", "quantity ordered", "order qty", "units", "数量", "订单量")
_UNIT_PRICE = (
    "unit price",
    "price each",
    "unitprice",
    "item price",
    "price",
    "单价",
    "含税单价",
    "销售单价",
)
# What names an order on the papers that follow it.
_ORDER_KEY = re.compile(
    r"\b(?:order|so|contract) ?(?:id|no|number|code|ref|reference)\b|order$|(?:订单|合同)(?:编?号|编码|id)"
)
# ... if some of them are nobody else's: id, name and type are everybody's.
_TELLING_HEADERS = 2


@dataclass(frozen=True)
class Candidate:
    """One reading of a table; `preset` is '' where the headers must speak for themselves."""

    entity: Entity
    preset: str
    written: EntityPreset
    table: TextTable
    evidence: TableEvidence

    def preset_position(self, column: str) -> int | None:
        """Return where the preset finds a column."""
        at = {
            normalise_name(header): i for i, header in reversed(list(enumerate(self.table.headers)))
        }
        for header in self.written.columns.get(column, ()):
            if normalise_name(header) in at:
                return at[normalise_name(header)]
        return None

    @property
    def product(self) -> tuple[str, str] | None:
        """Return the headers of quantity and unit price where an order's amount is their product."""
        if self.entity.name != "orders":
            return None
        plain = {plain_header(header): header for header in reversed(self.table.headers)}
        quantity = next((plain[word] for word in _QUANTITY if word in plain), None)
        price = next((plain[word] for word in _UNIT_PRICE if word in plain), None)
        return (quantity, price) if quantity and price else None

    @property
    def full_name(self) -> tuple[str, str] | None:
        """Return the headers of first and last name where no header holds a person's whole name."""
        plain = {plain_header(header): header for header in reversed(self.table.headers)}
        first = next((plain[word] for word in _FIRST_NAMES if word in plain), None)
        last = next((plain[word] for word in _LAST_NAMES if word in plain), None)
        is_whole = any(word in plain for word in ("name", "full name", "display name"))
        if self.entity.name not in _PERSONS or self.preset or is_whole or not (first and last):
            return None
        return first, last

    @property
    def period_parts(self) -> tuple[str, str] | None:
        """Return the headers of year and month or quarter where a target's period stands in two columns."""
        plain = {plain_header(header): header for header in reversed(self.table.headers)}
        year = next((plain[word] for word in _YEARS if word in plain), None)
        part = next((plain[word] for word in _PARTS_OF_YEAR if word in plain), None)
        has_period = any(column.name == "period" for column in self.entity.columns)
        return (year, part) if has_period and not self.preset and year and part else None

    @property
    def made(self) -> dict[str, tuple[str, str]]:
        """Return canonical column → headers whose cells surely make it up."""
        found = {"name": self.full_name, "period": self.period_parts}
        return {column: parts for column, parts in found.items() if parts}

    @property
    def kind_by_name(self) -> str:
        """Return the kind of contact that the file's name says of all its rows; '' where it says none."""
        return "" if self.preset else self.written.constants.get("kind", "")

    @property
    def is_about_orders(self) -> bool:
        """Tell whether each row is a document (invoice, delivery) that names the order it belongs to."""
        named = any(_ORDER_KEY.search(plain_header(header)) for header in self.table.headers)
        return self.entity.name == "orders" and named

    def is_given(self, column: str) -> bool:
        """Return whether the preset gives a column without a header of its own (a key, a constant)."""
        headers = {normalise_name(header) for header in self.table.headers} | {"#"}
        parts = self.written.compose.get(column, ())
        composed = bool(parts) and all(normalise_name(part) in headers for part in parts)
        return composed or column in self.made or column in self.written.constants


def candidates(
    con: duckdb.DuckDBPyConnection, table: TextTable, preset: str = "", called: str = ""
) -> Iterator[Candidate]:
    """Yield every reading worth judging; with `preset`, only its own.

    Args:
        con: a landing connection.
        table: the table as it was read.
        preset: the only system to judge by; '' for all of them.
        called: name of file and sheet, which may say of which kind all contacts in it are.
    """
    evidence = TableEvidence(con, table)
    if not preset:
        for entity in load_entities().values():
            yield _plain(con, table, entity, evidence, called)
    systems = [name for name in known_presets() if not load_preset(name).canonical_headers]
    for name in [preset] if preset else systems:
        for entity_name, written in load_preset(name).entities.items():
            entity = load_entities()[entity_name]
            read = _by_preset(con, table, entity, written)
            if read is not None:
                folded = read.skipped.folded > table.skipped.folded
                own = TableEvidence(con, read, None if folded else evidence)
                candidate = Candidate(entity, name, written, read, own)
                if _is_plausible(candidate):
                    yield candidate


def _plain(
    con: duckdb.DuckDBPyConnection,
    table: TextTable,
    entity: Entity,
    evidence: TableEvidence,
    called: str,
) -> Candidate:
    wide = first_period(con, table) if entity.pivot is not None else None
    if wide is not None and entity.pivot is not None:
        # Landing gives period and value by itself, so neither is asked for.
        first, named = wide
        period, value = entity.pivot
        given = EntityPreset(columns={value: first.headers[-1:]}, constants={period: named.label})
        return Candidate(entity, "", given, first, TableEvidence(con, first))
    kind = kind_called(called) if entity.name == "activities" else ""
    said = EntityPreset(constants={"kind": kind}) if kind else _ASK_NOTHING
    return Candidate(entity, "", said, table, evidence)


def _by_preset(
    con: duckdb.DuckDBPyConnection, table: TextTable, entity: Entity, written: EntityPreset
) -> TextTable | None:
    """Return the table in the preset's form; None where the preset asks for columns that are not there."""
    own = {normalise_name(header) for header in table.headers}
    if written.pivot and normalise_name(written.pivot.field_name) not in own:
        written_columns = {h for headers in written.columns.values() for h in headers}
        if not own & {normalise_name(header) for header in written_columns}:
            return None
    too_few = _bound(own, written) < _PRESET_HEADERS <= len(own)
    # Nested headers may still be found inside: a dot tells.
    nested = any("." in header for headers in written.columns.values() for header in headers)
    if not written.pivot and too_few and not nested:
        return None
    source = FileSource(name="profile", entity=entity.name, path=table.file)
    # Rows that were deleted still show whose export it is; rows of another entity do not.
    readings = (written, replace(written, where_not={})) if written.where_not else (written,)
    for reading in readings:
        try:
            read = reshape(con, table, source, reading, "UTC")
        except ShapeColumnMissing:
            return None
        elsewhere = read.skipped.elsewhere - table.skipped.elsewhere
        # Every row is another entity's: leads and opportunities of one sheet.
        is_empty = elsewhere > 0 and elsewhere + read.skipped.count >= read.rows_read
        if not is_empty:
            return read
    return None


def _bound(own: set[str], written: EntityPreset) -> int:
    return sum(
        any(normalise_name(header) in own for header in headers)
        for headers in written.columns.values()
    )


def _is_plausible(candidate: Candidate) -> bool:
    """Tell whether the headers are this system's: all that is required, and enough of them."""
    entity, positions = candidate.entity, set()
    for column in entity.columns:
        position = candidate.preset_position(column.name)
        if position is not None:
            positions.add(position)
            continue
        # A key may be this export's own; date and amount may not.
        is_owed = column.required and column.name not in entity.key
        if is_owed and not candidate.is_given(column.name):
            return False
    wanted = min(_PRESET_HEADERS, len(candidate.table.headers))
    headers = candidate.table.headers
    telling = {plain_header(headers[position]) for position in positions} - common_headers()
    # What picks rows or decides an outcome is a system's own: IsDeleted, IsWon, Deal - Status.
    deciding = {*candidate.written.where_not, *candidate.written.where}
    deciding |= {header for cells in candidate.written.overrides.values() for header in cells}
    telling |= {plain_header(header) for header in headers if header in deciding} - common_headers()
    return len(positions) >= wanted and len(telling) >= _TELLING_HEADERS
