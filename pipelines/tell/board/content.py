"""What each page shows: rows of the marts grouped by subject, in the order of reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from pipelines.core.alerts.model import SEVERITIES
from pipelines.tell.board.fan import Landing
from pipelines.tell.board.rows import Row
from pipelines.tell.board.scopes import NOBODY, Scope, scopes_of

Key = tuple[str, str]
PERIODS = ("quarter", "month", "year")
# Metrics that get a card, with the rows behind them; others stand in the table of all metrics.
CARDS = (
    ("signed_amount", "bookings"),
    ("collected_amount", "payments"),
    ("new_customer_count", "bookings"),
    ("order_count", "bookings"),
    ("visit_count", "activities"),
    ("call_count", "activities"),
)
MOST_CARDS = 4
FEWEST_IN_HEAT = 10
_SHADES = (0.3, 0.55, 0.7, 0.85)


@dataclass(frozen=True)
class Heat:
    """A heat map: one line per subject, one cell per stage.

    Attributes:
        label: which weeks or quarter.
        kind: team or person.
        stages: in order.
        rows: kind, id, name, cells by stage.
        rate, count: the columns shown.
    """

    label: str
    kind: str
    stages: Sequence[str]
    rows: Sequence[tuple[str, str, str, Mapping[str, Row]]]
    rate: str
    count: str

    def shade(self, cell: Row) -> str:
        """Return the class of a cell: grey where too few deals entered, else a step of five."""
        rate = cell[self.rate]
        if rate is None or cell[self.count] < FEWEST_IN_HEAT:
            return "grey"
        return f"h{sum(rate >= step for step in _SHADES)}"


@dataclass
class Content:
    """Everything the board knows of one night.

    Attributes:
        rows: what `read_all` returned.
        as_of: D.
        company: the company's name.
        packs: meeting packs: title zh, title en, name, columns and rows.
    """

    rows: Mapping[str, Sequence[Row]]
    as_of: date
    company: str
    packs: Sequence[Any] = ()
    _grouped: dict[str, dict[Key, list[Row]]] = field(default_factory=dict)

    @cached_property
    def scopes(self) -> list[Scope]:
        """Subjects with a page."""
        return scopes_of(self.rows, self.company)

    @cached_property
    def pages(self) -> Mapping[Key, Scope]:
        """Subjects by scope type and id."""
        return {scope.key: scope for scope in self.scopes}

    @cached_property
    def metric_names(self) -> Mapping[str, Row]:
        """Metrics by id."""
        return {row["metric"]: row for row in self.rows["metric"]}

    def of_scope(self, name: str, key: Key) -> list[Row]:
        """Return the rows of a query that carry scope_type and scope_id."""
        return self._group(name, lambda r: [(r["scope_type"], r["scope_id"])]).get(key, [])

    def of_leaf(self, name: str, key: Key) -> list[Row]:
        """Return the rows of a query that carry a person, a team and a region."""

        def keys(row: Row) -> list[Key]:
            leaves = ((kind, row[f"{kind}_id" if kind == "person" else kind]) for kind in _LEAVES)
            return [("company", "company"), *((kind, id_) for kind, id_ in leaves if id_)]

        return self._group(name, keys).get(key, [])

    def _group(self, name: str, keys: Callable[[Row], Iterable[Key]]) -> dict[Key, list[Row]]:
        if name not in self._grouped:
            groups: dict[Key, list[Row]] = defaultdict(list)
            for row in self.rows[name]:
                for key in keys(row):
                    groups[key].append(row)
            self._grouped[name] = groups
        return self._grouped[name]

    def attainment(self, key: Key, metric: str, period_type: str) -> Row | None:
        """Return one row of attainment; None where there is none."""
        return self._attainment.get((key, metric, period_type))

    @cached_property
    def _attainment(self) -> Mapping[tuple[Key, str, str], Row]:
        return {
            ((row["scope_type"], row["scope_id"]), row["metric"], row["period_type"]): row
            for row in self.rows["attainment"]
        }

    def cards(self, key: Key) -> list[tuple[str, str, list[Row]]]:
        """Return metric, place of its rows and its running periods, of those with a target."""
        found = []
        for metric, anchor in CARDS:
            rows = [
                row
                for period in PERIODS
                if (row := self.attainment(key, metric, period)) and row["target"] is not None
            ]
            if rows:
                found.append((metric, anchor, rows))
        return found[:MOST_CARDS]

    def landing(self, key: Key) -> Landing | None:
        """Return the running quarter day by day; None where nothing is known of it."""
        row = self.attainment(key, "signed_amount", "quarter")
        if row is None:
            return None
        return Landing(
            begin_on=row["period_start"],
            end_on=row["period_end"],
            as_of=self.as_of,
            targets={r["day"]: r["amount"] for r in self.of_scope("target_day", key)},
            bookings={r["day"]: r["amount"] for r in self.of_scope("booking_day", key)},
            attainment=row,
            forecast=self.of_quarter("forecast", key),
        )

    def of_quarter(self, name: str, key: Key) -> Row | None:
        """Return a scope's row of the running quarter."""
        rows = self.of_scope(name, key)
        return next((row for row in rows if row["period_type"] == "quarter"), None)

    def gap(self, key: Key) -> Row | None:
        """Return the running quarter's gap, where it has a target."""
        row = self.of_quarter("gap", key)
        return row if row and row["target"] is not None and row["gap"] is not None else None

    def children(self, scope: Scope) -> list[tuple[str, list[Row]]]:
        """Return what a subject consists of, each part with its quarter's signed amount."""
        kinds = {"company": ("region", "team"), "region": ("team", "person"), "team": ("person",)}
        found = []
        for kind in kinds.get(scope.kind, ()):
            rows = [
                row
                for row in self.rows["attainment"]
                if row["scope_type"] == kind
                and (row["metric"], row["period_type"]) == ("signed_amount", "quarter")
                and row["target"] is not None
                and self._is_inside(scope, kind, row["scope_id"])
            ]
            rows.sort(key=lambda r: (-(r["attainment_rate"] or 0.0), r["scope_id"]))
            found.append((kind, rows))
        return [(kind, rows) for kind, rows in found if rows]

    def _is_inside(self, scope: Scope, kind: str, id_: str) -> bool:
        if scope.kind == "company":
            return True
        child = self.pages.get((kind, id_))
        return child is not None and scope.id == (
            child.region if scope.kind == "region" else child.team
        )

    def members(self, scope: Scope) -> list[Scope]:
        """Return the people of a team or region."""
        people = (one for one in self.scopes if one.kind == "person")
        if scope.kind == "company":
            return list(people)
        return [p for p in people if scope.id == (p.team if scope.kind == "team" else p.region)]

    def funnel(self, key: Key) -> list[tuple[str, list[Row], int]]:
        """Return the newest ripe quarter and the running one: label, stages, greatest count."""
        by_label: dict[str, list[Row]] = defaultdict(list)
        for row in self.of_scope("funnel", key):
            by_label[row["period_label"]].append(row)
        labels = list(by_label)
        ripe = [x for x in labels if any(r["cohort_rate_90"] is not None for r in by_label[x])]
        chosen = dict.fromkeys([*labels[:1], *ripe[:1]])
        return [
            (label, by_label[label], max(row["entered"] for row in by_label[label]))
            for label in chosen
        ]

    def heat(self, scope: Scope) -> Heat:
        """Return stage × team of the newest ripe quarter, or stage × person of the latest week."""
        if scope.kind == "company":
            return self._heat_of_teams()
        ids = {one.id for one in self.members(scope)} if scope.kind != "person" else {scope.id}
        cells = [row for row in self.rows["heatmap"] if row["person_id"] in ids]
        names = {row["person_id"]: row["person_name"] for row in cells}
        return _heat(
            cells, "week_label", ("person", "person_id", names), ("stage", "stage_order"),
            ("advance_rate", "entered_count"),
        )  # fmt: skip

    def _heat_of_teams(self) -> Heat:
        teams = {scope.id: scope.name for scope in self.scopes if scope.kind == "team"}
        rows = [
            row
            for row in self.rows["funnel"]
            if row["scope_type"] == "team" and row["scope_id"] in teams
        ]
        ripe = sorted({r["period_label"] for r in rows if r["cohort_rate_90"] is not None})
        return _heat(
            [row for row in rows if ripe and row["period_label"] == ripe[-1]],
            "period_label", ("team", "scope_id", teams), ("from_stage", "from_stage_order"),
            ("plain_rate", "entered"),
        )  # fmt: skip

    def alerts(self, scope: Scope) -> list[tuple[str, list[Row]]]:
        """Return what a person is told, kind by kind, the dearest kind first."""
        if scope.kind != "person":
            return []
        by_kind: dict[str, list[Row]] = defaultdict(list)
        for row in self._of_owner.get(scope.id, []):
            by_kind[row["kind"]].append(row)
        return sorted(by_kind.items(), key=_urgency)

    @cached_property
    def _of_owner(self) -> Mapping[str, list[Row]]:
        owned: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows["alert"]:
            owned[row["owner_id"]].append(row)
        return owned

    def leaders(self, period_type: str) -> list[Row]:
        """Return the leaderboard of a running period."""
        return [
            row
            for row in self.rows["leaderboard"]
            if row["period_type"] == period_type and row["person_id"] not in NOBODY
        ]


_LEAVES = ("region", "team", "person")


def _urgency(item: tuple[str, Sequence[Row]]) -> tuple[int, float, str]:
    """Return what kinds of alerts are sorted by: severity, then money, good news last."""
    kind, rows = item
    severity = min(SEVERITIES.index(row["severity"]) for row in rows)
    return severity, -float(sum(row["value_amount"] or 0 for row in rows)), kind


def _heat(
    cells: Sequence[Row],
    label: str,
    subject: tuple[str, str, Mapping[str, str]],
    stage: tuple[str, str],
    shown: tuple[str, str],
) -> Heat:
    kind, id_column, names = subject
    by_subject: dict[str, dict[str, Row]] = defaultdict(dict)
    for cell in cells:
        by_subject[cell[id_column]][cell[stage[0]]] = cell
    stages = {cell[stage[0]]: cell[stage[1]] for cell in cells}
    return Heat(
        label=cells[0][label] if cells else "",
        kind=kind,
        stages=sorted(stages, key=lambda name: (stages[name], name)),
        rows=[
            (kind, id_, names.get(id_) or id_, by_subject[id_])
            for id_ in names
            if id_ in by_subject
        ],
        rate=shown[0],
        count=shown[1],
    )
