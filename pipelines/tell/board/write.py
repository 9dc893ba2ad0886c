"""Write every page of a night's board, and put a hold on top of them or take it away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from pipelines.tell.board.content import Content
from pipelines.tell.board.pages import Renderer, environment
from pipelines.tell.board.words import Words

_HOLD = re.compile("<!--hold-->.*?<!--/hold-->", re.DOTALL)


@dataclass(frozen=True)
class Hold:
    """Why readers do not see the last night.

    Attributes:
        state: held (by a data check), failed, or behind (readers of marts see a later night).
        attempted: its day, as text.
        reason_zh, reason_en: why, for people.
    """

    state: str
    attempted: str
    reason_zh: str
    reason_en: str

    def reason(self, language: str) -> str:
        """Return why, in a language."""
        return self.reason_zh if language == "zh" else self.reason_en


def write_board(
    target: Path, content: Content, languages: Sequence[str], currency: str
) -> list[str]:
    """Write every page into an empty folder.

    Args:
        target: the folder; made here.
        content: the night.
        languages: zh and en, or one of them; the first opens where a browser asks for neither.
        currency: ISO code.

    Returns:
        The pages, relative to the folder. The same content writes the same bytes.
    """
    target.mkdir(parents=True)
    env = environment()
    style = files("pipelines.tell.board").joinpath("board.css").read_text("utf-8")
    _write(target / "board.css", style)
    written = ["index.html"]
    entry = env.get_template("entry.html").render(
        first=languages[0],
        languages=list(languages),
        company=content.company,
        as_of=content.as_of.isoformat(),
        titles=[Words(language).board for language in languages],
        doors=[(language, Words(language).open_board) for language in languages],
        people={scope.id: scope.page for scope in content.scopes if scope.kind == "person"},
    )
    _write(target / "index.html", entry)
    for language in languages:
        (target / language).mkdir()
        other = next((one for one in languages if one != language), None)
        for file, page in Renderer(content, language, other, currency, env).render():
            _write(target / language / file, page)
            written.append(f"{language}/{file}")
    return written


def show_hold(board: Path, hold: Hold | None, first_language: str) -> int:
    """Put the hold on top of every page, or take it away; the rest of a page stays as it is.

    Args:
        board: a written board.
        hold: None where readers see the last night.
        first_language: of the entry page.

    Returns:
        How many pages changed.
    """
    template = environment().get_template("hold.html")
    banners: dict[str, str] = {}
    changed = 0
    for page in sorted(board.glob("**/*.html")):
        language = page.parent.name if page.parent != board else first_language
        if language not in banners:
            said = (
                template.render(
                    w=Words(language), state=hold.state, attempted=hold.attempted,
                    reason=hold.reason(language),
                )
                if hold
                else Markup("")
            )  # fmt: skip
            banners[language] = f"<!--hold-->{said}<!--/hold-->"
        text = page.read_text(encoding="utf-8")
        banner = banners[language]
        marked = _HOLD.sub(lambda _: banner, text, count=1)  # noqa: B023 (used at once)
        if marked != text:
            staged = page.with_name(f".{page.name}.tmp-hold")
            _write(staged, marked)
            staged.replace(page)
            changed += 1
    return changed


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
