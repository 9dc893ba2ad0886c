"""The board of a demo company after its night, as its readers open it: from the disk, in a browser.

Screenshots of desk and phone are kept in build/screenshots to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.board_figures import (
    all_pages,
    figures_of,
    misread_figures,
    wrong_figures,
    wrong_months,
)
from tests.nights import marts, tiny_company

pytestmark = pytest.mark.deep(topic="browser")

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
LISTS = ("people", "leaderboard", "stalled", "customers", "meetings", "health", "definitions")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo company whose night is published."""
    return tiny_company(tmp_path_factory.mktemp("board") / "company")


@pytest.fixture(scope="module")
def board(home: Path) -> Path:
    return home / "published" / "board"


@dataclass
class Watched:
    """A page and what it did that it should not do."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, board: Path, name: str) -> Page:
        self.page.goto((board / name).absolute().as_uri())
        return self.page


@pytest.fixture(params=WIDTHS, ids=list(WIDTHS))
def watched(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Watched]:
    wide, high = WIDTHS[request.param]
    context = browser.new_context(viewport={"width": wide, "height": high}, locale="zh-CN")
    page = context.new_page()
    seen = Watched(page)
    page.on("console", lambda message: seen.messages.append(message.text))
    page.on("pageerror", lambda error: seen.messages.append(str(error)))
    page.on("request", lambda asked: seen.requests.append(asked.url))
    yield seen
    context.close()


def scope_pages(board: Path, kind: str) -> list[str]:
    return [
        page
        for page in all_pages(board)
        if page.startswith(f"zh/{kind}") and not page.endswith("-rows.html")
    ]


def kinds_of_pages(board: Path) -> list[str]:
    """One page of each kind, in both languages."""
    stems = ["index", "index-rows", *LISTS]
    for kind in ("region", "team", "person"):
        first = Path(scope_pages(board, kind)[0]).stem
        stems += [first, f"{first}-rows"]
    return [f"{language}/{stem}.html" for language in ("zh", "en") for stem in stems]


def test_every_page_opens_without_an_error_a_request_or_a_sideways_scroll(
    watched: Watched, board: Path
) -> None:
    too_wide = []
    pages = [name for name in all_pages(board) if name != "index.html"]
    for name in pages:
        page = watched.open(board, name)
        asked, given = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if asked > given:
            too_wide.append((name, asked))
    assert len(pages) > 60
    assert watched.messages == []
    assert too_wide == []
    outside = [url for url in watched.requests if not re.match(r"(file|data):", url)]
    assert outside == []


def test_each_kind_of_page_has_no_serious_accessibility_finding(
    watched: Watched, board: Path
) -> None:
    axe = Axe()
    found = []
    for name in kinds_of_pages(board):
        result = axe.run(watched.open(board, name))
        found += [
            (name, one["id"], one["impact"], one["nodes"][0]["html"][:160])
            for one in result.response["violations"]
        ]
    assert found == []


def test_screenshots_are_kept_to_be_looked_at(
    watched: Watched, board: Path, request: pytest.FixtureRequest
) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    team, person = (scope_pages(board, kind)[0] for kind in ("team", "person"))
    for label, name in (
        ("company", "zh/index.html"), ("company-en", "en/index.html"), ("team", team),
        ("person", person), ("meetings", "zh/meetings.html"), ("health", "zh/health.html"),
    ):  # fmt: skip
        page = watched.open(board, name)
        width = request.node.callspec.params["watched"]
        page.screenshot(path=SCREENSHOTS / f"board-{label}-{width}.png", full_page=True)


def test_every_figure_on_every_page_is_the_marts(home: Path, board: Path) -> None:
    shown = home / "published" / "marts.duckdb"
    with duckdb.connect() as con:
        con.execute(f"attach '{shown}' as shown (read_only)")
        con.execute("use shown")
        assert wrong_figures(con, board) == []
        wrong, months = wrong_months(con, board)
        assert wrong == [] and months > 100
    assert misread_figures(board) == [], "what is written is what the mart has, to its last digit"
    assert sum(1 for _ in figures_of(board)) > 5000


def test_the_lines_of_the_chart_end_at_the_marts_target_and_actual(
    watched: Watched, board: Path
) -> None:
    page = watched.open(board, "zh/index.html")
    which = "svg.chart:visible"
    [goal, now] = page.evaluate(
        """() => {
            const chart = [...document.querySelectorAll('svg.chart')].find(
                one => one.getBoundingClientRect().width > 0 && one.querySelector('.now'));
            const ends = line => line.getAttribute('points').split(' ').pop().split(',').map(Number);
            const dot = chart.querySelector('.now');
            return [
                [ends(chart.querySelector('.target')), ends(chart.querySelector('.actual'))],
                [Number(dot.getAttribute('cx')), Number(dot.getAttribute('cy'))],
            ];
        }"""
    )
    assert page.locator(which).count() >= 3
    [_, actual] = goal
    assert actual == now


def test_an_alerts_link_leads_to_the_persons_page_at_that_kind(
    watched: Watched, board: Path, home: Path
) -> None:
    [(person, kind)] = marts(
        home,
        "select owner_id, kind from mart_alert where cleared_on is null and not is_retracted "
        "and owner_id in (select person_id from dim_person) order by 1, 2 limit 1",
    )
    page = watched.page
    page.goto(f"{(board / 'index.html').absolute().as_uri()}#person={person}&alert={kind}")
    page.wait_for_url(re.compile(f"/zh/person-.*#alert-{kind}$"))
    assert page.locator(f"#alert-{kind}").count() == 1
    page.goto((board / "index.html").absolute().as_uri())
    page.wait_for_url(re.compile("/zh/index.html$"))


def test_a_link_with_a_person_that_nobody_knows_leads_to_the_company(
    watched: Watched, board: Path
) -> None:
    page = watched.page
    page.goto(f"{(board / 'index.html').absolute().as_uri()}#person=__proto__&alert=x")
    page.wait_for_url(re.compile("/zh/index.html$"))


def test_it_prints_on_a4_without_cutting_a_table(browser: Browser, board: Path) -> None:
    context = browser.new_context(viewport={"width": 703, "height": 1000})  # 186 mm at 96 dpi
    page = context.new_page()
    page.emulate_media(media="print")
    for name in kinds_of_pages(board):
        page.goto((board / name).absolute().as_uri())
        wide = page.evaluate(
            "[...document.querySelectorAll('table, svg')].filter("
            "one => one.getBoundingClientRect().right > 704).length"
        )
        assert wide == 0, name
        assert page.locator("nav").is_hidden()
    assert page.pdf(prefer_css_page_size=True)[:5] == b"%PDF-"
    context.close()
