"""What a profile asks a person: unsure columns, missing ones, date orders, unknown words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.profiling.candidates import Candidate
    from pipelines.profiling.matching import Match


@dataclass(frozen=True)
class Question:
    """One thing to decide, in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True)
class Asked:
    """The questions, and what the values answered by themselves.

    Attributes:
        date_order: the only order under which every date of the table reads; '' where none is needed.
        as_numbers: id columns whose cells a sheet shows as dates.
    """

    questions: tuple[Question, ...]
    date_order: str
    as_numbers: tuple[str, ...]


def questions_about(
    candidate: Candidate, matches: Sequence[Match], missing: Sequence[str]
) -> Asked:
    """Collect what has to be asked about one reading of a table."""
    questions = [_unsure(match) for match in matches if not match.is_sure]
    named = {match.column.name for match in matches}
    for name in missing:
        if name not in named:
            zh = candidate.entity.column(name).zh
            questions.append(
                Question(
                    f"哪一列是必填的「{zh}」（{name}）？", f"Which column is the required {name}?"
                )
            )
    order, about_dates = _date_order(candidate, matches)
    dressed = tuple(
        m.column.name
        for m in matches
        if m.column.type == "id" and candidate.evidence[m.position].is_date
    )
    about_ids = [
        Question(
            f"「{name}」显示为日期：是被表格误当日期的编号吗？是则保留 as_numbers",
            f"{name} reads as dates: are they ids that the sheet shows as dates? Then keep as_numbers",
        )
        for name in dressed
    ]
    return Asked((*questions, *about_dates, *about_ids), order, dressed)


def _unsure(match: Match) -> Question:
    shown = "、".join(match.samples) or "-"
    percent = f"{match.confidence:.0%}"
    return Question(
        f"「{match.header}」是「{match.column.zh}」吗？（{percent}，例：{shown}）",
        f"Is {match.header!r} the {match.column.name}? ({percent}, e.g. {', '.join(match.samples) or '-'})",
    )


def _date_order(candidate: Candidate, matches: Sequence[Match]) -> tuple[str, list[Question]]:
    """Find the order that reads every date column; two possible ones are a question."""
    orders: set[str] | None = None
    for match in matches:
        seen = candidate.evidence[match.position]
        if (
            match.column.type in ("date", "timestamp")
            and seen.filled
            and "" not in seen.date_orders
        ):
            orders = set(seen.date_orders) if orders is None else orders & set(seen.date_orders)
    if orders is None or candidate.written.date_order:
        return "", []
    if len(orders) == 1:
        return orders.pop(), []
    choices = " / ".join(sorted(orders)) or "ymd / mdy / dmy"
    return "", [
        Question(
            f"日期先写哪个？请声明 date_order: {choices}",
            f"Which comes first in the dates? Declare date_order: {choices}",
        )
    ]
