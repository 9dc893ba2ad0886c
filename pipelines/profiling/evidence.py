"""What the values of a column prove: dates, amounts, phones, unique ids, the words of a stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.landing.contract import Column
from pipelines.sources.files import TextTable

SAMPLE_ROWS = 500
# A few odd cells (a total, a remark) must not hide what a column is.
_ENOUGH = 0.9


@dataclass(frozen=True)
class Evidence:
    """Shares of the filled cells of one column, 0 to 1, over a sample of the rows."""

    filled: int
    rows: int
    distinct: int
    dates: dict[str, float]  # by date order; '' is a date that needs none
    ambiguous: float
    time: float
    money: float
    number: float
    boolean: float
    phone: float
    email: float
    comma: float
    longest: int
    samples: tuple[str, ...]

    @property
    def date_orders(self) -> list[str]:
        """Return the date orders under which the column reads as dates; [''] where none is needed."""
        if self.dates[""] >= _ENOUGH:
            return [""]
        return [order for order in ("ymd", "mdy", "dmy") if self.dates[order] >= 0.99]

    @property
    def is_date(self) -> bool:
        """Return whether the cells are dates and nothing else: 43659 may be a day, and may be an id."""
        return bool(self.date_orders) and self.number < _ENOUGH

    @property
    def is_figure(self) -> bool:
        """Return whether the cells are numbers, with a decimal point or a declared decimal comma."""
        return max(self.money, self.comma) >= _ENOUGH

    @property
    def has_decimal_comma(self) -> bool:
        """Return whether the cells are numbers only with a decimal comma: 1.234,50."""
        return self.money < _ENOUGH <= self.comma

    def fit(self, column: Column, is_key: bool) -> float:
        """Return how well the values suit a column, 0 to 1; an empty column suits any a little."""
        if self.filled == 0:
            return 0.8
        if all(sample.startswith(("{", "[")) for sample in self.samples):
            return 0.2
        if column.type in ("date", "timestamp"):
            return 1.0 if self.is_date else 0.7 if self.date_orders else 0.0
        if column.type in ("money", "number", "integer"):
            share = max(self.money if column.type == "money" else self.number, self.comma)
            return share if share >= _ENOUGH and not self.is_date else share * 0.3
        if column.type == "boolean":
            return self.boolean
        if column.type == "phone":
            return max(self.phone, 0.6 if self.number < 1 else 0.3)
        if column.type == "email":
            return max(self.email, 0.6)
        return self._fit_of_words(column, is_key)

    def _fit_of_words(self, column: Column, is_key: bool) -> float:
        if column.type == "id":
            if self.is_date:
                return 0.6
            return 1.0 if not is_key or self.distinct >= 0.98 * self.filled else 0.35
        if self.is_date and column.type != "period":
            return 0.2
        if column.name in ("stage", "to_stage", "kind", "status") and self.distinct > max(
            30, self.filled / 4
        ):
            return 0.3
        if column.name == "state" and self.distinct > 4:
            return (
                0.5  # a customer is active, paused or invalid; more words are states of a country
            )
        if column.type == "name" and self.money >= _ENOUGH and column.name in ("name", "company"):
            return 0.3
        return 1.0


class TableEvidence:
    """Look at the first rows of a table, column by column, each when it is first asked for.

    Few of a wide table's columns are candidates for anything. A table that only adds columns to
    another one, or picks rows of it, takes over what was seen of the columns that both have.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, table: TextTable, base: TableEvidence | None = None
    ) -> None:
        self._con, self._table, self._base = con, table, base
        self._seen: dict[int, Evidence] = {}

    def __getitem__(self, position: int) -> Evidence:
        """Return what the values of one column prove."""
        base = self._base
        if base is not None and position < len(base._table.headers):
            same = base._table.headers[position] == self._table.headers[position]
            if same:
                return base[position]
        if position not in self._seen:
            sample = f"(select * from {self._table.relation} limit {SAMPLE_ROWS})"
            self._seen[position] = _look(self._con, sample, f"c{position}")
        return self._seen[position]


def _look(con: duckdb.DuckDBPyConnection, sample: str, cell: str) -> Evidence:
    (rows,) = con.execute(f"select count(*) from {sample}").fetchone() or (0,)
    asked = [
        "count(distinct v)",
        *(f"count(cell_date(v, ord := '{order}'))" for order in ("", "ymd", "mdy", "dmy")),
        "count(*) filter (cell_date_is_ambiguous(v))",
        "count(*) filter (cell_has_time(v))",
        "count(cell_money(v))",
        "count(cell_number(v))",
        "count(cell_boolean(v))",
        "count(*) filter (cell_phone_is_wellformed(v))",
        "count(*) filter (cell_email_is_wellformed(v))",
        "count(cell_money(cell_decimal_comma(v)))",
        "max(length(v))",
    ]
    found = con.execute(
        f"select count(*), {', '.join(asked)}"
        f" from (select {cell} as v from {sample} where not cell_is_blank({cell}))"
    ).fetchone()
    filled, distinct, plain, ymd, mdy, dmy, *rest = found or (0,) * 14
    shares = [count / filled if filled else 0.0 for count in (plain, ymd, mdy, dmy, *rest[:-1])]
    return Evidence(
        filled=filled,
        rows=rows,
        distinct=distinct,
        dates=dict(zip(("", "ymd", "mdy", "dmy"), shares[:4], strict=True)),
        ambiguous=shares[4],
        time=shares[5],
        money=shares[6],
        number=shares[7],
        boolean=shares[8],
        phone=shares[9],
        email=shares[10],
        comma=shares[11],
        longest=rest[-1] or 0,
        samples=_samples(con, sample, cell),
    )


def _samples(con: duckdb.DuckDBPyConnection, sample: str, cell: str) -> tuple[str, ...]:
    rows: Sequence[tuple[str]] = con.execute(
        f"select left(regexp_replace({cell}, '\\s+', ' ', 'g'), 40) as v from {sample} where not cell_is_blank({cell})"
        " group by v order by min(_row) limit 3"
    ).fetchall()
    return tuple(value for (value,) in rows)
