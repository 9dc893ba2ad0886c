"""Render the pages of the board in one language."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup

from pipelines.core.alerts.text import figure
from pipelines.tell.board import charts
from pipelines.tell.board.content import Content
from pipelines.tell.board.fan import landing_chart
from pipelines.tell.board.rows import Figures, Row
from pipelines.tell.board.scopes import Scope
from pipelines.tell.board.tables import ROW_TABLES, Table, health_of, list_pages
from pipelines.tell.board.words import Words

SHOWN_ON_SCOPE = 8
SHOWN_ON_PERSON = 60
SHOWN_ALERTS = 30
SHOWN_LEADERS = 10


def environment() -> jinja2.Environment:
    """Return the templates: every text escaped, a missing word or column an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("pipelines.tell.board"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass
class Renderer:
    """One language's pages of one night.

    Attributes:
        content: rows and subjects.
        language: zh or en.
        other_language: what the switch leads to; None for a board in one language.
        currency: ISO code.
        env: the templates.
    """

    content: Content
    language: str
    other_language: str | None
    currency: str
    env: jinja2.Environment

    def __post_init__(self) -> None:
        self.words = Words(self.language)
        self.figures = Figures(self.words)
        self.macros: Any = self.env.get_template("macros.html").module
        self.lines: Any = self.env.get_template("lines.html").module
        self._made: dict[tuple[str, int], Markup] = {}
        self._scope_page = self.env.get_template("scope.html")
        self._rows_page = self.env.get_template("rows.html")
        self._lists_page = self.env.get_template("lists.html")
        self._shared = {
            "w": self.words,
            "f": self.figures,
            "pages": self.content.pages,
            "company": self.content.company,
            "currency": self.currency,
            "as_of": self.content.as_of.isoformat(),
            "other_language": self.other_language,
            "menu": self._menu(),
            "health": health_of(self.content, self.words),
            "bullet": charts.bullet,
            "bar": charts.bar,
            "cover_bar": cover_bar,
            "columns": charts.columns,
            "waterfall": charts.waterfall,
            "landing_chart": landing_chart,
        }

    def render(self) -> Iterator[tuple[str, str]]:
        """Return file name and page of every page."""
        for scope in self.content.scopes:
            yield scope.page, self._scope(scope)
            yield scope.rows_page, self._rows(scope)
        for file, title, tables in list_pages(self.content, self):
            yield (
                file,
                self._lists_page.render(**self._shared, file=file, title=title, tables=tables),
            )

    def lines_of(self, macro: str, rows: Sequence[Row]) -> Markup:
        """Return rows as lines of a table; each is made once and shown on several pages."""
        make = getattr(self.macros, macro)
        for row in rows:
            if (macro, id(row)) not in self._made:
                self._made[macro, id(row)] = make(row, self.words, self.figures, self.content.pages)
        return Markup("").join(self._made[macro, id(row)] for row in rows)

    def _menu(self) -> list[tuple[str, str]]:
        words = self.words
        return [
            ("index.html", words.company),
            ("people.html", words.people),
            ("leaderboard.html", words.leaderboard),
            ("stalled.html", words.stalled),
            ("customers.html", words.customers),
            ("meetings.html", words.meetings),
            ("health.html", words.health),
            ("definitions.html", words.definitions),
        ]

    def _scope(self, scope: Scope) -> str:
        content, words, key = self.content, self.words, scope.key
        gap = content.gap(key)
        causes = content.of_scope("gap_cause", key) if gap else []
        landing = content.landing(key)
        quarter = content.attainment(key, "signed_amount", "quarter")
        heat = content.heat(scope)
        return self._scope_page.render(
            **self._shared,
            file=scope.page,
            title=scope.name,
            scope=scope,
            rows_page=scope.rows_page,
            crumbs=self._crumbs(scope),
            cards=[
                {"name": self.metric_name(metric), "anchor": anchor, "rows": rows}
                for metric, anchor, rows in content.cards(key)
            ],
            alerts=[
                (kind, rows[:SHOWN_ALERTS], max(0, len(rows) - SHOWN_ALERTS))
                for kind, rows in content.alerts(scope)
            ],
            landing=landing,
            landing_row=quarter,
            forecast=content.of_quarter("forecast", key),
            gap=gap,
            causes=causes,
            steps=charts.waterfall_steps(gap, causes, words) if gap else [],
            sentence=gap.get(f"sentence_{self.language}") if gap else None,
            children=[
                (getattr(words, f"{kind}s" if kind != "person" else "people"), rows)
                for kind, rows in content.children(scope)
            ],
            children_label=f"{self.metric_name('signed_amount')} {quarter['period_label']}"
            if quarter
            else "",
            funnel=content.funnel(key),
            heat=_Heat(heat, getattr(words, heat.kind)),
            coverage=content.of_scope("coverage", key),
            stalled=self._part("stalled", scope),
            followup=self._part("followup", scope),
            leaders=content.leaders("quarter")[:SHOWN_LEADERS] if scope.kind == "company" else [],
            months=content.of_scope("months", key),
            signed_name=self.metric_name("signed_amount"),
        )

    def _crumbs(self, scope: Scope) -> list[Scope]:
        """Return the way from the company down to a subject, itself left out."""
        above = [("company", "company"), ("region", scope.region), ("team", scope.team)]
        return [
            self.content.pages[key]  # type: ignore[index]
            for key in above
            if key in self.content.pages and key != scope.key
        ]

    def _part(self, name: str, scope: Scope) -> dict[str, Any]:
        rows = self.content.of_leaf(name, scope.key)
        shown = rows[: SHOWN_ON_PERSON if scope.kind == "person" else SHOWN_ON_SCOPE]
        return {"total": len(rows), "shown": len(shown), "rows": self.lines_of(name, shown)}

    def _rows(self, scope: Scope) -> str:
        tables: list[Table] = []
        for declared in ROW_TABLES:
            rows = declared.rows_of(self.content, scope)
            if rows is not None:
                tables.append(declared.table(self, rows))
        return self._rows_page.render(
            **self._shared,
            file=scope.rows_page,
            title=f"{scope.name} · {self.words.rows_title}",
            scope=scope,
            tables=tables,
        )

    def metric_name(self, metric: str) -> str:
        """Return what a metric is called."""
        row = self.content.metric_names.get(metric)
        return row[f"metric_name_{self.language}"] if row else metric

    def check_found(self, row: Row) -> str:
        """Return what a check found as words: its figures, name by name."""
        found = json.loads(row["figures"] or "{}")
        return ", ".join(f"{name} {figure(name, value)}" for name, value in found.items()) or "–"


class _Heat:
    """A heat map with the name of what its lines are."""

    def __init__(self, heat: Any, of: str) -> None:
        self._heat = heat
        self.of = of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._heat, name)


def cover_bar(row: Row) -> Markup:
    """Draw coverage against the required: full width is the greater of both."""
    ratio, required = row["coverage_ratio"], row["required_coverage"]
    if ratio is None:
        return Markup("")
    full = max(ratio, required or 0.0, 1.0) * 1.05
    is_short = required is not None and ratio < required
    return charts.bar(
        ratio / full, "behind" if is_short else "normal", required / full if required else None
    )
