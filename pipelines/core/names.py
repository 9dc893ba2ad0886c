"""Names of people, teams, regions and products: made comparable, resolved, and guessed at."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

SCORE_FLOOR = 50.0


@dataclass(frozen=True)
class NearName:
    """A known name that looks like an unknown one; `score` runs from 0 to 100."""

    name: str
    score: float


@dataclass(frozen=True)
class ResolvedName:
    """One incoming name with the name it stands for, or its nearest known names.

    Attributes:
        value: The name as it came in.
        name: The canonical name; None where nobody knows it.
        nearest: Where `name` is None: up to three known names, the best first.
    """

    value: str
    name: str | None
    nearest: tuple[NearName, ...] = ()


def normalise_name(value: str) -> str:
    """Make two spellings of one name equal: full width, spaces and capitals do not count.

    NFKC turns full-width letters, digits and spaces into plain ones; runs of white space become
    one space; Latin letters are casefolded. The result is for comparing, never for showing.
    """
    return " ".join(unicodedata.normalize("NFKC", value).split()).casefold()


def _squeezed(value: str) -> str:
    return normalise_name(value).replace(" ", "")


def nearest(name: str, known: Iterable[str], limit: int = 3) -> list[NearName]:
    """Find the known names that look most like this one, the best first.

    Scores are 0 to 100; names that share too little (under 50) are no help and are left out.
    Equal scores keep the alphabet's order, so that the same question has the same answer.
    """
    candidates = sorted({candidate for candidate in known if candidate.strip()})
    found = process.extract(
        _squeezed(name), candidates, scorer=fuzz.ratio, processor=_squeezed, limit=None
    )
    near = [NearName(candidate, round(score, 1)) for candidate, score, _ in found]
    near = [each for each in near if each.score >= SCORE_FLOOR]
    return sorted(near, key=lambda each: (-each.score, each.name))[:limit]


def said_nearest(names: Sequence[str]) -> tuple[str, str]:
    """Return the end of a sentence that says which names were perhaps meant: Chinese, English.

    Nothing where no name is near.
    """
    if not names:
        return "", ""
    return f"，最接近的是：{'、'.join(names)}", f"; the nearest are: {', '.join(names)}"


def resolve_aliases(
    values: Iterable[str],
    alias_table: Iterable[Mapping[str, object]],
    kind: str,
    known: Sequence[str] = (),
) -> list[ResolvedName]:
    """Replace every alias by the name it stands for and list nearest matches for strangers.

    Args:
        values: Incoming names, in any spelling.
        alias_table: Rows of the rules table `aliases` (kind, alias, name).
        kind: person, team, region, product_line or customer_type.
        known: Canonical names of that kind from elsewhere (people, organisation).

    Returns:
        One ResolvedName per value, in their order.
    """
    canonical: dict[str, str] = {}
    rows = [row for row in alias_table if row["kind"] == kind]
    for name in [*(str(row["name"]) for row in rows), *known]:
        canonical.setdefault(_squeezed(name), name)
    for row in rows:
        # An alias outranks a name spelt the same: somebody wrote it down on purpose.
        canonical[_squeezed(str(row["alias"]))] = str(row["name"])
    names = sorted(set(canonical.values()))
    aliases = {str(row["alias"]): str(row["name"]) for row in rows}
    return [_resolve(value, canonical, names, aliases) for value in values]


def _resolve(
    value: str, canonical: Mapping[str, str], names: Sequence[str], aliases: Mapping[str, str]
) -> ResolvedName:
    name = canonical.get(_squeezed(value))
    if name is not None:
        return ResolvedName(value, name)
    best: dict[str, float] = {}
    for near in nearest(value, [*names, *aliases], limit=len(names) + len(aliases)):
        shown = aliases.get(near.name, near.name)
        best[shown] = max(best.get(shown, 0.0), near.score)
    ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:3]
    return ResolvedName(value, None, tuple(NearName(*item) for item in ranked))
