"""One digest per recipient and night, most valuable first: what, how much, since when, what now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from pipelines.core.alerts.model import SEVERITIES, Alert
from pipelines.core.alerts.routing import Notice
from pipelines.core.alerts.text import fit, money, plain

KEPT_ALIKE = 3


@dataclass(frozen=True)
class Line:
    """One line of a digest.

    Attributes:
        text: what, how much, since when, what to do.
        link: where to look; None where the company named no board.
        alert_key: the alert that it tells.
        alike: lines that say it are of one kind and one person's to act on; empty: like no other.
    """

    text: str
    link: str | None
    alert_key: str
    alike: str = ""


@dataclass(frozen=True)
class Digest:
    """What one recipient is told after one night.

    Attributes:
        recipient: person id or `data_team`.
        language: zh or en.
        title: first line.
        lines: most valuable first.
        closing: what else stands open, in one line; empty for nothing.
        link: where everything is; None where the company named no board.
    """

    recipient: str
    language: str
    title: str
    lines: tuple[Line, ...]
    closing: str = ""
    link: str | None = None


def build_digest(
    recipient: str,
    notices: Sequence[Notice],
    standing: Iterable[Alert],
    language: str,
    as_of: date,
    currency: str,
    name_of: Callable[[str], str],
    link_to: Callable[[str | None], str | None],
) -> Digest:
    """Return one recipient's digest.

    Args:
        recipient: person id or `data_team`.
        notices: what is new for the recipient.
        standing: open alerts that the recipient heard of on earlier nights.
        language: zh or en.
        as_of: D.
        currency: of amounts.
        name_of: how people know a person.
        link_to: address of one kind of alert, or of everything for None.
    """
    ordered = sorted(notices, key=_most_valuable_first)
    lines = tuple(
        Line(
            f"{number}. {_text(notice, language, currency, name_of)}",
            link_to(notice.alert.finding.kind),
            notice.alert.key,
            f"{notice.alert.finding.kind}/{notice.responsible}/{notice.role}/{notice.is_retraction}",
        )
        for number, notice in enumerate(ordered, start=1)
    )
    title = (
        f"{as_of} 提醒 · {plain(name_of(recipient))} · {len(lines)} 项"
        if language == "zh"
        else f"Alerts as of {as_of} · {plain(name_of(recipient))} · {len(lines)}"
    )
    closing = _closing(list(standing), language, currency)
    return Digest(recipient, language, title, lines, closing, link_to(None))


def render(
    digest: Digest,
    limit: int | None,
    *,
    is_resent: bool = False,
    link: Callable[[str, str], str] = lambda text, address: f"{text} {address}",
    heading: Callable[[str], str] = str,
    escape: Callable[[str], str] = str,
) -> str:
    """Return a digest as one text within a channel's limit of bytes.

    What does not fit is folded first: of lines that are alike the three most valuable stand, the
    third says how many more there are.

    Args:
        digest: the digest.
        limit: UTF-8 bytes; None for no limit.
        is_resent: an earlier attempt had no answer: the reader may have it already.
        link: how the channel writes a link.
        heading: how the channel writes the first line.
        escape: what the channel wants done to words.
    """
    is_zh = digest.language == "zh"
    mark = ("【重发】" if is_zh else "[resent] ") if is_resent else ""
    head = heading(escape(mark + digest.title))
    see, see_all = ("查看", "查看全部") if is_zh else ("open", "see all")
    everything = "" if digest.link is None else f" {link(see_all, digest.link)}"

    def text_of(lines: Iterable[tuple[Line, str, int]], limit: int | None) -> str:
        told = [
            (escape(said) + ("" if line.link is None else f" {link(see, line.link)}"), matters)
            for line, said, matters in lines
        ]
        tails = _tails([matters for _, matters in told], everything, is_zh=is_zh)
        return fit(head, [text for text, _ in told], [escape(digest.closing), *tails], limit)

    whole = text_of(((line, line.text, 1) for line in digest.lines), None)
    if limit is None or len(whole.encode("utf-8")) <= limit:
        return whole
    return text_of(_folded(digest.lines, is_zh=is_zh), limit)


def _tails(matters: Sequence[int], everything: str, *, is_zh: bool) -> list[str]:
    """Return the last line of a cut text by how many lines are left out: it counts their matters."""
    left_out = accumulate(reversed(matters))
    if is_zh:
        return [f"另有 {number} 项未列出。{everything}" for number in left_out]
    return [f"{number} more not shown.{everything}" for number in left_out]


def _folded(lines: Sequence[Line], *, is_zh: bool) -> list[tuple[Line, str, int]]:
    """Return the lines that stand when like ones are folded: line, what it says, matters it stands for."""
    sizes = Counter(line.alike for line in lines if line.alike)
    seen: Counter[str] = Counter()
    kept = []
    for line in lines:
        seen[line.alike] += 1
        if not line.alike or seen[line.alike] < KEPT_ALIKE:
            kept.append((line, line.text, 1))
        elif seen[line.alike] == KEPT_ALIKE:
            more = sizes[line.alike] - KEPT_ALIKE
            note = f"（同类另有 {more} 项）" if is_zh else f" ({more} more like it)"
            kept.append((line, line.text + (note if more else ""), 1 + more))
    return kept


def _most_valuable_first(notice: Notice) -> tuple[bool, bool, Decimal, int, str]:
    """Order lines: what is taken back, what is at stake, good news; by value, then by severity."""
    finding = notice.alert.finding
    return (
        not notice.is_retraction,
        finding.is_good_news,
        -(finding.value_amount or Decimal(0)),
        SEVERITIES.index(finding.severity),
        finding.key,
    )


def _text(notice: Notice, language: str, currency: str, name_of: Callable[[str], str]) -> str:
    finding, is_zh = notice.alert.finding, language == "zh"
    what = finding.what_zh if is_zh else finding.what_en
    if notice.is_retraction:
        return f"撤回：{what}，现已不成立" if is_zh else f"Taken back, it no longer holds: {what}"
    parts = [what]
    if finding.value_amount:
        amount = money(finding.value_amount, currency, language)
        parts.append(f"涉及 {amount}" if is_zh else f"{amount} at stake")
    if finding.since_on:
        parts.append(f"自 {finding.since_on} 起" if is_zh else f"since {finding.since_on}")
    if notice.role != "owner":
        since, who = notice.alert.first_fired_on, plain(name_of(notice.responsible))
        parts.append(
            f"升级：{since} 已提醒负责人{who}" if is_zh else f"escalated: {who} was told {since}"
        )
    parts.append(finding.do_zh if is_zh else finding.do_en)
    return ("；" if is_zh else "; ").join(parts)


def _closing(standing: list[Alert], language: str, currency: str) -> str:
    open_ = [alert for alert in standing if alert.is_open and not alert.finding.is_good_news]
    if not open_:
        return ""
    amount = sum((alert.finding.value_amount or Decimal(0) for alert in open_), Decimal(0))
    said = money(amount, currency, language)
    if language == "zh":
        return f"此前已提醒、仍未解除：{len(open_)} 项，涉及 {said}。"
    return f"Told before and still open: {len(open_)}, {said} at stake."
