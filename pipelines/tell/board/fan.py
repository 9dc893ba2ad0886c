"""Where a quarter will land: actual and target day by day, and the forecast as a fan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from markupsafe import Markup

from pipelines.tell.board.rows import Figures, Row

_HEIGHT, _TOP, _FLOOR = 270, 14, 236
_LABEL_GAP = 15.0
_LEFT = 8
_DATE_WIDTH = 72


@dataclass(frozen=True)
class Landing:
    """What the chart shows.

    Attributes:
        begin_on, end_on: the period.
        as_of: D.
        targets: target by day, whole period.
        bookings: booked by day, up to D.
        attainment: the row that the last points of both lines are: target and actual.
        forecast: the row of the forecast, None for none.
    """

    begin_on: date
    end_on: date
    as_of: date
    targets: Mapping[date, Decimal]
    bookings: Mapping[date, Decimal]
    attainment: Row
    forecast: Row | None


def landing_chart(landing: Landing, figures: Figures, width: int) -> Markup:
    """Draw the chart; nothing where neither a target nor an actual is known."""
    target_line = _running(landing.targets)
    actual_line = _running({d: v for d, v in landing.bookings.items() if d <= landing.as_of})
    actual = landing.attainment["actual"] or Decimal(0)
    ends = [
        value
        for column in ("p10", "p50", "p90")
        if landing.forecast is not None and (value := landing.forecast[column]) is not None
    ]
    amounts = [float(v) for _, v in target_line + actual_line] + [float(v) for v in ends]
    amounts += [float(actual), float(landing.attainment["target"] or 0)]
    high, low = max(amounts), min(0.0, *amounts)
    if high <= 0:
        return Markup("")
    frame = _Frame(landing.begin_on, landing.end_on, low, high * 1.05, width)
    marks = [*_axes(landing, frame)]
    if target_line:
        marks.append(frame.line(target_line, "target"))
    if landing.forecast is not None and len(ends) == 3:
        marks.append(_fan(landing, frame, actual, ends))
    steps = _steps(actual_line, landing.as_of, actual)
    marks.append(frame.line(steps, "actual"))
    marks.append(
        Markup('<circle class="now" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(
            frame.x(landing.as_of), frame.y(actual)
        )
    )
    marks.extend(_labels(landing, frame, figures, actual))
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(width, _HEIGHT, figures.words.landing, Markup("").join(marks))


@dataclass(frozen=True)
class _Frame:
    begin_on: date
    end_on: date
    low: float
    high: float
    width: int

    @property
    def right(self) -> float:
        """Where the period ends; labels stand behind it."""
        return self.width - 138.0

    def x(self, day: date) -> float:
        """Return where a day's end lies."""
        days = (self.end_on - self.begin_on).days + 1
        share = ((day - self.begin_on).days + 1) / days
        return _LEFT + max(0.0, min(share, 1.0)) * (self.right - _LEFT)

    def y(self, amount: Decimal | float) -> float:
        """Return how high an amount lies."""
        return _FLOOR - (float(amount) - self.low) / (self.high - self.low) * (_FLOOR - _TOP)

    def line(self, points: Sequence[tuple[date, Decimal]], kind: str) -> Markup:
        """Draw a line through amounts by day, from nothing at the begin."""
        through = [f"{_LEFT:.1f},{self.y(0):.1f}"]
        through += [f"{self.x(day):.1f},{self.y(amount):.1f}" for day, amount in points]
        return Markup('<polyline class="line {}" points="{}"/>').format(kind, " ".join(through))


def _running(by_day: Mapping[date, Decimal]) -> list[tuple[date, Decimal]]:
    """Return the cumulated amounts by day."""
    days = sorted(by_day)
    return list(zip(days, accumulate(by_day[day] for day in days), strict=True))


def _steps(
    line: Sequence[tuple[date, Decimal]], as_of: date, actual: Decimal
) -> list[tuple[date, Decimal]]:
    """Return the actual as steps up to D: between two bookings nothing grows."""
    points: list[tuple[date, Decimal]] = []
    level = Decimal(0)
    for day, amount in line:
        points += [(day, level), (day, amount)]
        level = amount
    return [*points, (as_of, level), (as_of, actual)]


def _fan(landing: Landing, frame: _Frame, actual: Decimal, ends: Sequence[Decimal]) -> Markup:
    now = f"{frame.x(landing.as_of):.1f},{frame.y(actual):.1f}"
    low, middle, high = (f"{frame.right:.1f},{frame.y(end):.1f}" for end in ends)
    return Markup(
        '<polygon class="fan" points="{0} {3} {1}"/>'
        '<polyline class="line middle" points="{0} {2}"/>'
    ).format(now, low, middle, high)


def _axes(landing: Landing, frame: _Frame) -> list[Markup]:
    today = frame.x(landing.as_of)
    day = Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
        today, _HEIGHT - 14, landing.as_of
    )
    has_room = _LEFT + _DATE_WIDTH * 1.6 < today < frame.right - _DATE_WIDTH * 1.6
    return [
        *([day] if has_room else []),
        Markup('<line class="axis" x1="{}" x2="{:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>').format(
            _LEFT, frame.right, y=frame.y(0)
        ),
        Markup('<line class="nowline" x1="{x:.1f}" x2="{x:.1f}" y1="{}" y2="{}"/>').format(
            _TOP, _FLOOR, x=today
        ),
        Markup('<text class="tick" x="{}" y="{}">{}</text>').format(
            _LEFT, _HEIGHT - 14, landing.begin_on
        ),
        Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="end">{}</text>').format(
            frame.right, _HEIGHT - 14, landing.end_on
        ),
    ]


def _labels(landing: Landing, frame: _Frame, figures: Figures, actual: Decimal) -> list[Markup]:
    """Write the end of each line beside it, apart enough to be read."""
    cells: list[tuple[float, Row, str, str]] = []
    if landing.attainment["target"] is not None:
        cells.append(
            (frame.y(landing.attainment["target"]), landing.attainment, "target",
             figures.words.target)
        )  # fmt: skip
    if landing.forecast is not None:
        cells += [
            (frame.y(landing.forecast[name]), landing.forecast, name, name)
            for name in ("p90", "p50", "p10")
            if landing.forecast[name] is not None
        ]
    else:
        cells.append((frame.y(actual), landing.attainment, "actual", figures.words.actual))
    marks, last = [], float("-inf")
    ordered = sorted(cells, key=lambda cell: cell[0])
    lowest = _FLOOR - _LABEL_GAP * (len(ordered) - 1)
    for number, (at, row, column, name) in enumerate(ordered):
        y = min(max(at, last + _LABEL_GAP), lowest + _LABEL_GAP * number)
        last = y
        text = figures.text(row[column], "money")
        marks.append(
            Markup(
                '<g {}><text class="label end" x="{:.1f}" y="{:.1f}">{} '
                '<tspan data-c="{}" data-v="{}">{}</tspan></text></g>'
            ).format(row.place, frame.right + 6, y + 4, name, column, row[column], text)
        )
    return marks
