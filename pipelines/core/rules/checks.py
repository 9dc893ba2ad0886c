"""Rules about several cells at once; `check_rules` runs all of them over typed rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipelines.core.rules import checks_money, checks_names, checks_process
from pipelines.core.rules.checks_metrics import check_metrics
from pipelines.core.rules.declaration import all_tables
from pipelines.core.rules.model import Finding, Row, Table, TableRows, Text, matching_key
from pipelines.core.rules.references import EntityColumns

_CHECKS: tuple[Callable[[TableRows], Iterator[Finding]], ...] = (
    checks_process.stages,
    checks_process.lifecycle,
    checks_process.tiers,
    checks_process.cadence,
    checks_process.lead_sop,
    checks_process.recycle,
    checks_process.control_points,
    checks_process.alerts,
    checks_money.status,
    checks_money.season,
    checks_money.weights,
    checks_money.reserve,
    checks_money.scorecard,
    checks_money.incentive,
    checks_money.scenarios,
    checks_names.organisation,
    checks_names.aliases,
    checks_names.decisions,
)


def check_rules(rows: TableRows, columns: EntityColumns) -> list[Finding]:
    """Find everything that contradicts itself across cells of the workbook.

    Args:
        rows: Typed rows of every table, metric names already resolved.
        columns: The columns that metrics may name, per entity.

    Returns:
        One Finding per contradiction; findings in table `metrics` concern that metric alone.
    """
    findings = [found for table in all_tables().values() for found in _table(rows, table)]
    for check in _CHECKS:
        findings.extend(check(rows))
    findings.extend(check_metrics(rows, columns))
    return findings


def _table(rows: TableRows, table: Table) -> Iterator[Finding]:
    if len(rows[table.id]) < table.min_rows:
        first = table.columns[0].id
        need = Text(f"至少 {table.min_rows} 行", f"at least {table.min_rows} row(s)")
        yield Finding(table.id, None, first, str(len(rows[table.id])), need)
    seen: dict[tuple[str, ...], Row] = {}
    for index, row in enumerate(rows[table.id]):
        if table.is_settings or not table.key:
            continue
        key = tuple(matching_key(row.values[name]) for name in table.key)
        if key in seen:
            shown = " / ".join(
                str(row.values[name]) for name in table.key if row.values[name] is not None
            )
            place = seen[key].cells.get(table.key[-1]) or seen[key].cells.get(table.key[0], "")
            where = Text(f"（已写在 {place}）", f" (already at {place})") if place else Text("", "")
            once = Text(f"每项只写一行{where.zh}", f"one row each{where.en}")
            yield Finding(table.id, index, table.key[-1], shown, once)
        seen.setdefault(key, row)
