"""What a required column could be where no header names it: by its values, and always as a question."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipelines.core.header_match import plain_header
from pipelines.landing.contract import Column
from pipelines.profiling.candidates import Candidate
from pipelines.profiling.evidence import Evidence

GUESSED = 0.6
_FILLED_FROM = 0.5
_FIGURE_WORDS = re.compile(
    r"amount|total|value|price|revenue|sales|turnover|net|gross|paid|payment|budget|quota|target|score|rate"
    r"|金额|额|合计|总价|价款|货款|收入|价|款|分"
)
_NO_AMOUNT = re.compile(
    r"\b(?:id|no|number|code|zip|postal|qty|quantity|count|items?|units?|year|month|quarter|week|phone|mobile|discount|tax"
    r"|probability|age|days|size|lat|lon|latitude|longitude|row|line|lines|sequential|installments|seq)\b"
    r"|数量|编号|编码|序号|单号|号$|比例|折扣|税|电话|手机|年|月|天数"
)
_DAY_WORDS = re.compile(r"date|time|timestamp|day|\bon\b|\bat\b|created|日期|时间|日$")
_LATER_DAYS = re.compile(
    r"deliver|ship|due|estimated|expected|next|end|expir|update|modif|预计|下次|到期|截止|修改|发货"
)
_KEY_WORDS = re.compile(r"\b(?:id|no|number|code|key|ref|reference|nr)\b|#|编号|编码|单号|号$")
_STAGE_WORDS = re.compile(r"stage|status|state|step|phase|阶段|状态|进度")
_NAME_WORDS = re.compile(r"name|title|subject|姓名|名称|主题|人$")
_KIND_WORDS = re.compile(r"type|kind|method|channel|方式|类型")


@dataclass(frozen=True)
class Guess:
    """A column and the header that could hold it. Grain: column."""

    number: int
    position: int


def guesses(candidate: Candidate, found: Collection[int], used: Collection[int]) -> list[Guess]:
    """Guess the required columns that no header names.

    Args:
        candidate: one reading of a table.
        found: numbers of the entity's columns that a header names.
        used: positions of headers that are taken.

    Returns:
        At most one guess per column; each header is guessed once.
    """
    taken = set(used)
    guessed: list[Guess] = []
    for number, column in enumerate(candidate.entity.columns):
        is_needed = column.required or column.name in candidate.entity.any_required[:1]
        if not is_needed or number in found or candidate.is_given(column.name):
            continue
        ranked = sorted(
            (-rank, position)
            for position, header in enumerate(candidate.table.headers)
            if position not in taken
            and (rank := _rank(candidate, column, plain_header(header), position))
        )
        if ranked:
            guessed.append(Guess(number, ranked[0][1]))
            taken.add(ranked[0][1])
    return guessed


def _rank(candidate: Candidate, column: Column, header: str, position: int) -> float:
    """Say how well an unnamed header could hold a column; 0 is not at all."""
    if column.type in ("money", "number", "integer"):
        words, others = _FIGURE_WORDS, _NO_AMOUNT
    elif column.type in ("date", "timestamp"):
        words, others = _DAY_WORDS, _LATER_DAYS
    elif column.name in ("stage", "to_stage", "status"):
        words, others = _STAGE_WORDS, None
    elif column.name == "kind":
        words, others = _KIND_WORDS, None
    elif column.type == "id":
        words, others = _KEY_WORDS, None
    else:
        words, others = _NAME_WORDS, None
    named = bool(words.search(header))
    is_figure = column.type in ("money", "number", "integer")
    if not named or (is_figure and _NO_AMOUNT.search(header)):
        return 0.0
    seen = candidate.evidence[position]
    if not _suits(candidate, column, seen):
        return 0.0
    own = any(word in header for word in _own_words(candidate, column))
    is_key = column.name in candidate.entity.key
    if column.type == "id" and not is_key and column.name.split("_")[0] not in header:
        return 0.0  # whose id it is must be said
    # Of several days the first one, of several amounts the paid one, is the likelier.
    return 1.0 + own - (0.5 if others and others.search(header) else 0.0) - position / 1000


def _suits(candidate: Candidate, column: Column, seen: Evidence) -> bool:
    is_full = seen.rows > 0 and seen.filled >= _FILLED_FROM * seen.rows
    if column.type in ("money", "number", "integer"):
        return is_full and seen.is_figure and not seen.is_date
    if column.type in ("date", "timestamp"):
        return is_full and seen.is_date
    if column.type == "id":
        is_key = list(candidate.entity.key) == [column.name]
        return is_full and seen.fit(column, is_key) >= 1.0
    return is_full and seen.fit(column, False) >= 1.0 and not seen.is_figure


def _own_words(candidate: Candidate, column: Column) -> Sequence[str]:
    """Return words that make a header this entity's own: order of order id, won of won date."""
    stem = candidate.entity.name.rstrip("s")
    own = {
        "signed_on": ("order", "invoice", "sale", "purchase", "sign", "contract", "下单", "订单", "签", "付款"),
        "received_on": ("receiv", "paid", "payment", "付款", "收款", "到账"),
        "amount": ("amount", "total", "实", "合计", "金额"),
        "created_at": ("creat", "first", "enquiry", "创建"),
    }  # fmt: skip
    return (*own.get(column.name, ()), stem, column.name.split("_")[0])
