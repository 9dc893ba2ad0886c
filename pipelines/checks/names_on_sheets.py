"""Names that a sheet uses and nobody knows: people, teams, regions, products."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.core.names import normalise_name, resolve_aliases, said_nearest

if TYPE_CHECKING:
    import duckdb

# Where the names of each kind are established: the company's own lists, else its main records.
_KNOWN = {
    "person": "select person_id as name from landed.people union select name from landed.people",
    "team": "select name from landed.org_units where kind = 'team' union "
    "select node from rules.organisation where kind = 'team' union select team from landed.people",
    "region": "select name from landed.org_units where kind = 'region' union "
    "select node from rules.organisation where kind = 'region' union "
    "select region from landed.people",
    "product_line": "select product_line as name from landed.orders union "
    "select product_line from landed.opportunities",
}
# Where people write them.
_WRITTEN = {
    "person": (
        ("targets", "person"), ("tasks", "assignee"), ("progress", "reported_by"),
        ("activities", "person_id"), ("accounts", "owner_id"), ("opportunities", "owner_id"),
        ("leads", "owner_id"), ("orders", "person_id"), ("quotes", "person_id"),
        ("credit_splits", "person_id"),
    ),
    "team": (("targets", "team"), ("people", "team")),
    "region": (
        ("targets", "region"), ("accounts", "region"), ("opportunities", "region"),
        ("orders", "region"), ("leads", "region"), ("market", "region"),
    ),
    "product_line": (
        ("orders", "product_line"), ("opportunities", "product_line"), ("targets", "product_line"),
        ("leads", "product_line"), ("market", "product_line"),
    ),
}  # fmt: skip
_WORDS = {
    "person": ("人员", "person"), "team": ("团队", "team"), "region": ("大区", "region"),
    "product_line": ("产品线", "product line"),
}  # fmt: skip


@dataclass(frozen=True)
class UnknownName:
    """One name that nobody knows, where it stands, and what it may have meant."""

    kind: str
    value: str
    column: str
    row_count: int
    source_row: str
    nearest: tuple[str, ...]

    @property
    def message_zh(self) -> str:
        """Say it in Chinese, with the fix."""
        near, _ = said_nearest(self.nearest)
        return (
            f"{self.source_row}：没有名为“{self.value}”的{_WORDS[self.kind][0]}{near}。"
            "请在规则工作簿的“别名”表中登记，或改正表格。"
        )

    @property
    def message_en(self) -> str:
        """Say it in English, with the fix."""
        _, near = said_nearest(self.nearest)
        return (
            f"{self.source_row}: nobody knows the {_WORDS[self.kind][1]} {self.value!r}{near}. "
            "Add it to the sheet Aliases of the rules workbook, or correct the sheet."
        )


def unknown_names(
    con: duckdb.DuckDBPyConnection, aliases: Iterable[Mapping[str, object]]
) -> list[UnknownName]:
    """List the names of every kind that the company's lists do not hold, most rows first.

    A kind that the company keeps no list of is left out. Of several spellings of one name
    (GTXPro, GTX Pro) the most frequent is the known one.
    """
    table = list(aliases)
    found = [each for kind in _KNOWN for each in _of_kind(con, kind, table)]
    return sorted(found, key=lambda each: (-each.row_count, each.kind, each.value, each.column))


def _of_kind(
    con: duckdb.DuckDBPyConnection, kind: str, aliases: list[Mapping[str, object]]
) -> list[UnknownName]:
    listed = [n for (n,) in con.execute(_KNOWN[kind]).fetchall() if n]
    if not listed:
        return []
    written = con.execute(
        " union all ".join(
            f"select {column} as value, '{entity}.{column}' as place, count(*) as n, "
            f"min(source_row) as first_at from landed.{entity} "
            f"where {column} is not null group by 1"
            for entity, column in _WRITTEN[kind]
        )
        + " order by place, value"
    ).fetchall()
    known = _one_spelling(listed, written) if kind == "product_line" else listed
    resolved = resolve_aliases([value for value, *_ in written], aliases, kind, known)
    exact = set(known) | {str(row["name"]) for row in aliases if row["kind"] == kind}
    return [
        UnknownName(
            kind, value, place, rows, first_at,
            tuple(n.name for n in each.nearest) or ((each.name,) if each.name else ()),
        )
        for (value, place, rows, first_at), each in zip(written, resolved, strict=True)
        if each.name is None or value not in exact
    ]  # fmt: skip


def _one_spelling(listed: list[str], written: list[tuple[str, str, int, str]]) -> list[str]:
    """Keep the most frequent spelling of each name."""
    rows: dict[str, int] = defaultdict(int)
    for value, _, count, _ in written:
        rows[value] += count
    best: dict[str, str] = {}
    for name in sorted(listed, key=lambda name: (-rows[name], name)):
        best.setdefault(normalise_name(name).replace(" ", ""), name)
    return sorted(best.values())
