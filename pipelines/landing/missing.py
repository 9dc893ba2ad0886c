"""Say that a file lacks a column that its rows cannot do without, and which header comes nearest."""

from __future__ import annotations

from rapidfuzz import fuzz, process


class RequiredColumnMissing(Exception):
    """A table lacks a column without which none of its rows can be used: the source is blocked."""

    def __init__(self, message_en: str, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_en = message_en
        self.message_zh = message_zh


def column_missing(
    where: str, column: str, named: str, headers: tuple[str, ...], source: str, zh: str = ""
) -> RequiredColumnMissing:
    """Word the error of a missing column: what was looked for, the nearest header, and the fix."""
    # Each spelling is compared by itself: joined, they resemble nothing.
    filled = [header for header in headers if header]
    near = [process.extractOne(word, filled, scorer=fuzz.WRatio) for word in named.split(" / ")]
    best = max((found for found in near if found), key=lambda found: found[1], default=None)
    guess = f"{best[0]!r}" if best else "-"
    listed = ", ".join(h for h in headers if h)[:300]
    return RequiredColumnMissing(
        f"{where}: required column {column!r} (header {named!r}) is missing; the nearest header "
        f"found is {guess}. Found: {listed}. Fix: rename the header, or add "
        f"`columns: {{{column}: <header>}}` to source {source!r} in company.yml.",
        f"{where}：缺少必填列「{zh or column}」（表头 {named}）；最接近的表头是 {guess}。"
        f"修复：改正表头，或在 company.yml 的来源 {source} 中写 columns: {{{column}: 表头}}。",
    )
