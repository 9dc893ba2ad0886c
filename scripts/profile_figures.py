"""Write docs/profile-figures.md: what `gapwise profile` proposes for every raw shared file.

Judged against answers that were written by reading the files, without `profile`
(tests/real_data/profile_answers.yml): which entity each table is, and which header holds which
column. Headers only; no row of the data is copied.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.landing.connection import landing_connection
from pipelines.landing.contract import load_entities
from pipelines.profiling.profile import ENTITY_SURE_FROM, TableProfile, profile_file
from pipelines.sources.errors import FileUnreadable
from pipelines.sources.options import FileOptions
from scripts.well_named import is_well_named

ROOT = Path(__file__).parent.parent
ANSWERS = ROOT / "tests" / "real_data" / "profile_answers.yml"
PAGE = ROOT / "docs" / "profile-figures.md"
SUFFIXES = (".csv", ".xlsx", ".gz")


@dataclass(frozen=True)
class Judged:
    """One table's proposal beside its answer.

    Attributes:
        file: set, folder and name.
        entity: `right` (sure of the right one, or rightly of none), `asked`, `wrong`, `none` (one
            of ours was not seen), `headless` (no header line: every column is asked), `refused`.
        right, wrong, asked: columns mapped rightly, mapped wrongly, and asked about.
        lines: what a person has to change or add in the proposed YAML.
    """

    file: str
    entity: str
    right: int = 0
    wrong: tuple[str, ...] = ()
    asked: int = 0
    lines: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether the table is one of our entities."""
        return bool(answers()[self.file])

    @property
    def is_well_named(self) -> bool:
        """Whether the headers say in words what the required columns hold (scripts/well_named.py)."""
        return is_well_named(answers()[self.file]) and has_line_to_mend(self)

    @property
    def data_set(self) -> str:
        """Name of the set."""
        return self.file.split("/")[0]


@cache
def answers() -> dict[str, dict[str, Any]]:
    """Return what every file is, by its path below the shared data."""
    body: dict[str, dict[str, Any]] = yaml.safe_load(ANSWERS.read_text(encoding="utf-8"))
    return body


def raw_files(shared: Path) -> list[Path]:
    """Return every raw data file of every set."""
    found = (path for path in shared.rglob("*") if "raw" in path.relative_to(shared).parts)
    return sorted(path for path in found if path.suffix in SUFFIXES)


def judged_files(shared: Path) -> Iterator[Judged]:
    """Profile every raw file with nothing declared and judge what comes."""
    known = answers()
    for path in raw_files(shared):
        name = str(path.relative_to(shared))
        with (
            tempfile.TemporaryDirectory() as folder,
            landing_connection(Path(folder) / "db") as con,
        ):
            try:
                tables = profile_file(path, con, Path(folder) / "read", FileOptions())
            except FileUnreadable:
                # It says what to declare: one line.
                yield Judged(name, "refused", lines=("encoding",))
                continue
            for table in tables:
                yield judge(name, known[name], table)


def judge(name: str, answer: dict[str, Any], found: TableProfile) -> Judged:
    """Compare one table's proposal with its answer, or with the one that is equally right."""
    if "or" in answer and answer["or"]["entity"] == found.entity:
        answer = answer["or"]
    expected = {
        column: [headers] if isinstance(headers, str) else headers
        for column, headers in answer.get("columns", {}).items()
    }
    right_entity: str = answer.get("entity", "")
    sure = {m.column.name: m.header for m in found.matches if m.is_sure}
    asked = sum(not m.is_sure for m in found.matches)
    if not found.entity:
        unseen = "none" if found.has_header else "headless"
        kind = unseen if right_entity else "right"
        return Judged(name, kind, lines=("entity", *expected) if right_entity else ())
    is_asked = bool(found.rivals) or found.confidence < ENTITY_SURE_FROM
    if found.entity != right_entity:
        kind = "asked" if is_asked else "wrong"
        return Judged(name, kind, 0, () if is_asked else tuple(sure), asked, ("entity", *expected))
    wrong = tuple(
        column for column, header in sure.items() if header not in expected.get(column, ())
    )
    entity = load_entities()[right_entity]
    must = {c.name for c in entity.columns if c.required} | set(entity.key)
    # What stands in no column at all is owed a line as well: a constant, a key made of others.
    absent = {c.name for c in entity.columns if c.required} - set(expected)
    owed = tuple(sorted((must & set(expected) | absent) - set(sure) - set(found.given)))
    return Judged(
        name, "asked" if is_asked else "right", len(sure) - len(wrong), wrong, asked,
        (*(("entity",) if is_asked else ()), *wrong, *owed),
    )  # fmt: skip


def has_line_to_mend(judged: Judged) -> bool:
    """Tell whether a table is one of our entities under a header line: those whose lines count."""
    return judged.is_ours and judged.entity not in ("headless", "refused")


HEAD = """# `gapwise profile` on every raw file of the shared data

Written by `python -m scripts.profile_figures DATA`: each raw file profiled with nothing declared, judged against the answers in
`tests/real_data/profile_answers.yml`. A test holds this page to what the code does.

**How the answers were made**: by one reader, from each file's header and first rows and from what its vendor says of the table, column by
column and without `profile`, and read again by a second one; where two headers are equally right both count. A column that the reader saw
nowhere counts as wrong where it is mapped. **Known drawbacks**: both readers knew our columns and these systems, and earlier figures were
known when the rule of what is well named was written.

**Well named** is a rule, computed by `scripts/well_named.py` from the answers' headers and a dictionary's words
(`tests/real_data/well_named_words.yml`), which were written before this count and are not those of `profile`: a header line; every required
column but a key in a column of its own; each of their headers with a word for what it holds (id or number, date or time, amount, stage, …).

- **Entity**: sure and right (or rightly of none of ours); asked, which of several; wrong; not seen; no header line, where every
  column is asked; refused, with the fix.
- **Columns**: mapped right, mapped wrong, asked about (a person confirms or answers; nothing is guessed).
- **Lines to mend**: what a person must change or add in the proposed YAML before it lands rightly: a wrong or doubtful entity, a
  wrong column, a key or required column that was asked, or that stands in no column and was not proposed. Optional columns that were asked
  may stay asked.

| set | tables | right | asked | wrong | not seen | no header | refused | columns right | wrong | asked |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""
KINDS = ("right", "asked", "wrong", "none", "headless", "refused")


def page(found: Sequence[Judged]) -> str:
    """Write the page: figures per set, lines to mend, and every table that needs more than one."""
    rows = [_row(name, [j for j in found if j.data_set == name]) for name in _sets(found)]
    ours = [j for j in found if has_line_to_mend(j)]
    named = [j for j in ours if j.is_well_named]
    several = [f"- {j.file}: {', '.join(j.lines)}" for j in ours if len(j.lines) > 1]
    wrong = [f"- {j.file}: {', '.join(j.wrong)}" for j in found if j.wrong]
    return "\n".join(
        [HEAD + "\n".join([*rows, _row("all", found)]), "",
         f"Of {len(ours)} tables of our entities under a header line, lines to mend: {_mended(ours)}. "
         f"Of the {len(named)} well named: {_mended(named)}.", "",
         "## More than one line to mend", "", *several, "",
         "## Mapped wrong", "", *wrong, ""]
    )  # fmt: skip


def _mended(of: Sequence[Judged]) -> str:
    counts = Counter(min(len(j.lines), 3) for j in of)
    words = ("none", "one", "two", "three or more")
    return ", ".join(f"{words[n]} for {counts[n]}" for n in sorted(counts))


def _sets(found: Sequence[Judged]) -> list[str]:
    return list(dict.fromkeys(j.data_set for j in found))


def _row(name: str, of: Sequence[Judged]) -> str:
    kinds = Counter(j.entity for j in of)
    figures = [len(of), *(kinds[kind] for kind in KINDS), sum(j.right for j in of)]
    figures += [sum(len(j.wrong) for j in of), sum(j.asked for j in of)]
    return f"| {name} | " + " | ".join(str(figure) for figure in figures) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(list(judged_files(Path(sys.argv[1])))), encoding="utf-8")
