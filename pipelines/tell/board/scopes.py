"""Which pages there are: the company, its regions and teams, and everybody with a figure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.tell.board.rows import Row

# Bytes; a file name may have 255, kind, ending and mark of difference included.
_LONGEST_NAME = 120
NOBODY = ("unknown", "unallocated")


@dataclass(frozen=True)
class Scope:
    """One subject with a page of its own.

    Attributes:
        kind: company, region, team or person.
        id: as in the marts.
        name: for people.
        stem: its page's file name without ending; safe whatever the id holds.
        region: the region that it lies in, None for none.
        team: the team of a person, None for none.
    """

    kind: str
    id: str
    name: str
    stem: str
    region: str | None = None
    team: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Scope type and id, as marts name it."""
        return (self.kind, self.id)

    @property
    def page(self) -> str:
        """File of the page."""
        return f"{self.stem}.html"

    @property
    def rows_page(self) -> str:
        """File of the rows behind it."""
        return f"{self.stem}-rows.html"


def file_stem(text: str) -> str:
    """Return a text as part of a file name: whatever stands in it, it is no path."""
    safe = re.sub(r"[^\w-]", "_", text) or "_"
    name = safe.encode()
    if safe == text and len(name) <= _LONGEST_NAME:
        return safe
    short = name[:_LONGEST_NAME].decode(errors="ignore")
    return f"{short}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def scopes_of(rows: Mapping[str, Sequence[Row]], company: str) -> list[Scope]:
    """Return every subject in the order of the menu: company, regions, teams, people.

    Args:
        rows: what `read_all` returned: attainment, org and person.
        company: the company's name.

    Returns:
        No two with one file name, also where a file system does not know capitals. Everybody in
        service has a page, and whoever left has one while a running period holds a figure of his.
    """
    region_of_team = {row["org_name"]: row["region"] for row in rows["org"] if row["team"]}
    people = {row["person_id"]: row for row in rows["person"]}
    named = {
        (row["scope_type"], row["scope_id"]): row["scope_name"]
        for row in rows["attainment"]
        if row["scope_id"] not in NOBODY
        and (row["target"] is not None or row["actual"] is not None)
    }
    for row in rows["person"]:
        if not row["has_left"]:
            named.setdefault(("person", row["person_id"]), row["person_name"])
    for team, region in region_of_team.items():
        named.setdefault(("team", team), team)
        if region:
            named.setdefault(("region", region), region)
    named[("company", "company")] = company
    order = ("company", "region", "team", "person")
    chosen = sorted(
        (key for key in named if key[1] not in NOBODY),
        key=lambda key: (order.index(key[0]), _place(key, region_of_team, people), key[1]),
    )
    stems = _stems(chosen)
    return [
        Scope(
            kind=kind,
            id=id_,
            name=named[kind, id_] or id_,
            stem=stems[kind, id_],
            region=_region(kind, id_, region_of_team, people),
            team=_known(people[id_]["team"]) if kind == "person" and id_ in people else None,
        )
        for kind, id_ in chosen
    ]


def _place(
    key: tuple[str, str], region_of_team: Mapping[str, str], people: Mapping[str, Row]
) -> str:
    """Return what a subject is sorted by, so that teams stand with their region."""
    if key[0] == "team":
        return region_of_team.get(key[1]) or ""
    if key[0] == "person" and key[1] in people:
        return f"{people[key[1]]['region'] or ''}|{people[key[1]]['team'] or ''}"
    return ""


def _region(
    kind: str, id_: str, region_of_team: Mapping[str, str], people: Mapping[str, Row]
) -> str | None:
    if kind == "team":
        return _known(region_of_team.get(id_))
    return _known(people[id_]["region"]) if kind == "person" and id_ in people else None


def _known(name: str | None) -> str | None:
    return None if name in NOBODY else name


def _stems(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return a file name per subject; the company's page is the index."""
    stems: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for kind, id_ in keys:
        stem = "index" if kind == "company" else f"{kind}-{file_stem(id_)}"
        # a page and its rows must not meet another's, on file systems without capitals too
        if stem.casefold() in taken or f"{stem}-rows".casefold() in taken:
            stem = f"{stem}-{hashlib.sha256(id_.encode()).hexdigest()[:8]}"
        taken |= {stem.casefold(), f"{stem}-rows".casefold()}
        stems[kind, id_] = stem
    return stems
