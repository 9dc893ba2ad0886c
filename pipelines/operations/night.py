"""One night: which company, which day D, and what its steps share."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from importlib.metadata import version as package_version
from pathlib import Path

from pipelines.landing.archive import Archive
from pipelines.landing.manifest import cutoff_for, frozen_cutoff
from pipelines.operations.run_log import RunLog
from pipelines.operations.usage import Usage, measured
from pipelines.settings import CompanyFolder, CompanySettings

logger = logging.getLogger("gapwise")


@dataclass(frozen=True)
class Night:
    """What every step of one night may know.

    Attributes:
        folder: the company's folder.
        settings: its company.yml.
        as_of: D; nothing in the night asks for another day.
        run_id: Dagster's run.
        seen_at: when the run began (UTC): the arrival time of whatever it finds in the inbox.
        log: the run log.
        publishes: whether readers get this night (an older D is only built, unless told to).
    """

    folder: CompanyFolder
    settings: CompanySettings
    as_of: date
    run_id: str
    seen_at: datetime
    log: RunLog
    publishes: bool = True

    @cached_property
    def archive(self) -> Archive:
        """The archive; one for the night, whose manifest reads only what was appended since."""
        return Archive(self.folder.archive)

    @property
    def cutoff_seq(self) -> int:
        """Last delivery that D may use by now; reads the manifest, so ask once and keep it."""
        return cutoff_for(self.archive.manifest, self.as_of)

    @property
    def is_frozen(self) -> bool:
        """Whether D may use nothing that arrives now: an older D that was published before."""
        return frozen_cutoff(self.archive.manifest, self.as_of) is not None

    @property
    def version(self) -> str:
        """Name of this night's publish; two runs of one D never share it."""
        return f"{self.as_of:%Y%m%d}-{self.run_id[:8]}"

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step, tell who watches, and keep why it failed."""
        started_at = datetime.now(UTC)
        error: str | None = None
        usage = Usage()
        try:
            with measured() as usage:
                yield
        except BaseException as failure:
            error = f"{type(failure).__name__}: {failure}"[:2000]
            raise
        finally:
            self.log.step(self.run_id, name, started_at, usage, error)
            logger.info("%s", name, extra={"seconds": usage.seconds, "failed": error is not None})


def default_as_of(settings: CompanySettings, now: datetime) -> date:
    """Return D: the day that company.yml fixes, else yesterday in the company's time zone."""
    if settings.as_of is not None:
        return settings.as_of
    return now.astimezone(settings.zone).date() - timedelta(days=1)


def run_log_of(folder: CompanyFolder) -> RunLog:
    """Open the company's run log."""
    return RunLog(folder.warehouse / "operations.sqlite")


@cache
def code_version() -> str:
    """Return the package's version and, in a checkout, its commit."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return package_version("gapwise")
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=root, capture_output=True, text=True, check=True, timeout=10,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return package_version("gapwise")
    return f"{package_version('gapwise')}+{commit}"
