"""Attainment by team as a picture: a bar per team, as long as its figure."""

from __future__ import annotations

import re
import struct

from pipelines.tell.picture import TeamAttainment, attainment_png, attainment_svg

EAST = TeamAttainment("华东", 0.6, "behind")
WEST = TeamAttainment("West", 1.2, "ahead")


def bars(svg: str) -> list[tuple[float, str]]:
    return [
        (float(width), colour)
        for width, colour in re.findall(r'width="([\d.]+)" height="20" fill="(#\w+)"', svg)
    ]


def test_the_best_team_stands_on_top_and_its_bar_fills_the_width() -> None:
    svg = attainment_svg([EAST, WEST], "March")
    assert bars(svg) == [(480.0, "#2e8b57"), (240.0, "#c0392b")]
    assert re.findall(r">([^<>]+)</text>", svg) == ["March", "West", "120.0%", "华东", "60.0%"]


def test_the_line_at_100_percent_stands_where_a_bar_of_100_percent_ends() -> None:
    # A name of four letters takes 28 pixels, the bars begin at 44; 100 % of 120 % are 400 of 480.
    assert '<path d="M444.0 34 V60"' in attainment_svg([WEST], "")
    # Nobody reached 100 %: the line closes the picture, and 60 % are 288 of 480.
    svg = attainment_svg([EAST], "")
    assert '<path d="M520.0 34 V60"' in svg and bars(svg) == [(288.0, "#c0392b")]


def test_more_taken_back_than_signed_is_a_figure_without_a_bar() -> None:
    svg = attainment_svg([TeamAttainment("A", -0.05, "behind")], "")
    assert bars(svg) == [(0.0, "#c0392b")] and ">-5.0%</text>" in svg


def test_a_name_is_text_and_no_markup() -> None:
    assert "<b>" not in attainment_svg([TeamAttainment("<b>x</b>", 1.0, "normal")], "<b>")


def test_the_picture_is_a_png_of_twice_the_size() -> None:
    png = attainment_png([EAST, WEST], "三月 达成率")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    # 16 + 4 letters × 7 + 480 + 56 wide; 34 + 2 lines × 26 + 8 high.
    assert struct.unpack(">II", png[16:24]) == (2 * 580, 2 * 94)
