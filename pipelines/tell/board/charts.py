"""Charts as plain SVG: bullets, columns, bars, the waterfall; never told by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from pipelines.tell.board.rows import Figures, Row
from pipelines.tell.board.words import Words

# Full scale of an attainment bar: what lies above is drawn to the edge with an arrow.
FULL_RATE = 1.5
_LABEL_HALF = 18
"""Half of a month's label, in pixels."""


def bullet(row: Row, figures: Figures) -> Markup:
    """Draw one attainment: bar, target line at 100 %, triangle where today should be.

    Args:
        row: of mart_target_attainment, with an attainment_rate.
        figures: how figures read.
    """
    rate = row["attainment_rate"]
    if rate is None:
        return Markup("")
    words = figures.words
    shown = max(0.0, min(rate, FULL_RATE))
    expected = _share(row["target_to_date"], row["target"])
    title = f"{words.attainment} {figures.text(rate, 'rate')}"
    marks = [_rect(0, 6, shown / FULL_RATE * 300, 12, f"bar {row['status']}")]
    if rate > FULL_RATE:
        marks.append(Markup('<path class="over" d="M292 6 l8 6 l-8 6z"/>'))
    marks.append(Markup('<line class="goal" x1="200" x2="200" y1="1" y2="23"/>'))
    if expected is not None and 0 < expected < 1:
        title += f", {words.expected_today} {figures.text(expected, 'rate')}"
        at = expected / FULL_RATE * 300
        marks.append(Markup(f'<path class="today" d="M{at:.1f} 18 l5 7 l-10 0z"/>'))
    return Markup(
        f'<svg class="bullet" viewBox="0 0 300 26" role="img" aria-label="{escape(title)}"'
        f' preserveAspectRatio="none">{_rect(0, 6, 300, 12, "track")}{"".join(marks)}</svg>'
    )


def bar(share: float | None, kind: str = "plain", goal: float | None = None) -> Markup:
    """Draw one bar of a table; the figure stands beside it, so it is decoration.

    Args:
        share: of the full width, 0 to 1; None draws nothing.
        kind: class of the bar.
        goal: where a line stands, 0 to 1.
    """
    if share is None:
        return Markup("")
    line = Markup("")
    if goal is not None:
        at = f"{min(goal, 1.0) * 200:.1f}"
        line = Markup(f'<line class="goal" x1="{at}" x2="{at}" y1="0" y2="14"/>')
    filled = _rect(0, 2, max(0.0, min(share, 1.0)) * 200, 10, f"bar {kind}")
    return Markup(
        '<svg class="inbar" viewBox="0 0 200 14" aria-hidden="true" preserveAspectRatio="none">'
        f"{_rect(0, 2, 200, 10, 'track')}{filled}{line}</svg>"
    )


def columns(rows: Sequence[Row], figures: Figures, width: int) -> Markup:
    """Draw actual and target of months as columns with a target line each."""
    top = max([float(r[c] or 0) for r in rows for c in ("target", "actual")] or [0.0])
    if top <= 0:
        return Markup("")
    height, floor, room = 170, 140, 116
    step = width / len(rows)
    marks = []
    for number, row in enumerate(rows):
        left = number * step
        actual, target = float(row["actual"] or 0), row["target"]
        tall = max(0.0, actual) / top * room
        place = row.place
        marks.append(Markup("<g {}>").format(place))
        marks.append(_rect(left + step * 0.18, floor - tall, step * 0.64, tall, "bar plain"))
        if target is not None:
            at = floor - float(target) / top * room
            marks.append(
                Markup('<line class="goal" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>')
                .format(left + step * 0.08, left + step * 0.92, at, at)
            )  # fmt: skip
        marks.append(
            Markup("<title>{} {} {} · {} {}</title></g>").format(
                row["period_label"],
                figures.words.actual, figures.text(row["actual"], "money"),
                figures.words.target, figures.text(target, "money"),
            )
        )  # fmt: skip
        label = row["period_label"][2:] if number % (1 if width > 500 else 3) == 0 else ""
        # The first label is wider than a phone's column; it must not hang out of the picture.
        marks.append(_text(max(left + step / 2, _LABEL_HALF), 158, label, "middle"))
    marks.append(_text(0, 12, figures.text(Decimal(str(top)), "money"), "start"))
    marks.append(Markup('<line class="axis" x1="0" x2="{0}" y1="140" y2="140"/>').format(width))
    return _picture(width, height, figures.words.months, marks)


@dataclass(frozen=True)
class Step:
    """One column of the waterfall.

    Attributes:
        label: under it.
        begin: where it starts, in money.
        end: where it ends.
        kind: total, missing or made_up.
        row: the mart's row it stands for.
        column: and its column.
    """

    label: str
    begin: Decimal
    end: Decimal
    kind: str
    row: Row
    column: str


def waterfall_steps(gap: Row, causes: Sequence[Row], words: Words) -> list[Step]:
    """Return the fall from target to actual, cause by cause; without causes the gap as one.

    Args:
        gap: a row of mart_gap with a target.
        causes: rows of mart_gap_cause for the same period and scope; they sum to the gap.
        words: of the page's language.
    """
    target, actual = gap["target"], gap["actual"] or Decimal(0)
    steps = [Step(words.target, Decimal(0), target, "total", gap, "target")]
    at = target
    for row in causes or [gap]:
        column = "contribution" if causes else "gap"
        fall = row[column] or Decimal(0)
        if causes and not fall:
            continue  # a factor that made nothing takes no line; the table beside has it
        label = words.of(row["factor"]) if causes else words.gap
        steps.append(Step(label, at, at - fall, "missing" if fall >= 0 else "made_up", row, column))
        at -= fall
    steps.append(Step(words.actual, Decimal(0), actual, "total", gap, "actual"))
    return steps


def waterfall(steps: Sequence[Step], figures: Figures, width: int) -> Markup:
    """Draw the fall from target to actual as horizontal bars, one line each: fits a phone."""
    low = min(Decimal(0), *(min(s.begin, s.end) for s in steps))
    high = max(Decimal(1), *(max(s.begin, s.end) for s in steps))
    names, sums = 96, 104
    room = width - names - sums
    scale = Decimal(room) / (high - low)
    marks = []
    for number, step in enumerate(steps):
        top = number * 30 + 4
        left = names + float((min(step.begin, step.end) - low) * scale)
        wide = max(1.0, float(abs(step.end - step.begin) * scale))
        sign = {"total": "", "missing": "− ", "made_up": "+ "}[step.kind]
        value = step.row[step.column]
        text = figures.text(abs(value) if sign and value is not None else value, "money")
        marks.append(Markup("<g {}>").format(step.row.place))
        marks.append(_text(0, top + 15, step.label, "start", "label"))
        marks.append(_rect(left, top, wide, 20, f"bar {step.kind}"))
        marks.append(
            Markup('<text x="{}" y="{}" text-anchor="end" data-c="{}" data-v="{}">{}{}</text></g>')
            .format(width, top + 15, step.column, value, sign, text)
        )  # fmt: skip
    return _picture(width, len(steps) * 30 + 6, figures.words.causes, marks)


def _share(part: Decimal | None, whole: Decimal | None) -> float | None:
    return float(part / whole) if part is not None and whole else None


def _rect(x: float, y: float, wide: float, tall: float, kind: str) -> Markup:
    # joined by hand, since there are thousands: figures and class names of our own
    return Markup(
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}"/>'
    )


def _text(x: float, y: float, words: str, anchor: str, kind: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, words
    )


def _picture(width: int, height: int, title: str, marks: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(width, height, title, Markup("").join(marks))
