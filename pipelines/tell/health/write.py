"""Write the morning page of the data team: `published/health/index.html`, zh.html and en.html."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pipelines.publish.files import replace_file_atomically

LANGUAGES = ("zh", "en")


def write_health_page(
    folder: Path, company: str, languages: Sequence[str], statuses: Sequence[str], report: Any
) -> None:
    """Write one page per language; `index.html` is that of the company's first language.

    Args:
        folder: where the pages go.
        company: its name, as a title.
        languages: of the company, the first one first.
        statuses: every health an asset can have, the worst first.
        report: the night's report (`pipelines.operations.night_report.NightReport`).
    """
    import yaml
    from jinja2 import Environment, StrictUndefined

    here = resources.files("pipelines.tell.health")
    words = yaml.safe_load(here.joinpath("words.yml").read_text("utf-8"))
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
        here.joinpath("page.html").read_text("utf-8")
    )
    run = report.run
    took = (run["ended_at"] - run["started_at"]).total_seconds() if run["ended_at"] else None
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        other = next(name for name in LANGUAGES if name != language)
        text = page.render(
            company=company,
            language=language,
            other=f"{other}.html",
            w=words[language],
            r=report,
            reason=run[f"reason_{language}"],
            statuses=statuses,
            took=took,
        ).encode("utf-8")
        replace_file_atomically(folder / f"{language}.html", text)
        if language == languages[0]:
            replace_file_atomically(folder / "index.html", text)
