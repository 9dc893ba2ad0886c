"""One checked fact: which check, on which asset, whether it held, and the rows that broke it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warn"]
Kind = Literal["data", "flag"]
SAMPLE_ROWS = 5


@dataclass(frozen=True)
class CheckDeclaration:
    """A check as it is declared, before any night ran it.

    Attributes:
        asset: key of the asset that it is about, such as ("landed", "opportunities").
        name: unique on that asset.
        severity: `error` holds the night, `warn` is reported.
        description_en: what holds when it passes.
        description_zh: the same in Chinese.
        kind: `data`: can the figures be trusted; `flag`: what should the sales team do.
    """

    asset: tuple[str, ...]
    name: str
    severity: Severity
    description_en: str
    description_zh: str
    kind: Kind = "data"

    @property
    def is_blocking(self) -> bool:
        """Data checks of severity error hold the night; business flags are always warnings."""
        return self.severity == "error"


@dataclass(frozen=True)
class CheckOutcome:
    """What a night found of one declared check.

    Attributes:
        declaration: the check.
        passed: whether the fact held.
        figures: numbers for people, such as how many rows broke it.
        sample: a few offending rows, each leading back to file, sheet and row; no personal data.
        is_applicable: False where the company has no such data: then it passed for want of rows.
    """

    declaration: CheckDeclaration
    passed: bool
    figures: Mapping[str, float | int | str | None] = field(default_factory=dict)
    sample: Sequence[Mapping[str, object]] = ()
    is_applicable: bool = True

    @property
    def holds_the_night(self) -> bool:
        """Return whether this outcome keeps yesterday's marts in force."""
        return self.declaration.is_blocking and not self.passed
