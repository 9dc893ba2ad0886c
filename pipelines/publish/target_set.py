"""Treat all places that show a night as one, in the orders that keep a crash repairable."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from pipelines.publish.errors import FlipRefusedError, InterruptedPublishError
from pipelines.publish.night import NightSnapshot, Target


class TargetSet:
    """Stage, flip and discard in every target.

    The DuckDB file is staged first, since the others read it. Extra targets flip first: they may
    refuse, and while nothing else has flipped, the publish can be taken back. The manifest is last
    everywhere: where it stands, all else does.
    """

    def __init__(
        self,
        files: Sequence[Target],
        extra: Sequence[Target],
        manifest: Target,
        at: Callable[[str], None],
    ) -> None:
        self._staging_order = [*files, *extra, manifest]
        self._flip_order = [*extra, *files, manifest]
        self._at = at

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all targets, in the order of their flips."""
        return tuple(target.name for target in self._flip_order)

    def stage(self, snapshot: NightSnapshot) -> None:
        """Make the night ready everywhere."""
        for target in self._staging_order:
            target.stage(snapshot)
            self._at(f"staged:{target.name}")

    def flip(self, version: str, names: Collection[str]) -> None:
        """Show a version in the named targets; those configured since have never staged it.

        Raises:
            FlipRefusedError: the first target changed nothing, so nothing has changed anywhere.
            InterruptedPublishError: a later target refused; some show the version, some do not.
        """
        flipped: list[str] = []
        for target in self._flip_order:
            if target.name not in names:
                continue
            try:
                target.flip(version)
            except FlipRefusedError as refusal:
                if not flipped:
                    raise
                raise InterruptedPublishError(
                    f"Version {version} is shown in {', '.join(flipped)}, but {target.name} "
                    f"refused it: {refusal} The next run completes it."
                ) from refusal
            flipped.append(target.name)
            self._at(f"flipped:{target.name}")

    def discard(self, version: str, names: Collection[str]) -> None:
        """Remove a version from the named targets."""
        for target in self._staging_order:
            if target.name in names:
                target.discard(version)

    def lacking(self, version: str) -> list[str]:
        """Name the targets that cannot show a version."""
        return [target.name for target in self._flip_order if not target.holds(version)]
