"""Where the tables of the rules workbook stand: sheets, header rows and the rows under them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.core.names import nearest
from pipelines.core.rules.cells import is_blank
from pipelines.core.rules.declaration import all_sheets
from pipelines.core.rules.model import Sheet, Table, Text, matching_key
from pipelines.landing.rules_workbook import GridSheet, cell_name

NOTE_MARK = "※"
SETTING_HEADERS = {
    "key": Text("设置项", "Setting"),
    "value": Text("设置值", "Value"),
    "meaning": Text("说明", "Meaning"),
}


@dataclass(frozen=True)
class Trouble:
    """Something wrong with a sheet's layout: place, what stands there, what is wanted."""

    sheet: str
    cell: str
    value: str
    allowed: Text


@dataclass
class FoundTable:
    """A table found on a sheet: its columns' positions and its rows.

    `rows` holds (row number counted from 0, cells by column id).
    """

    table: Table
    sheet: str
    positions: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, dict[str, object]]] = field(default_factory=list)


@dataclass
class Layout:
    """Everything found in a workbook, with what is wrong and what is merely worth a note."""

    tables: dict[str, FoundTable] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)


def find_tables(sheets: list[GridSheet]) -> Layout:
    """Find each table of the rules workbook on its sheet, in either language, in any order.

    Returns:
        The tables that are there; a sheet or table that is not there is a note (its defaults
        hold), a sheet without a readable header or with an ambiguous one is a trouble.
    """
    layout = Layout()
    taken: dict[str, str] = {}
    for grid in sheets:
        sheet = next((each for each in all_sheets() if _is_named(grid.name, each)), None)
        if sheet is None:
            _note_stranger(layout, grid.name)
        elif sheet.id in taken:
            text = Text(
                f"只保留一个（另一个是《{taken[sheet.id]}》）",
                f"one of the two sheets only; the other is {taken[sheet.id]}",
            )
            layout.troubles.append(Trouble(grid.name, "A1", grid.name, text))
        else:
            taken[sheet.id] = grid.name
            _read_sheet(layout, sheet, grid)
    for sheet in all_sheets():
        if sheet.id not in taken:
            layout.notes.append(
                Text(
                    f"没有“{sheet.label.zh}”表，用默认值",
                    f"no sheet {sheet.label.en}; its defaults hold",
                )
            )
    return layout


def _is_named(name: str, sheet: Sheet) -> bool:
    key = matching_key(name)
    plain = [matching_key(each) for each in (sheet.id, sheet.label.zh, sheet.label.en)]
    return key in {*plain, plain[0] + plain[1], plain[2] + plain[1], plain[1] + plain[2]}


def _note_stranger(layout: Layout, name: str) -> None:
    labels = [label for sheet in all_sheets() for label in (sheet.label.zh, sheet.label.en)]
    near = nearest(name, labels, limit=1)
    zh = f"；最接近的是“{near[0].name}”" if near else ""
    en = f"; the nearest is {near[0].name}" if near else ""
    layout.notes.append(
        Text(f"未知的表“{name}”，未读取{zh}", f"unknown sheet {name}, not read{en}")
    )


def _read_sheet(layout: Layout, sheet: Sheet, grid: GridSheet) -> None:
    current: FoundTable | None = None
    found: dict[str, FoundTable] = {}
    for number, cells in enumerate(grid.rows):
        written = [str(cell) for cell in cells if not is_blank(cell)]
        if not written or written[0].lstrip().startswith(NOTE_MARK):
            continue
        table = _table_of_header(sheet, cells)
        if table is not None:
            current = found.setdefault(table.id, FoundTable(table, grid.name))
            current.positions = _positions(layout, current, number, cells)
        elif current is not None:
            row = {
                column: cells[position]
                for column, position in current.positions.items()
                if position < len(cells)
            }
            if any(not is_blank(cell) for cell in row.values()):
                current.rows.append((number, row))
    if not found and any(not is_blank(cell) for row in grid.rows for cell in row):
        names = [column.label for column in sheet.tables[-1].columns]
        text = Text(
            "表头行：" + "、".join(name.zh for name in names),
            "a header row: " + ", ".join(name.en for name in names),
        )
        layout.troubles.append(Trouble(grid.name, "A1", "", text))
    for table in sheet.tables:
        if table.id not in found:
            zh, en = (
                f"《{grid.name}》没有“{table.label.zh}”部分，用默认值",
                f"sheet {grid.name} has no part {table.label.en}; its defaults hold",
            )
            layout.notes.append(Text(zh, en))
    layout.tables.update(found)


def headers_of(table: Table) -> Mapping[str, Text]:
    """Return the headers that a table has on its sheet, by column id."""
    if table.is_settings:
        return SETTING_HEADERS
    return {column.id: column.label for column in table.columns}


def _column_named(table: Table, cell: object) -> str | None:
    key = matching_key(cell)
    for column, label in headers_of(table).items():
        if key in {matching_key(column), matching_key(label.zh), matching_key(label.en)}:
            return column
    return None


def _table_of_header(sheet: Sheet, cells: list[object]) -> Table | None:
    best, most = None, 1  # one matching word may be data; two are a header
    for table in sheet.tables:
        named = {_column_named(table, cell) for cell in cells if not is_blank(cell)} - {None}
        if table.is_settings and not {"key", "value"} <= named:
            continue
        if len(named) > most:
            best, most = table, len(named)
    return best


def _positions(
    layout: Layout, found: FoundTable, number: int, cells: list[object]
) -> dict[str, int]:
    positions: dict[str, int] = {}
    strangers: list[str] = []
    for position, cell in enumerate(cells):
        if is_blank(cell):
            continue
        column = _column_named(found.table, cell)
        if column is None:
            strangers.append(str(cell).strip())
        elif column in positions:
            first = cell_name(number, positions[column])
            text = Text(f"只写一列（已有 {first}）", f"this column once (already at {first})")
            layout.troubles.append(
                Trouble(found.sheet, cell_name(number, position), str(cell), text)
            )
        else:
            positions[column] = position
    _report_columns(layout, found, number, (positions, strangers))
    return positions


def _report_columns(
    layout: Layout, found: FoundTable, number: int, seen: tuple[dict[str, int], list[str]]
) -> None:
    positions, strangers = seen
    for name in strangers:
        zh, en = (
            f"《{found.sheet}》未知的列“{name}”，未使用",
            f"sheet {found.sheet}: unknown column {name}, not used",
        )
        layout.notes.append(Text(zh, en))
    if found.table.is_settings:
        return
    for column in found.table.columns:
        if column.id in positions:
            continue
        label = column.label
        if not column.is_required:
            zh, en = (
                f"《{found.sheet}》没有“{label.zh}”列，按空白处理",
                f"sheet {found.sheet} has no column {label.en}; read as blank",
            )
            layout.notes.append(Text(zh, en))
            continue
        spelled = label.zh if any(ord(ch) > 0x2E80 for ch in "".join(strangers)) else label.en
        near = nearest(spelled, strangers, limit=1)
        hint = near[0].name if near else ""
        text = Text(f"必须有“{label.zh}”列", f"a column {label.en}; required")
        cell = cell_name(number, min(positions.values(), default=0))
        layout.troubles.append(Trouble(found.sheet, cell, hint, text))
