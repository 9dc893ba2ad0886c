"""What a person may correct: show an earlier night again, accept a landing that shrank."""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines.landing.log import LandingLog
from pipelines.landing.manifest import Confirmation, Manifest
from pipelines.operations.surfaces import show_version
from pipelines.publish.manifest import Manifest as PublishedManifest
from pipelines.publish.night_lock import NightRunningError, night_lock
from pipelines.publish.publisher import rollback
from pipelines.publish.targets import extra_targets
from pipelines.settings import CompanyFolder, ConfigurationError, load_company


def publish_again(folder: CompanyFolder, version: str) -> PublishedManifest:
    """Show an earlier version again, on board and workbook too.

    Raises:
        PublishError: unknown or damaged version; those that are kept are listed.
        ConfigurationError: a night is running.
    """
    settings = load_company(folder)
    try:
        with night_lock(
            folder, 0, as_of=None, since_at=datetime.now(UTC), purpose=f"rollback {version}"
        ):
            result = rollback(
                folder,
                version,
                extra_targets(folder, settings),
                keep_versions=settings.publish.keep_versions,
            )
            show_version(folder, version)
    except NightRunningError as error:
        raise ConfigurationError(f"{error}; try again when it has ended") from error
    return result.manifest


def confirm_fall(folder: CompanyFolder, source: str, landing_id: str) -> None:
    """Record that a landing's fall is right.

    Raises:
        ConfigurationError: no such source or landing; the known ones are listed.
    """
    load_company(folder).source(source)
    known = sorted({record.landing_id for record in LandingLog(folder.landing).of_source(source)})
    if landing_id not in known:
        listed = ", ".join(known[-10:]) or "none yet"
        raise ConfigurationError(
            f"source {source} has no landing {landing_id!r}; the latest are: {listed}"
        )
    Manifest(folder.archive).append(Confirmation(source, landing_id, datetime.now(UTC)))
