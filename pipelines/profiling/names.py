"""What the name of a file or sheet says: which entity it holds, and of which kind its contacts are."""

from __future__ import annotations

from rapidfuzz import fuzz

from pipelines.core.header_match import plain_header
from pipelines.profiling.spellings import document_words, entity_words, kind_words

NAMED_FROM = 0.8
# A name that only looks like an entity's says little.
_ALIKE_WEIGHT = 0.6


def name_score(called: str, entity: str) -> float:
    """Score how surely a file or sheet is called by an entity's name, 0 to 1.

    The longest words win: a file of opportunity history is called by stage_events' words, of which
    opportunity is only a part, and a file of user roles is no file of users. In Chinese the last word
    is what it is: 客户跟进记录 are contacts with customers, 客户回款 are payments.
    """
    plain = plain_header(called)
    own = _said(plain, entity)
    others = [w for other in entity_words() if other != entity for w in _said(plain, other)]
    whole = [
        word
        for word in own
        if not any(_is_part(word, other) or _is_head(other, word, plain) for other in others)
    ]
    if whole:
        return min(max(0.8 + 0.04 * min(len(word.split()), 5) for word in whole), 1.0)
    if own:
        return 0.0
    alike = [fuzz.token_sort_ratio(plain, word) / 100 for word in entity_words()[entity]]
    return max(alike, default=0.0) * _ALIKE_WEIGHT


def kind_called(called: str) -> str:
    """Return the kind of contact that a file's name says: visit of meetings, 电话 is call; else ''."""
    plain = plain_header(called)
    found = {
        kind for kind, words in kind_words().items() if any(_holds(plain, word) for word in words)
    }
    return found.pop() if len(found) == 1 else ""


def is_called_document(called: str) -> bool:
    """Tell whether a file is called by papers that follow an order: invoices, deliveries, 发票."""
    plain = plain_header(called)
    return any(_holds(plain, word) for word in document_words())


def _said(plain: str, entity: str) -> list[str]:
    return [word for word in entity_words()[entity] if _holds(plain, word)]


def _holds(plain: str, word: str) -> bool:
    return set(word.split()) <= set(plain.split()) or (not word.isascii() and word in plain)


def _is_part(word: str, longer: str) -> bool:
    if word == longer:
        return False
    return set(word.split()) < set(longer.split()) or (not word.isascii() and word in longer)


def _is_head(word: str, other: str, plain: str) -> bool:
    """Tell whether a Chinese word stands behind another in one compound: what stands before describes it.

    Behind 按 stands only how it is divided: 销售数据按销售员 are sales.
    """
    if word.isascii() or other.isascii():
        return False
    compounds = (part.split("按")[0] for part in plain.split())
    both = (part for part in compounds if word in part and other in part)
    return any(part.rfind(word) >= part.rfind(other) + len(other) for part in both)
