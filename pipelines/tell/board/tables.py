"""The tables of the board: rows behind figures, and pages that are tables alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipelines.tell.board import charts
from pipelines.tell.board.content import Content
from pipelines.tell.board.rows import Row
from pipelines.tell.board.scopes import Scope
from pipelines.tell.board.words import Words

if TYPE_CHECKING:
    from pipelines.tell.board.pages import Renderer

MOST_ROWS = 500
_UNITS_OF_PACKS = {
    "amount": "money", "gap_to_date": "money", "required_run_rate": "money", "target": "number",
    "actual": "number", "next_target": "number", "proposed_target": "number", "lag_rate": "rate",
    "deviation_rate": "rate", "attainment_rate": "rate", "tasks_done": "count",
    "tasks_open": "count",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table as a template shows it.

    Attributes:
        anchor, title: its heading.
        headers: name and class of each column.
        rows: lines, ready.
        total, shown: how many rows there are, and how many stand here.
        mart: where the rest stands.
    """

    anchor: str
    title: str
    headers: Sequence[tuple[str, str]]
    rows: Markup
    total: int
    shown: int
    mart: str


@dataclass(frozen=True)
class RowTable:
    """A kind of rows behind figures.

    Attributes:
        anchor: where figures lead.
        title: word of its heading.
        macro: of macros.html, one line per row.
        headers: word and class of each column.
        rows_of: the rows of a subject; None where the table is not for it.
    """

    anchor: str
    title: str
    macro: str
    headers: Sequence[tuple[str, str]]
    rows_of: Callable[[Content, Scope], list[Row] | None]

    def table(self, pages: Renderer, rows: list[Row]) -> Table:
        """Return the table of these rows, cut where it would weigh too much."""
        shown = rows[:MOST_ROWS]
        return Table(
            self.anchor,
            getattr(pages.words, self.title),
            [(getattr(pages.words, word), kind) for word, kind in self.headers],
            pages.lines_of(self.macro, shown),
            len(rows),
            len(shown),
            rows[0].mart if rows else "",
        )


def _activities(content: Content, scope: Scope) -> list[Row] | None:
    return content.of_leaf("activity", scope.key) if scope.kind in ("person", "team") else None


_TRACE = ("traced_to", "trace")
_DEAL = (
    ("deal", ""), ("stage", ""), ("person", ""), ("amount", "num"), ("expected_close", ""),
    ("date", ""), _TRACE,
)  # fmt: skip
ROW_TABLES = (
    RowTable(
        "bookings", "bookings", "booking",
        (("date", ""), ("kind", ""), ("customer", ""), ("person", ""), ("product_line", ""),
         ("amount", "num"), _TRACE),
        lambda content, scope: content.of_leaf("booking", scope.key),
    ),
    RowTable(
        "payments", "payments", "payment",
        (("date", ""), ("customer", ""), ("person", ""), ("amount", "num"), _TRACE),
        lambda content, scope: content.of_leaf("payment", scope.key),
    ),
    RowTable(
        "deals", "open_deals", "deal", _DEAL,
        lambda content, scope: [
            r for r in content.of_leaf("deal", scope.key) if r["is_open"]
        ],
    ),
    RowTable(
        "closed", "closed_deals", "deal", _DEAL,
        lambda content, scope: [
            r for r in content.of_leaf("deal", scope.key) if not r["is_open"]
        ],
    ),
    RowTable(
        "activities", "activities", "activity",
        (("date", ""), ("kind", ""), ("customer", ""), ("qualifying", ""), ("content", ""),
         ("next_step", ""), _TRACE),
        _activities,
    ),
    RowTable(
        "metrics", "all_metrics", "metric_row",
        (("metric", ""), ("period", ""), ("target", "num"), ("actual", "num"),
         ("attainment", "num"), ("gap", "num"), ("yoy", "num"), ("mom", "num"), ("status", "")),
        lambda content, scope: content.of_scope("attainment", scope.key),
    ),
)  # fmt: skip


def health_of(content: Content, words: Words) -> dict[str, str]:
    """Return the line on top of every page: are the sources in time, is anything in quarantine."""
    rows = content.rows["source_health"]
    # Each by its own limit: a survey that comes every month is not late after a day.
    late = [r for r in rows if r["is_late"] or r["problem_en"]]
    bad = sum(r["rows_quarantined"] or 0 for r in rows)
    if late or bad:
        return {
            "kind": "warn",
            "sign": "◆",
            "text": words.fill("health_warn", len(late), bad),
        }
    return {"kind": "good", "sign": "●", "text": words.health_good}


def list_pages(content: Content, pages: Renderer) -> Iterator[tuple[str, str, list[Table]]]:
    """Return file, title and tables of the pages that are tables alone."""
    words = pages.words
    yield "people.html", words.people, [_people(content, pages)]
    yield "leaderboard.html", words.leaderboard, [
        _leaders(content, pages, period) for period in ("quarter", "month")
    ]  # fmt: skip
    yield "stalled.html", words.stalled, [
        _list(pages, "stalled", words.stalled_title, content.rows["stalled"], (
            (words.deal, ""), (words.owner, ""), (words.stage, ""), (words.amount, "num"),
            (f"{words.in_stage} / {words.allowed}", "num"), (words.expected_close, ""),
            (words.reasons, "")))
    ]  # fmt: skip
    yield "customers.html", words.customers, [
        _list(pages, "followup", words.of(status),
              [r for r in content.rows["followup"] if r["status"] == status], (
                  (words.customer, ""), (words.tier, ""), (words.owner, ""), (words.status, ""),
                  (words.last_contact, ""), (words.due_on, ""), (words.overdue_workdays, "num"),
                  (words.open_amount, "num")), anchor=status)
        for status in ("high_risk", "overdue", "due_soon")
    ]  # fmt: skip
    yield "meetings.html", words.meetings, [_pack(pack, pages) for pack in content.packs]
    yield "health.html", words.health, [_sources(content, pages), _checks(content, pages)]
    yield "definitions.html", words.definitions, [_metrics(content, pages)]


def _list(
    pages: Renderer, macro: str, title: str, rows: Sequence[Row],
    headers: Sequence[tuple[str, str]], anchor: str | None = None,
) -> Table:  # fmt: skip
    shown = rows[:MOST_ROWS]
    return Table(
        anchor or macro, title, headers, pages.lines_of(macro, shown), len(rows), len(shown),
        rows[0].mart if rows else "",
    )  # fmt: skip


def _whole(anchor: str, title: str, headers: Sequence[tuple[str, str]], lines: list[Any]) -> Table:
    return Table(anchor, title, headers, Markup("").join(lines), len(lines), len(lines), "")


def _people(content: Content, pages: Renderer) -> Table:
    words = pages.words
    lines = [
        pages.lines.person(
            scope, content.attainment(scope.key, "signed_amount", "quarter"), words,
            pages.figures, charts.bullet,
        )
        for scope in content.scopes
        if scope.kind == "person"
    ]  # fmt: skip
    headers = (
        (words.person, ""), (words.region, ""), (words.team, ""),
        (pages.metric_name("signed_amount"), "wide"), (words.attainment, "num"),
        (words.status, ""),
    )  # fmt: skip
    return _whole("people", words.people, headers, lines)


def _leaders(content: Content, pages: Renderer, period: str) -> Table:
    words = pages.words
    rows = content.leaders(period)
    label = rows[0]["period_label"] if rows else ""
    headers = (
        (words.rank, "num"), (words.person, ""), ("", "wide"), (words.attainment, "num"),
        (words.actual, "num"), (words.target, "num"), (words.moved, ""),
    )  # fmt: skip
    lines = [
        pages.macros.leader(row, words, pages.figures, content.pages, charts.bar) for row in rows
    ]
    return _whole(period, f"{words.of(period)} {label}", headers, lines)


def _pack(pack: Any, pages: Renderer) -> Table:
    """Return a meeting pack; of the metric's two names only the page's language is shown."""
    declared, words = pack.declaration, pages.words
    other = "metric_name_en" if words.language == "zh" else "metric_name_zh"
    shown = [column for column in declared.columns if column[0] != other]
    names = [name for name, _, _ in shown]
    place = 1 if words.language == "zh" else 2
    headers = [(column[place], "num" if column[0] in _UNITS_OF_PACKS else "") for column in shown]
    lines = [
        pages.lines.pack(names, row, pages.figures, _unit_of_pack, words, pages.content.pages)
        for row in pack.rows[:MOST_ROWS]
    ]
    title = declared.title_zh if words.language == "zh" else declared.title_en
    return Table(
        declared.name, title, headers, Markup("").join(lines), len(pack.rows), len(lines), ""
    )


def _unit_of_pack(column: str) -> str:
    return _UNITS_OF_PACKS.get(column, "text")


def _sources(content: Content, pages: Renderer) -> Table:
    words = pages.words
    headers = (
        (words.source, ""), (words.entity, ""), (words.status, ""), (words.covers_until, ""),
        (words.age, "num"), (words.rows_read, "num"), (words.rows_landed, "num"),
        (words.quarantined, "num"), (words.problem, ""),
    )  # fmt: skip
    lines = [pages.lines.source(r, words, pages.figures) for r in content.rows["source_health"]]
    return _whole("sources", words.sources, headers, lines)


def _checks(content: Content, pages: Renderer) -> Table:
    words = pages.words
    headers = ((words.about, ""), (words.check, ""), (words.found, ""))
    lines = [
        pages.lines.check(
            Row(r.mart, r.key, {**r.values, "found": pages.check_found(r)}), words, pages.figures
        )
        for r in content.rows["failed_check"]
    ]
    return _whole("checks", words.check_found, headers, lines)


def _metrics(content: Content, pages: Renderer) -> Table:
    words = pages.words
    headers = ((words.metric, ""), (words.definition, ""), (words.formula, ""))
    lines = [pages.lines.metric(r, words, pages.figures) for r in content.rows["metric"]]
    return _whole("metrics", words.definitions, headers, lines)
