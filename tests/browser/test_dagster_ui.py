"""What the data team sees: the Dagster UI on a demo company after its night, in a real browser.

Screenshots are kept in build/screenshots to be looked at.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from pipelines.demo import write_demo_company
from tests.nights import marts, night

pytestmark = pytest.mark.deep(topic="browser")

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
START_SECONDS = 180


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo company whose night is published."""
    folder = tmp_path_factory.mktemp("ui") / "company"
    write_demo_company(folder, scale="tiny")
    result = night(folder)
    assert result.outcome == "published", result.reason_en
    return folder


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """`gapwise serve` on that company."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pipelines.cli",
            "serve",
            "--home",
            str(home),
            "--port",
            str(port),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{base}/server_info", server)
        yield base
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert server.poll() is None, f"gapwise serve ended with {server.returncode}"
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(1)
    pytest.fail(f"{url} did not answer within {START_SECONDS} s")


def visit(page: Page, address: str, path: str) -> None:
    page.goto(address + path)
    skip = page.get_by_role("button", name="Skip")
    if skip.count():
        skip.first.click()


def keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"dagster-{name}.png")


def test_the_graph_reads_as_the_flow_from_sources_to_published_marts(
    page: Page, address: str
) -> None:
    # What lies outside the window is not drawn; the marts stand above each other.
    page.set_viewport_size({"width": 2400, "height": 2400})
    visit(page, address, "/asset-groups")
    drawing = page.locator("svg foreignObject")
    flow = [
        "sources",
        "landed",
        "staging",
        "intermediate",
        "target_marts",
        "gap_marts",
        "published",
    ]
    left: list[float] = []
    for group in flow:
        node = drawing.filter(has_text=re.compile(f"^{group}$")).first
        expect(node).to_be_visible()
        box = node.bounding_box()
        assert box is not None
        left.append(box["x"])
    keep(page, "graph")
    assert left == sorted(left) and len(set(left)) == len(left), dict(zip(flow, left, strict=True))


def test_the_checks_of_the_latest_night_show_on_the_asset_they_are_about(
    page: Page, address: str
) -> None:
    visit(page, address, "/assets/landed/orders?view=checks")
    expect(page.get_by_text("This is a blocking asset check.")).to_be_visible()
    expect(page.get_by_text("Passed", exact=True).first).to_be_visible()
    expect(page.get_by_text("落地表的列与数据契约完全一致").first).to_be_visible()
    keep(page, "checks")


def test_a_mart_tells_its_rows_its_columns_and_its_grain_in_both_languages(
    page: Page, address: str, home: Path
) -> None:
    visit(page, address, "/assets/marts/mart_gap?view=overview")
    rows = marts(home, "select count(*) from mart_gap")[0][0]
    expect(page.get_by_text(f"{rows:,}", exact=True).first).to_be_visible()
    for text in ("gap_to_date", "decimal(18,2)", "One row per metric", "每个指标"):
        expect(page.get_by_text(text).first).to_be_visible()
    keep(page, "mart")


def test_the_night_shows_as_a_finished_run_of_its_day(page: Page, address: str) -> None:
    visit(page, address, "/runs")
    expect(page.get_by_text("Success").first).to_be_visible()
    expect(page.get_by_text("2026-03-10").first).to_be_visible()
    keep(page, "runs")
