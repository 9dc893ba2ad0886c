"""Attainment by team as a picture, for channels that take one."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class TeamAttainment:
    """One bar.

    Attributes:
        team: name.
        attainment_rate: actual ÷ target, 0 to 1 and above.
        status: behind, watch, normal or ahead.
    """

    team: str
    attainment_rate: float
    status: str


_COLOURS = {"behind": "#c0392b", "watch": "#e0a100", "normal": "#4c78a8", "ahead": "#2e8b57"}
_FONT = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
# Pixels: of a line, of what stands over the first, of the longest bar, of the figures beside.
_LINE, _HEAD, _BAR, _FIGURE = 26, 34, 480, 56


def attainment_png(teams: Sequence[TeamAttainment], title: str) -> bytes:
    """Return a bar chart as PNG, best team on top.

    Args:
        teams: one bar each.
        title: over the chart.
    """
    import vl_convert

    return bytes(vl_convert.svg_to_png(attainment_svg(teams, title), scale=2))


def attainment_svg(teams: Sequence[TeamAttainment], title: str) -> str:
    """Return the same chart as SVG: a bar and its figure per team, and a line at 100 %."""
    left = 16 + max((_width(one.team) for one in teams), default=0)
    # The longest bar fills the width; below 100 % the line does, so that it is always there.
    unit = _BAR / max(1.0, *(one.attainment_rate for one in teams))
    width, height = left + _BAR + _FIGURE, _HEAD + _LINE * len(teams) + 8
    marks = [
        Markup('<rect width="100%" height="100%" fill="#fff"/>'),
        Markup('<text x="8" y="20" font-size="14" font-weight="bold">{}</text>').format(title),
    ]
    for number, one in enumerate(sorted(teams, key=lambda team: -team.attainment_rate)):
        top = _HEAD + _LINE * number
        long = max(0.0, one.attainment_rate) * unit
        marks += [
            Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(
                left - 8, top + 17, one.team
            ),
            Markup('<rect x="{}" y="{}" width="{:.1f}" height="20" fill="{}"/>').format(
                left, top + 3, long, _COLOURS.get(one.status, "#888")
            ),
            Markup('<text x="{}" y="{}">{:.1%}</text>').format(
                left + _BAR + 6, top + 17, one.attainment_rate
            ),
        ]
    marks.append(
        Markup('<path d="M{:.1f} {} V{}" stroke="#333" stroke-dasharray="3 3"/>').format(
            left + unit, _HEAD, height - 8
        )
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" font-size="12" '
        'font-family="{}" fill="#333">{}</svg>'
    ).format(width, height, _FONT, Markup("").join(marks))


def _width(text: str) -> int:
    """Return about how many pixels a name takes; a Chinese character is as wide as it is high."""
    return sum(12 if unicodedata.east_asian_width(sign) in "WF" else 7 for sign in text)
