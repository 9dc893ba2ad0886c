"""From the cells of the rules workbook to typed rows and errors that name sheet, cell and fix."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipelines.core.names import nearest
from pipelines.core.rules.cells import CellValueError, allowed, is_blank, read_cell
from pipelines.core.rules.checks import check_rules
from pipelines.core.rules.declaration import all_tables, sheet_of_table
from pipelines.core.rules.model import (
    Column,
    Finding,
    Row,
    Table,
    TableRows,
    Text,
    Value,
    matching_key,
)
from pipelines.core.rules.references import EntityColumns, resolve_references
from pipelines.core.rules.tables import default_table_rows, default_value
from pipelines.landing.rules_errors import CellError
from pipelines.landing.rules_layout import FoundTable, Layout
from pipelines.landing.rules_workbook import BrokenCell, cell_name

_METRICS = "metrics"
# A finding on the left says nothing while the sheet on the right is itself wrong.
_RESTS_ON = {
    "cadence": {"tiers"},
    "cadence_settings": {"tiers", "cadence"},
    "tier_overrides": {"tiers"},
    "stages": {"control_points"},
}


@dataclass(frozen=True)
class _Spot:
    """Where a cell stands, and on the metrics sheet whose row it is."""

    found: FoundTable
    cell: str
    metric: str | None = None


@dataclass
class Judged:
    """Typed rows of every table with all that is wrong or worth a note."""

    workbook: str
    rows: TableRows = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    disabled_metrics: dict[str, tuple[str, str]] = field(default_factory=dict)
    bad_tables: set[str] = field(default_factory=set)

    def disable(self, error: CellError, metric: str | None) -> None:
        """Record an error that switches off one metric and refuses nothing."""
        self.errors.append(replace(error, is_blocking=False, metric=metric))
        if metric is not None:
            zh, en = self.disabled_metrics.get(metric, ("", ""))
            self.disabled_metrics[metric] = (
                zh + error.message_zh,
                f"{en} {error.message_en}".strip(),
            )


def judge_layout(workbook: str, layout: Layout, columns: EntityColumns) -> Judged:
    """Type every cell, fill in defaults, and check the cells against each other."""
    judged = Judged(workbook, notes=list(layout.notes))
    for trouble in layout.troubles:
        place = (trouble.sheet, trouble.cell)
        judged.errors.append(CellError.of(workbook, place, None, trouble.value, trouble.allowed))
    judged.bad_tables |= {
        table_id
        for table_id, found in layout.tables.items()
        if any(trouble.sheet == found.sheet for trouble in layout.troubles)
    }
    for table_id, table in all_tables().items():
        found = layout.tables.get(table_id)
        if found is None:
            judged.rows[table_id] = default_table_rows(table)
        elif table.is_settings:
            judged.rows[table_id] = [_settings(judged, found)]
        else:
            judged.rows[table_id] = _rows(judged, found)
    judged.rows, unknown = resolve_references(judged.rows, columns)
    sound = dict(judged.rows)
    for table_id in judged.bad_tables:
        sound[table_id] = default_table_rows(all_tables()[table_id])
    findings = [
        found
        for found in check_rules(sound, columns)
        if found.table not in judged.bad_tables
        and not _RESTS_ON.get(found.table, set()) & judged.bad_tables
    ]
    for finding in [*unknown, *findings]:
        _report(judged, layout, finding)
    _disable_dependents(judged)
    return judged


def _settings(judged: Judged, found: FoundTable) -> Row:
    table = found.table
    values: dict[str, Value] = {}
    cells: dict[str, str] = {}
    for number, row in found.rows:
        if is_blank(row.get("key")) and is_blank(row.get("value")):
            continue
        column = _setting_named(judged, found, number, row.get("key"))
        if column is None:
            continue
        place = cell_name(number, found.positions["value"])
        if column.id in cells:
            once = Text(
                f"只写一次（已写在 {cells[column.id]}）",
                f"once only (already at {cells[column.id]})",
            )
            _wrong(judged, _Spot(found, place), column, row.get("value"), once)
            continue
        cells[column.id] = place
        values[column.id] = _cell(judged, _Spot(found, place), column, row.get("value"))
    for column in table.columns:
        if column.id not in cells:
            values[column.id] = default_value(column)
            judged.notes.append(
                Text(
                    f"《{found.sheet}》没有“{column.label.zh}”，用默认值 {column.default}",
                    f"sheet {found.sheet} has no {column.label.en}; "
                    f"its default {column.default} holds",
                )
            )
    return Row(values, cells)


def _setting_named(judged: Judged, found: FoundTable, number: int, key: object) -> Column | None:
    wanted = matching_key(key or "")
    for column in found.table.columns:
        if wanted in {matching_key(n) for n in (column.id, column.label.zh, column.label.en)}:
            return column
    labels = {
        name: column
        for column in found.table.columns
        for name in (column.label.zh, column.label.en)
    }
    near = [labels[each.name] for each in nearest(str(key or ""), labels)] or list(
        found.table.columns
    )
    names = list(dict.fromkeys(near))
    text = Text(
        "、".join(each.label.zh for each in names), ", ".join(each.label.en for each in names)
    )
    place = cell_name(number, found.positions["key"])
    judged.errors.append(CellError.of(judged.workbook, (found.sheet, place), None, key, text))
    judged.bad_tables.add(found.table.id)
    return None


def _rows(judged: Judged, found: FoundTable) -> list[Row]:
    rows = []
    for number, cells in found.rows:
        places = {name: cell_name(number, at) for name, at in found.positions.items()}
        row = _row(judged, found, places, cells)
        if row is not None:
            rows.append(row)
    return rows


def _row(
    judged: Judged, found: FoundTable, places: dict[str, str], cells: dict[str, object]
) -> Row | None:
    table, before = found.table, len(judged.errors)
    is_metric = table.bad_rows_disable
    metric = None
    if is_metric:
        written = cells.get(table.key[0])
        metric = None if written is None else str(written).strip() or None
    values: dict[str, Value] = {}
    for column in table.columns:
        if column.id not in found.positions and column.is_required:
            continue  # the missing header is the error, not each of its rows
        spot = _Spot(found, places.get(column.id, ""), metric)
        values[column.id] = _cell(judged, spot, column, cells.get(column.id))
    is_bad = len(judged.errors) > before or len(values) < len(table.columns)
    if not is_bad:
        return Row(values, places)
    if is_metric and values.get(table.key[0]):
        return Row({column.id: values.get(column.id) for column in table.columns}, places, True)
    return None


def _cell(judged: Judged, spot: _Spot, column: Column, value: object) -> Value:
    try:
        # A text column would take "#REF!" for a word.
        return read_cell(value, column) if not isinstance(value, BrokenCell) else _refuse(column)
    except CellValueError as error:
        _wrong(judged, spot, column, value, error.allowed)
        return None


def _refuse(column: Column) -> Value:
    raise CellValueError(allowed(column))


def _wrong(judged: Judged, spot: _Spot, column: Column, value: object, may: Text) -> None:
    place = (spot.found.sheet, spot.cell)
    error = CellError.of(judged.workbook, place, column.label, _as_shown(value), may)
    if spot.found.table.bad_rows_disable:
        judged.disable(error, spot.metric)
    else:
        judged.errors.append(error)
        judged.bad_tables.add(spot.found.table.id)


def _as_shown(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _report(judged: Judged, layout: Layout, finding: Finding) -> None:
    table = all_tables()[finding.table]
    found = layout.tables.get(finding.table)
    rows = judged.rows[finding.table]
    row = None if finding.row is None else rows[finding.row]
    sheet = found.sheet if found else ""
    cell = row.cells.get(finding.column, "") if row else ""
    if not sheet or not cell:
        sheet, cell = sheet or _default_sheet(table), cell or _header_place(found)
    label = table.column(finding.column).label
    error = CellError.of(judged.workbook, (sheet, cell), label, finding.value, finding.allowed)
    if table.id == _METRICS and row is not None:
        judged.disable(error, str(row.values["metric"]))
    else:
        judged.errors.append(error)


def _default_sheet(table: Table) -> str:
    return sheet_of_table()[table.id].label.zh


def _header_place(found: FoundTable | None) -> str:
    if found is None or not found.rows:
        return "A1"
    return cell_name(found.rows[0][0], min(found.positions.values()))


def _disable_dependents(judged: Judged) -> None:
    """Switch off company-made ratios of a metric that is itself switched off."""
    for row in judged.rows[_METRICS]:
        values = row.values
        metric = str(values["metric"])
        if metric in judged.disabled_metrics or values["computed_by"] == "built_in":
            continue
        for part in (values["numerator_metric"], values["denominator_metric"]):
            if part in judged.disabled_metrics:
                judged.disabled_metrics[metric] = (
                    f"它用到的指标 {part} 已停用。",
                    f"It needs the metric {part}, which is switched off.",
                )
