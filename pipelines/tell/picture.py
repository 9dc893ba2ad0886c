"""Attainment by team as a picture, for channels that take one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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


def attainment_png(teams: Sequence[TeamAttainment], title: str) -> bytes:
    """Return a bar chart as PNG, best team on top.

    Args:
        teams: one bar each.
        title: over the chart.
    """
    import altair as alt
    import vl_convert as vlc

    font = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
    rows = [
        {"team": one.team, "rate": one.attainment_rate, "colour": _COLOURS.get(one.status, "#888")}
        for one in teams
    ]
    bars = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("rate:Q", title=None, axis=alt.Axis(format="%")),
            y=alt.Y("team:N", title=None, sort="-x"),
            color=alt.Color("colour:N", scale=None),
        )
    )
    words = bars.mark_text(align="left", dx=4).encode(
        text=alt.Text("rate:Q", format=".1%"), color=alt.value("#333")
    )
    chart = (bars + words).properties(title=title, width=480, height=alt.Step(26))
    return bytes(vlc.vegalite_to_png(chart.configure(font=font).to_json(), scale=2))
