"""The tables of schema `cascade`, and how the cascade fills them in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.core.cascade import Grid, Tree, Unit
from pipelines.core.cascade.grid import Integers
from pipelines.core.cascade.result import UNALLOCATED
from pipelines.core.exact import decimal_column

_TEXT, _DAY, _INT, _FLAG = pa.string(), pa.date32(), pa.int64(), pa.bool_()
# Eighteen digits before the point: as large as any amount that a figure holds, to a millionth.
_VALUE = pa.decimal128(24, 6)
ROWS_IN_MEMORY = 1_000_000
_GROUP = {"metric": _TEXT, "level": _TEXT, "scenario": _TEXT}

TABLES: dict[str, dict[str, pa.DataType]] = {
    "target_line": {
        "line": _INT, **_GROUP, "product_line": _TEXT, "customer_type": _TEXT, "holder_kind": _TEXT,
        "holder_id": _TEXT, "unit_id": _TEXT, "period_type": _TEXT, "start_on": _DAY, "end_on": _DAY,
        "period_label": _TEXT, "value": _VALUE, "value_kind": _TEXT, "growth_base": _VALUE,
        "is_spread": _FLAG, "is_milestone": _FLAG, "effective_on": _DAY, "recorded_on": _DAY,
        "removed_on": _DAY, "reserve_rate": _VALUE, "responsible_id": _TEXT, "changed_by": _TEXT,
        "reason": _TEXT, "source": _TEXT, "source_row": _TEXT, "problem": _TEXT, "message_en": _TEXT,
        "message_zh": _TEXT, "is_accepted": _FLAG,
    },
    "target_version": {**_GROUP, "version_no": _INT, "recorded_on": _DAY, "is_in_force": _FLAG},
    "target_leaf": {
        "leaf_no": _INT, "person_id": _TEXT, "org_id": _TEXT, "org_path": _TEXT, "team": _TEXT,
        "region": _TEXT, "product_line": _TEXT, "customer_type": _TEXT, "tier": _TEXT,
    },
    "target_atom": {**_GROUP, "leaf_no": _INT, "date_day": _DAY, "value": _VALUE},
    "target_cell": {
        **_GROUP, "version_no": _INT, "product_line": _TEXT, "customer_type": _TEXT,
        "member_kind": _TEXT, "member_id": _TEXT, "parent_id": _TEXT, "segment_start": _DAY,
        "segment_end": _DAY, "value": _VALUE, "unallocated": _VALUE, "origin": _TEXT,
    },
    "custom_period": {
        "period_type": _TEXT, "period_start": _DAY, "period_end": _DAY, "period_label": _TEXT,
    },
    "progress_line": {
        "metric": _TEXT, "period_type": _TEXT, "period_start": _DAY, "period_end": _DAY,
        "period_label": _TEXT, "scope_type": _TEXT, "scope_id": _TEXT, "reported_on": _DAY,
        "typed_actual": _VALUE, "reason": _TEXT, "plan": _TEXT, "reported_by": _TEXT,
        "source": _TEXT, "source_row": _TEXT, "problem": _TEXT, "message_en": _TEXT,
        "message_zh": _TEXT,
    },
}  # fmt: skip


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create every table of the schema, empty and typed: a company without targets has them too."""
    con.execute("create schema if not exists cascade")
    for name, columns in TABLES.items():
        con.register("blank", pa.schema(list(columns.items())).empty_table())
        con.execute(f"create or replace table cascade.{name} as from blank")
        con.unregister("blank")


def insert_rows(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Append rows to one table; columns that it does not have are left out."""
    schema = pa.schema(list(TABLES[table].items()))
    places = {name: kind.scale for name, kind in TABLES[table].items() if kind == _VALUE}
    plain = [
        {
            name: round(row[name], places[name])
            if name in places and row.get(name) is not None
            else row.get(name)
            for name in TABLES[table]
        }
        for row in rows
    ]
    con.register("rows_now", pa.Table.from_pylist(plain, schema=schema))
    con.execute(f"insert into cascade.{table} from rows_now")
    con.unregister("rows_now")


class CascadeWriter:
    """Collects what the cascade writes and puts it down in large pieces."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.problems: dict[int, str] = {}
        self.versions: list[dict[str, Any]] = []
        self._leaves: dict[tuple[str, ...], int] = {}
        self._written_leaves = 0
        self._atoms: list[pa.Table] = []
        self._cells: list[pa.Table] = []

    def sink(self, names: dict[str, str], unit: Unit, grid: Grid, units: pd.DataFrame) -> AtomSink:
        """Return where the days of one metric, level and scenario go."""
        return AtomSink(self, names, unit, grid, _stamps(units, grid))

    def leaf_no(self, key: tuple[str, ...]) -> int:
        """Number a leaf: person, unit, path, team, region, product line, customer type."""
        return self._leaves.setdefault(key, len(self._leaves) + 1)

    def add_atoms(self, table: pa.Table) -> None:
        """Take days; a large pile goes to the file at once, so that memory stays bounded."""
        self._atoms.append(table)
        if sum(map(len, self._atoms)) > ROWS_IN_MEMORY:
            self.flush()

    def add_cells(
        self,
        grid: Grid,
        unit: Unit,
        cells: pd.DataFrame,
        names: dict[str, Any],
        part: tuple[str, str],
    ) -> None:
        """Take the cascade's report: one row per member and segment."""
        segment = cells["segment"].to_numpy(np.int64)
        first = np.datetime64(grid.first)
        rows = len(cells)
        labels = {**names, "product_line": part[0], "customer_type": part[1]}
        columns: dict[str, Any] = {name: pa.repeat(value, rows) for name, value in labels.items()}
        for name in ("member_kind", "member_id", "parent_id", "origin"):
            columns[name] = pa.array(
                [text if isinstance(text, str) else None for text in cells[name]], _TEXT
            )
        columns["segment_start"] = pa.array(
            first + grid.seg_start[segment].astype("timedelta64[D]")
        )
        columns["segment_end"] = pa.array(
            first + (grid.seg_start[segment + 1] - 1).astype("timedelta64[D]")
        )
        for name in ("value", "unallocated"):
            columns[name] = _decimals(cells[name].to_numpy(np.int64), unit)
        self._cells.append(_conformed(columns, "target_cell"))

    def flush(self) -> None:
        """Write what has been collected."""
        _insert(self.con, "target_atom", self._atoms)
        _insert(self.con, "target_cell", self._cells)
        self._atoms, self._cells = [], []
        new = list(self._leaves.items())[self._written_leaves :]
        names = [name for name in TABLES["target_leaf"] if name != "leaf_no"]
        insert_rows(
            self.con, "target_leaf",
            [{"leaf_no": number, **dict(zip(names, key, strict=True))} for key, number in new],
        )  # fmt: skip
        self._written_leaves = len(self._leaves)


@dataclass(frozen=True)
class AtomSink:
    """Takes the days of one metric, level and scenario."""

    writer: CascadeWriter
    names: dict[str, str]
    unit: Unit
    grid: Grid
    stamps: _Stamps

    def add(
        self,
        part: tuple[str, str],
        tree: Tree,
        arrays: tuple[Integers, Integers, Integers, Integers],
    ) -> None:
        """Write days of one product line and customer type."""
        person, unit, day, amount = arrays
        if not len(amount):
            return
        cell = unit * self.grid.segments + self.grid.segment_of(day)
        stamp = self.stamps.number[cell]
        key = ((person + 1) * tree.units + unit) * len(self.stamps.labels) + stamp
        distinct, first, at = np.unique(key, return_index=True, return_inverse=True)
        numbers = np.array(
            [self._leaf(part, tree, arrays, int(i), stamp) for i in first], dtype=np.int64
        )
        assert len(numbers) == len(distinct)
        on = np.datetime64(self.grid.first) + day.astype("timedelta64[D]")
        columns = {name: pa.repeat(value, len(amount)) for name, value in self.names.items()}
        columns |= {
            "leaf_no": pa.array(numbers[at]),
            "date_day": pa.array(on),
            "value": _decimals(amount, self.unit),
        }
        self.writer.add_atoms(_conformed(columns, "target_atom"))

    def _leaf(
        self,
        part: tuple[str, str],
        tree: Tree,
        arrays: tuple[Integers, ...],
        at: int,
        stamp: Integers,
    ) -> int:
        person, unit = int(arrays[0][at]), int(arrays[1][at])
        path, region, team = self.stamps.labels[int(stamp[at])]
        blank = UNALLOCATED if person < 0 else "unknown"
        return self.writer.leaf_no(
            (
                UNALLOCATED if person < 0 else tree.person_ids[person],
                tree.unit_ids[unit],
                path or "/unknown/",
                team or blank,
                region or blank,
                *part,
                "(all)",
            )
        )


@dataclass(frozen=True)
class _Stamps:
    """Path, region and team of each unit in each segment, as they are stamped on events."""

    labels: list[tuple[str | None, str | None, str | None]]
    number: Integers


def _stamps(units: pd.DataFrame, grid: Grid) -> _Stamps:
    ids = list(dict.fromkeys(units["unit_id"]))
    position = {unit: number for number, unit in enumerate(ids)}
    labels: dict[tuple[str | None, str | None, str | None], int] = {(None, None, None): 0}
    number = np.zeros((len(ids), grid.segments), dtype=np.int64)
    first, last = grid.seg_start[:-1], grid.seg_start[1:] - 1
    for row in units.sort_values("valid_from", ascending=False).to_dict("records"):
        start, stop = grid.day(row["valid_from"]), grid.day(row["valid_before"])
        label = labels.setdefault((row["org_path"], row["region"], row["team"]), len(labels))
        number[position[row["unit_id"]], (last >= start) & (first < stop)] = label
    return _Stamps(list(labels), number.ravel())


def _decimals(amount: Integers, unit: Unit) -> pa.Array:
    """Write minor units as decimals of six places without a loop."""
    whole = decimal_column(amount, unit.decimals, pd.RangeIndex(len(amount)))
    return pa.array(whole.array).cast(_VALUE)


def _conformed(columns: dict[str, Any], table: str) -> pa.Table:
    schema = pa.schema(list(TABLES[table].items()))
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def _insert(con: duckdb.DuckDBPyConnection, table: str, parts: list[pa.Table]) -> None:
    if not parts:
        return
    con.register("rows_now", pa.concat_tables(parts))
    con.execute(f"insert into cascade.{table} from rows_now")
    con.unregister("rows_now")
