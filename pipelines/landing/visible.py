"""What a day D may know: which deliveries of a source count, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipelines.landing.log import LandingRecord

# Targets and rules need only have arrived: people write them down ahead of time.
ARRIVAL_ONLY_ENTITIES = frozenset({"targets"})


@dataclass(frozen=True)
class VisibleLandings:
    """The deliveries of one source that D may use, in order of the day they cover.

    `is_reconstructed` says that D lies before the first landing: then that landing serves D, and the
    dates inside its rows decide.
    """

    records: tuple[LandingRecord, ...]
    is_reconstructed: bool

    def in_force(self) -> dict[str, LandingRecord]:
        """Return the delivery in force of each part: the one that covers most, then the last."""
        return {record.part: record for record in self.records}


def visible_landings(
    records: Iterable[LandingRecord], as_of: date, cutoff_seq: int
) -> VisibleLandings:
    """Choose what D may know of one source.

    Args:
        records: the source's landings.
        as_of: D.
        cutoff_seq: last delivery that had arrived (see `manifest.cutoff_for`).
    """
    arrived = sorted(
        (r for r in records if r.is_in_chain and r.seq <= cutoff_seq),
        key=lambda r: (r.covers_until, r.seq),
    )
    if not arrived:
        return VisibleLandings((), is_reconstructed=False)
    if arrived[0].entity in ARRIVAL_ONLY_ENTITIES:
        return VisibleLandings(tuple(arrived), is_reconstructed=False)
    known = tuple(r for r in arrived if r.covers_until <= as_of)
    if known:
        return VisibleLandings(known, is_reconstructed=False)
    first = tuple(r for r in arrived if r.export_on == arrived[0].export_on)
    return VisibleLandings(first, is_reconstructed=True)


def earliest_day(records: Iterable[LandingRecord]) -> date | None:
    """Return the first day that any landed row is dated, the earliest D that can be built."""
    days = [r.earliest_on for r in records if r.is_in_chain and r.earliest_on is not None]
    return min(days, default=None)
