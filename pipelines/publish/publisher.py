"""Show a finished night to all readers at once, show an earlier one again, mend a cut-short one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from pipelines.publish.build_file import describe_marts
from pipelines.publish.duckdb_session import DuckDBLimits
from pipelines.publish.duckdb_target import DuckDBTarget, verify_content
from pipelines.publish.errors import (
    FlipRefusedError,
    InterruptedPublishError,
    PublishError,
    UnknownVersionError,
)
from pipelines.publish.files import remove_temporary_files
from pipelines.publish.journal import Journal, JournalEntry, State
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.manifest import Manifest, ManifestTarget, kept_manifests, read_manifest
from pipelines.publish.night import Night, NightSnapshot, Target, require_version_name
from pipelines.publish.night_lock import require_night_lock
from pipelines.publish.parquet_target import ParquetTarget
from pipelines.publish.target_set import TargetSet
from pipelines.settings import CompanyFolder

KEEP_VERSIONS = 14
_FEWEST_VERSIONS = 2


@dataclass(frozen=True)
class PublishResult:
    """What a publish or rollback did.

    Attributes:
        manifest: the night that readers now see.
        replaced: the version they saw before, None on the first night.
        pruned: versions removed because newer ones fill the number to keep.
        not_pruned: versions that should have gone but could not, with the reason.
    """

    manifest: Manifest
    replaced: str | None
    pruned: tuple[str, ...] = ()
    not_pruned: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recovery:
    """What a cut-short publish left and how it was mended."""

    version: str
    was_completed: bool


def _nothing(_point: str) -> None:
    """The publish needs no watcher; tests pass one that stops the process at a named point."""


class Publisher:
    """Publish nights of one company, all or nothing; every call is made under the night lock.

    Extra targets (PostgreSQL) flip first: they are the ones that may refuse, and while nothing
    else has flipped, the whole publish can still be taken back.

    Args:
        folder: the company folder.
        extra_targets: places besides DuckDB file, Parquet and manifest.
        limits: memory, threads and spill folder of the DuckDB connections.
        keep_versions: how many versions stay for a rollback, at least 2: the version that was
            just replaced may still be open in a reader that goes through its Parquet files.
        at: called with the name of each point that a crash could follow.
    """

    def __init__(
        self,
        folder: CompanyFolder,
        extra_targets: Sequence[Target] = (),
        *,
        limits: DuckDBLimits | None = None,
        keep_versions: int = KEEP_VERSIONS,
        at: Callable[[str], None] = _nothing,
    ) -> None:
        if keep_versions < _FEWEST_VERSIONS:
            raise PublishError(
                f"keep_versions is {keep_versions}, but at least {_FEWEST_VERSIONS} must be kept: "
                "the night in force and the one that readers may still have open."
            )
        self._folder = folder
        self._paths = PublishedFolder(folder)
        self._limits = limits or DuckDBLimits(temp_directory=folder.warehouse / "spill")
        self._keep_versions = keep_versions
        self._at = at
        self._journal = Journal(self._paths.journal)
        files: list[Target] = [
            DuckDBTarget(self._paths, self._limits),
            ParquetTarget(self._paths, self._limits),
        ]
        self._targets = TargetSet(files, extra_targets, ManifestTarget(self._paths), at)

    def publish(self, night: Night) -> PublishResult:
        """Stage the night everywhere, then show it everywhere; on any error the old one stands.

        Raises:
            PublishError: what was refused and why; nothing staged is left.
            OSError, duckdb.Error: disk full or unreadable build; nothing staged is left.
            InterruptedPublishError: an earlier publish cannot be completed.
        """
        self.recover()
        kept = kept_manifests(self._paths)
        if any(manifest.version == night.version for manifest in kept):
            raise PublishError(
                f"Version {night.version} exists already; give this publish a new one."
            )
        snapshot = NightSnapshot(
            night=night,
            sequence=max((manifest.sequence for manifest in kept), default=0) + 1,
            marts=describe_marts(night, self._limits),
            marts_file=self._paths.marts_file(night.version),
        )
        with ExitStack() as undo:
            self._write_journal("staging", night.version, is_new=True)
            undo.callback(self._take_back, night.version)
            self._targets.stage(snapshot)
            self._write_journal("flip", night.version, is_new=True)
            undo.pop_all()
        return self._show(night.version, is_new=True)

    def rollback(self, version: str) -> PublishResult:
        """Show an earlier night again, after checking that its figures are still those it had.

        Raises:
            UnknownVersionError: that version is not kept; lists those that are.
            PublishError: the kept version was damaged.
        """
        self.recover()
        manifest = self._kept(version)
        file = self._paths.marts_file(version)
        verify_content(file, manifest.content_hashes, manifest.volatile_columns)
        self._write_journal("flip", version, is_new=False)
        return self._show(version, is_new=False)

    def recover(self) -> Recovery | None:
        """Complete or take back a publish that was cut short; do nothing if there was none.

        Raises:
            InterruptedPublishError: a target cannot be mended now (no longer configured, or it
                refuses); everything else is, and the journal stays open for the next attempt.
        """
        require_night_lock(self._folder)
        remove_temporary_files(self._paths.root)
        remove_temporary_files(self._paths.versions)
        entry = self._journal.read()
        if entry is None:
            return None
        if entry.state == "staging":
            self._targets.discard(entry.version, entry.targets)
        else:
            self._complete(entry)
        self._require_configured(entry)
        self._close_journal()
        return Recovery(version=entry.version, was_completed=entry.state == "flip")

    def interrupted(self) -> JournalEntry | None:
        """Read whether a publish is open: running right now, or cut short if no night runs."""
        return self._journal.read()

    def in_force(self) -> Manifest | None:
        """Read which night readers are shown; None before the first."""
        return read_manifest(self._paths.manifest_link)

    def kept(self) -> list[Manifest]:
        """List the versions that every target can show again, oldest first."""
        return [m for m in kept_manifests(self._paths) if not self._targets.lacking(m.version)]

    def _show(self, version: str, *, is_new: bool) -> PublishResult:
        before = self.in_force()
        try:
            self._targets.flip(version, self._targets.names)
        except FlipRefusedError:
            # the first to flip changed nothing, so no reader saw anything
            if is_new:
                self._write_journal("staging", version, is_new=True)
                self._take_back(version)
            else:
                self._close_journal()
            raise
        self._close_journal()
        replaced = None if before is None else before.version
        pruned, not_pruned = self._prune({version, replaced})
        return PublishResult(self._kept(version), replaced, pruned, not_pruned)

    def _complete(self, entry: JournalEntry) -> None:
        try:
            self._targets.flip(entry.version, entry.targets)
        except FlipRefusedError as refusal:
            # it may have flipped before the crash: taking back is no longer safe
            raise InterruptedPublishError(
                f"Version {entry.version} was cut short while being shown, and cannot be completed "
                f"now: {refusal} Mend that and run again."
            ) from refusal

    def _take_back(self, version: str) -> None:
        self._targets.discard(version, self._targets.names)
        self._close_journal()

    def _prune(self, shown: set[str | None]) -> tuple[tuple[str, ...], dict[str, str]]:
        """Remove the oldest versions, but neither the shown one nor the one just replaced."""
        kept = kept_manifests(self._paths)
        pruned, not_pruned = [], {}
        for manifest in kept[: -self._keep_versions]:
            if manifest.version in shown:
                continue
            try:
                self._targets.discard(manifest.version, self._targets.names)
            except (PublishError, OSError) as error:
                # the night is published; an old version that stays is only disk space
                not_pruned[manifest.version] = str(error)
            else:
                pruned.append(manifest.version)
            self._at(f"pruned:{manifest.version}")
        return tuple(pruned), not_pruned

    def _kept(self, version: str) -> Manifest:
        require_version_name(version)
        kept = {manifest.version: manifest for manifest in self.kept()}
        if version not in kept:
            known = ", ".join(f"{m.version} (as of {m.as_of})" for m in kept.values()) or "none"
            raise UnknownVersionError(
                f"Version {version} is not kept by {', '.join(self._targets.lacking(version))}. "
                f"Versions that can be published again: {known}."
            )
        return kept[version]

    def _require_configured(self, entry: JournalEntry) -> None:
        missing = [name for name in entry.targets if name not in self._targets.names]
        if missing:
            raise InterruptedPublishError(
                f"The publish of {entry.version} was cut short and is mended everywhere but in "
                f"{', '.join(missing)}, which is no longer configured. Configure it again and run "
                f"the night; if it is gone for good, delete {self._paths.journal}."
            )

    def _write_journal(self, state: State, version: str, *, is_new: bool) -> None:
        self._journal.write(JournalEntry(state, version, is_new, self._targets.names))
        self._at(f"journal:{state}")

    def _close_journal(self) -> None:
        self._journal.close()
        self._at("journal:closed")


def recover(folder: CompanyFolder, extra_targets: Sequence[Target] = ()) -> Recovery | None:
    """Mend a publish that was cut short; the first step of every night, rollback and status.

    The caller holds the night lock: a publish that is running looks just like one cut short.
    """
    return Publisher(folder, extra_targets).recover()


def rollback(
    folder: CompanyFolder,
    version: str,
    extra_targets: Sequence[Target] = (),
    *,
    keep_versions: int = KEEP_VERSIONS,
) -> PublishResult:
    """Show an earlier night again; see `Publisher.rollback`."""
    return Publisher(folder, extra_targets, keep_versions=keep_versions).rollback(version)
