"""Join records into customers: what people decided first, then what is certain.

Laws: two records that somebody keeps apart never end in one cluster, by whatever way round; an
automatic join never brings two credit codes together; the order of the rows changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# The strongest evidence joins first: what comes later must fit what stands.
RULES = ("decision", "credit_code", "phone", "name", "probability")
CODES_DIFFER = "credit_codes_differ"
KEPT_APART = "kept_apart"


@dataclass(frozen=True)
class Pair:
    """Two records that may be one customer.

    Attributes:
        left: record id.
        right: another record id.
        rule: what speaks for it, one of RULES.
        probability: 0 to 1 where the rule is probability.
    """

    left: str
    right: str
    rule: str
    probability: float | None = None

    @property
    def strength(self) -> tuple[int, float, str, str]:
        """Sort key: the strongest first, ties by id."""
        first, second = sorted((self.left, self.right))
        return RULES.index(self.rule), -(self.probability or 0.0), first, second


@dataclass(frozen=True)
class Membership:
    """A record's customer, and the evidence that brought it there.

    Attributes:
        cluster: smallest record id of the customer.
        rule: rule of the record's first join.
        other: the record that it was joined with.
        probability: where the rule is probability.
    """

    cluster: str
    rule: str
    other: str
    probability: float | None


class Clusters:
    """Records joined so far; only records of a pair are kept, all others stand alone."""

    def __init__(self, codes: Mapping[str, str], apart: Iterable[tuple[str, str]] = ()) -> None:
        """Begin with every record alone.

        Args:
            codes: well-formed credit code by record, where there is one.
            apart: pairs of records that a person keeps apart.
        """
        self._root: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._codes: dict[str, frozenset[str]] = {}
        self._apart: dict[str, set[str]] = {}
        self._first: dict[str, Pair] = {}
        self._given = codes
        for left, right in apart:
            one, two = self.cluster(left), self.cluster(right)
            if one != two:
                self._apart.setdefault(one, set()).add(two)
                self._apart.setdefault(two, set()).add(one)

    def cluster(self, record: str) -> str:
        """Return the smallest record id of a record's cluster."""
        if record not in self._root:
            self._root[record] = record
            self._members[record] = [record]
            code = self._given.get(record)
            self._codes[record] = frozenset([code] if code else [])
        return self._root[record]

    def refusal(self, pair: Pair) -> str | None:
        """Say why two records must not be joined; None where they may be, or are already."""
        one, two = self.cluster(pair.left), self.cluster(pair.right)
        if one == two:
            return None
        if two in self._apart.get(one, ()):
            return KEPT_APART
        codes, others = self._codes[one], self._codes[two]
        # Where a person joined two codes, a record with either of them fits.
        if pair.rule != "decision" and not (codes <= others or others <= codes):
            return CODES_DIFFER
        return None

    def join_all(self, pairs: Iterable[Pair]) -> list[tuple[Pair, str]]:
        """Join pairs, the strongest first.

        Returns:
            The pairs that were refused, each with the reason.
        """
        refused = []
        for pair in sorted(pairs, key=lambda each: each.strength):
            reason = self.refusal(pair)
            if reason:
                refused.append((pair, reason))
            else:
                self._join(pair)
        return refused

    def _join(self, pair: Pair) -> None:
        one, two = sorted((self.cluster(pair.left), self.cluster(pair.right)))
        if one == two:
            return
        for record in (pair.left, pair.right):
            self._first.setdefault(record, pair)
        for record in self._members.pop(two):
            self._root[record] = one
            self._members[one].append(record)
        self._codes[one] |= self._codes.pop(two)
        for third in self._apart.pop(two, set()):
            self._apart[third].discard(two)
            self._apart[third].add(one)
            self._apart.setdefault(one, set()).add(third)

    def memberships(self) -> dict[str, Membership]:
        """Return every record that was joined with another, in the order of ids."""
        found = {}
        for record in sorted(self._first):
            pair = self._first[record]
            other = pair.right if record == pair.left else pair.left
            found[record] = Membership(self._root[record], pair.rule, other, pair.probability)
        return found
