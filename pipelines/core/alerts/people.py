"""Who answers for whom: a person's manager and director, and the head of a unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

# Slices of everybody's business: whoever leads the company answers for them.
COMPANY_WIDE = frozenset({"product_line", "customer_type", "tier"})


@dataclass(frozen=True)
class Person:
    """One person as of D.

    Attributes:
        person_id: id.
        name: name.
        manager_id: whom the person reports to; None at the top.
        org_path: ids of the units from the top down, each between slashes.
        team: team, as scopes name it.
        region: region, as scopes name it.
        is_here: works for the company on D.
        email: address, None where unknown.
    """

    person_id: str
    name: str
    manager_id: str | None
    org_path: str
    team: str | None
    region: str | None
    is_here: bool = True
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Directory:
    """The people of a company on D, and the path of every unit.

    Attributes:
        people: by id, leavers included.
        unit_paths: organisation path by scope, such as ("team", "上海一队").
    """

    people: Mapping[str, Person]
    unit_paths: Mapping[tuple[str, str], str]

    @cached_property
    def _reports(self) -> dict[str, list[str]]:
        reports: dict[str, list[str]] = {}
        for person in self.people.values():
            if person.manager_id and person.is_here:
                reports.setdefault(person.manager_id, []).append(person.person_id)
        return reports

    def manager_of(self, person_id: str) -> str | None:
        """Return the nearest superior who is still here; a ring of managers ends in nobody."""
        seen = {person_id}
        known = self.people.get(person_id)
        while known and known.manager_id and known.manager_id not in seen:
            seen.add(known.manager_id)
            known = self.people.get(known.manager_id)
            if known and known.is_here:
                return known.person_id
        return None

    def role_of(self, person_id: str) -> str:
        """Return rep (leads nobody), manager (leads reps) or director (leads those who lead)."""
        reports = self._reports.get(person_id, [])
        if any(self._reports.get(report) for report in reports):
            return "director"
        return "manager" if reports else "rep"

    def head_of(self, scope_type: str, scope_id: str) -> str | None:
        """Return who leads a unit: the one in it whose manager is not in it.

        Of several, the one with the most reports, then the lowest id; None where nobody is in it.
        """
        path = self.unit_paths.get((scope_type, scope_id))
        if not path:
            return None
        inside = {p.person_id for p in self._here() if p.org_path.startswith(path)}
        tops = [one for one in inside if self.manager_of(one) not in inside]
        return min(tops, key=lambda one: (-len(self._reports.get(one, [])), one), default=None)

    def responsible(self, owner_id: str | None, scope_type: str, scope_id: str) -> str | None:
        """Return who has to act: the owner, else a leaver's manager, else the head of the unit or company."""
        if owner_id is None and scope_type == "person":
            owner_id = scope_id
        if owner_id is not None and owner_id in self.people:
            return owner_id if self.people[owner_id].is_here else self.manager_of(owner_id)
        if scope_type in COMPANY_WIDE:
            return self.head_of("company", "company")
        return self.head_of(scope_type, scope_id)

    def chain(self, owner_id: str) -> dict[str, str]:
        """Return owner, manager and director of a matter, as far as there are any."""
        chain = {"owner": owner_id}
        if manager := self.manager_of(owner_id):
            chain["manager"] = manager
            if director := self.manager_of(manager):
                chain["director"] = director
        return chain

    def _here(self) -> Iterable[Person]:
        return (person for person in self.people.values() if person.is_here)
