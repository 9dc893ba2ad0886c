"""Compare the marts that were written by hand with those of the night, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

TOLERANCE = 1e-9  # of sums of doubles: they depend on the order of adding


@dataclass(frozen=True)
class MartComparison:
    """One mart on both sides; `differs` names the columns whose content is not the same."""

    mart: str
    rows: int
    rows_by_hand: int
    differs: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both sides hold the same."""
        return self.rows == self.rows_by_hand and not self.differs


def compare_marts(build_file: Path, by_hand: Path) -> list[MartComparison]:
    """Compare every mart that the script by hand wrote.

    Rows must be the same as far as decimals, whole numbers, texts, days and times go (one digest
    over all of them, one per column to name the culprit); doubles must have the same sum to nine
    digits and as many NULLs.
    """
    with duckdb.connect() as con:
        con.execute(f"attach '{build_file}' as night (read_only)")
        con.execute(f"attach '{by_hand}' as hand (read_only)")
        return [_compare(con, mart) for mart in marts_of(by_hand)]


def marts_of(file: Path) -> list[str]:
    """Return the marts that a DuckDB file holds, in order of their names."""
    with duckdb.connect(str(file), read_only=True) as con:
        found = con.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
        ).fetchall()
    return [name for (name,) in found]


def marts_left_out(build_file: Path, by_hand: Path) -> list[str]:
    """Return the marts of the night that the script by hand does not write."""
    with duckdb.connect() as con:
        con.execute(f"attach '{build_file}' as night (read_only)")
        con.execute(f"attach '{by_hand}' as hand (read_only)")
        found = con.execute(
            """
            select table_name from duckdb_tables()
            where schema_name = 'marts' and not regexp_matches(
                table_name, '_history$|^mart_run|^mart_data_quality$|^mart_source_health$'
            )
            group by table_name having count(*) = 1 order by 1
            """
        ).fetchall()
    return [name for (name,) in found]


def _compare(con: duckdb.DuckDBPyConnection, mart: str) -> MartComparison:
    of_night, of_hand = (_columns(con, side, mart) for side in ("night", "hand"))
    # What only one side has is a difference of its own; the others are compared all the same.
    one_sided = tuple(sorted(of_night.keys() ^ of_hand.keys()))
    columns = {name: kind for name, kind in of_night.items() if name in of_hand}
    night, hand = (_digest(con, side, mart, columns) for side in ("night", "hand"))
    kinds = {**columns, "_row": "exact"}
    differs = tuple(
        name
        for name, kind in kinds.items()
        if not _is_same(night[name], hand[name], is_double=kind == "DOUBLE")
    )
    return MartComparison(mart, int(night["_rows"][1]), int(hand["_rows"][1]), one_sided + differs)


def _columns(con: duckdb.DuckDBPyConnection, side: str, mart: str) -> dict[str, str]:
    found = con.execute(
        "select column_name, data_type from duckdb_columns() where database_name = ? "
        "and schema_name = 'marts' and table_name = ? order by column_index",
        [side, mart],
    ).fetchall()
    return dict(found)


def _digest(
    con: duckdb.DuckDBPyConnection, side: str, mart: str, columns: dict[str, str]
) -> dict[str, tuple[float, float]]:
    """Return (content, values not NULL) by column; `_row` is of whole rows, `_rows` counts them."""
    exact = [f'"{name}"::{kind}' for name, kind in columns.items() if kind != "DOUBLE"]
    parts = ["0, count(*)", f"sum(hash({', '.join(exact)})), count(*)"]
    for name, kind in columns.items():
        content = f'sum("{name}")' if kind == "DOUBLE" else f'sum(hash("{name}"::{kind}))'
        parts.append(f'{content}, count("{name}")')
    row = con.execute(f"select {', '.join(parts)} from {side}.marts.{mart}").fetchone() or ()
    pairs = list(zip(row[::2], row[1::2], strict=True))
    return dict(zip(["_rows", "_row", *columns], pairs, strict=True))


def _is_same(night: tuple[float, float], hand: tuple[float, float], *, is_double: bool) -> bool:
    if not is_double or night[0] is None or hand[0] is None:
        return night == hand
    return night[1] == hand[1] and abs(night[0] - hand[0]) <= TOLERANCE * max(abs(night[0]), 1.0)
