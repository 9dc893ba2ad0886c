"""What is configured, reachable, stale or missing, each with the fix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from pipelines.commands.init import TEMPLATE_FOLDERS
from pipelines.landing.contract import load_entities
from pipelines.landing.log import LandingLog, LandingRecord
from pipelines.landing.manifest import Manifest
from pipelines.landing.pull import pull_order
from pipelines.landing.rules import read_rules
from pipelines.landing.source import inbox_files, is_left_out
from pipelines.operations.alerts.channels import channel_name, sender_for
from pipelines.operations.alerts.tell import AlertDesk
from pipelines.publish.errors import PublishError
from pipelines.publish.layout import PublishedFolder
from pipelines.publish.manifest import read_manifest
from pipelines.publish.postgres.state import database_state
from pipelines.publish.targets import postgres_of
from pipelines.settings import (
    AnyPullSource,
    CompanyFolder,
    CompanySettings,
    ConfigurationError,
    FileSource,
    SourceSettings,
    load_company,
)
from pipelines.settings.secrets import SecretUnavailable
from pipelines.sources.presets import load_preset
from pipelines.sources.pull import PullFailed
from pipelines.sources.pulls import reach_source

USEFUL_ENTITIES = {"opportunities", "orders", "activities"}
_AGE = re.compile(r"^(\d+)([hd])$")


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    subject: str
    text: str
    is_fine: bool = True
    fix: str | None = None


def examine(folder: CompanyFolder) -> list[Finding]:
    """Look at configuration, rules, sources, archive and the published night."""
    settings = load_company(folder)
    findings = [Finding("company.yml", f"{settings.company.name}, {len(settings.sources)} sources")]
    findings.append(_usefulness(settings))
    findings.append(_rules(folder))
    findings += [_source(folder, settings, source) for source in settings.sources]
    findings += _unclaimed(folder, settings)
    findings.append(_published(folder))
    findings += _postgres(folder, settings)
    findings += _alerts(folder, settings)
    return findings


def print_findings(findings: Sequence[Finding]) -> int:
    """Print what was looked at, with the fix of what is wrong; return 1 if anything is."""
    for finding in findings:
        click.echo(f"{'ok ' if finding.is_fine else '!! '} {finding.subject}: {finding.text}")
        if not finding.is_fine and finding.fix:
            click.echo(f"     fix: {finding.fix}")
    return 0 if all(finding.is_fine for finding in findings) else 1


def _unclaimed(folder: CompanyFolder, settings: CompanySettings) -> list[Finding]:
    """Name the files of the inbox that no source reads: whoever put them there expects them to count."""
    taken = {
        file.resolve()
        for source in settings.sources
        if isinstance(source, FileSource)
        for file in inbox_files(folder, source)
    }
    left = [
        str(file.relative_to(folder.root))
        for file in sorted(folder.inbox.rglob("*"))
        if file.is_file() and not is_left_out(file) and file.resolve() not in taken
        if not TEMPLATE_FOLDERS & set(file.relative_to(folder.inbox).parts)
    ]
    if not left:
        return []
    shown = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
    fix = (
        "run `gapwise profile FILE` and put the YAML that it writes under `sources:` of company.yml"
    )
    return [Finding("inbox", f"no source reads {shown}", False, fix)]


def examine_age(folder: CompanyFolder, max_age: str) -> list[Finding]:
    """Say whether a night was published within `26h` or `2d`: a dead daemon tells nobody else.

    Raises:
        ConfigurationError: the age is written in another way.
    """
    match = _AGE.match(max_age.strip())
    if match is None:
        raise ConfigurationError(f"--max-age {max_age!r}: write hours or days, such as 26h or 2d")
    unit = timedelta(hours=1) if match[2] == "h" else timedelta(days=1)
    limit = int(match[1]) * unit
    nights = Manifest(folder.archive).nights()
    fix = "see `gapwise status`; is the Dagster daemon running?"
    if not nights:
        return [Finding("age", "no night was ever published", False, fix)]
    age = datetime.now(UTC) - max(night.published_at for night in nights)
    hours = age.total_seconds() / 3600
    return [Finding("age", f"the last night was published {hours:.1f} h ago", age <= limit, fix)]


def _usefulness(settings: CompanySettings) -> Finding:
    delivered = {source.entity for source in settings.sources}
    if delivered & USEFUL_ENTITIES:
        return Finding("entities", ", ".join(sorted(delivered)))
    return Finding(
        "entities", "none of opportunities, orders, activities is delivered", False,
        "add a source for one of them to company.yml",
    )  # fmt: skip


def _rules(folder: CompanyFolder) -> Finding:
    """Judge the workbook as it lies there: the next night reads it."""
    if not folder.rules_workbook.is_file():
        return Finding("rules.xlsx", "absent: the shipped defaults hold")
    reading = read_rules(folder.rules_workbook)
    if not reading.errors:
        return Finding("rules.xlsx", f"can be read (version {reading.rules_version})")
    first, *more = sorted(reading.errors, key=lambda error: not error.is_blocking)
    said = first.message_en + (f"; and {len(more)} more" if more else "")
    holds = (
        "the version before it stays in force" if not reading.is_usable else "that metric is off"
    )
    return Finding("rules.xlsx", said, False, f"correct the cell and save; until then {holds}")


def _source(folder: CompanyFolder, settings: CompanySettings, source: SourceSettings) -> Finding:
    subject = f"source {source.name}"
    if source.entity not in load_entities():
        return Finding(
            subject,
            f"unknown entity {source.entity!r}",
            False,
            f"use one of {', '.join(load_entities())}",
        )
    try:
        if source.preset:
            load_preset(source.preset).entity(source.entity)
    except ConfigurationError as error:
        return Finding(subject, str(error), False, "correct `preset:` in company.yml")
    records = LandingLog(folder.landing).of_source(source.name)
    if not isinstance(source, FileSource):
        return _reached(folder, settings, source, records)
    files = inbox_files(folder, source)
    if not files and not records:
        return Finding(
            subject,
            f"no file matches {source.path}",
            False,
            "put the export there, or correct `path:`",
        )
    return _landed(subject, f"{len(files)} files", records)


def _reached(
    folder: CompanyFolder,
    settings: CompanySettings,
    source: AnyPullSource,
    records: list[LandingRecord],
) -> Finding:
    """Ask a database or service whether it is there and would answer."""
    subject = f"source {source.name}"
    try:
        reach_source(pull_order(folder, settings, source, datetime.now(UTC)))
    except (PullFailed, SecretUnavailable) as error:
        fix = "see the message; secrets stand in the environment or in secrets.env"
        return Finding(subject, str(error), False, fix)
    return _landed(subject, f"{source.origin} can be reached", records)


def _landed(subject: str, found: str, records: list[LandingRecord]) -> Finding:
    if records and records[-1].error_en:
        return Finding(subject, str(records[-1].error_en), False, "see the quarantine of that file")
    last = f", last landed {records[-1].name}" if records else ", not landed yet"
    return Finding(subject, f"{found}{last}")


def _alerts(folder: CompanyFolder, settings: CompanySettings) -> list[Finding]:
    """Say which channels cannot send for want of a secret, and what was refused or lost."""
    if not settings.alerts:
        text = "no channel; digests lie in published/alerts/ only"
        return [Finding("alerts", text, True)]
    findings = []
    for channel in settings.alerts:
        subject = f"alerts {channel_name(channel)}"
        try:
            sender_for(channel, folder.root, None, None)
        except SecretUnavailable as error:
            findings.append(Finding(subject, str(error), False, "see the message"))
        else:
            findings.append(Finding(subject, f"{channel.channel} is configured"))
    counts = AlertDesk(folder, settings).outbox.counts()
    trouble = {status: counts[status] for status in ("refused", "uncertain") if status in counts}
    if trouble:
        said = ", ".join(f"{count} {status}" for status, count in trouble.items())
        fix = "the reasons stand in mart_alert_message of operations.duckdb"
        findings.append(Finding("alert messages", said, False, fix))
    return findings


def _postgres(folder: CompanyFolder, settings: CompanySettings) -> list[Finding]:
    """Say whether the database for BI can be published to and shows the night of the files."""
    database = postgres_of(folder, settings)
    if database is None:
        return []
    try:
        state = database_state(database)
    except (PublishError, SecretUnavailable) as error:
        fix = "see the message; the night publishes nowhere while the database is away"
        return [Finding("postgres", str(error), False, fix)]
    if not state.may_create:
        fix = "grant create on database … to the publishing login (docs/bi-postgres.md)"
        return [Finding("postgres", "the login may not make schemas", False, fix)]
    if state.missing_roles:
        statements = " ".join(f"create role {role} nologin;" for role in state.missing_roles)
        text = "the login may not make the reading roles"
        return [Finding("postgres", text, False, f"let an administrator run: {statements}")]
    shown = read_manifest(PublishedFolder(folder).manifest_link)
    version = None if shown is None else shown.version
    fine = state.version == version
    text = f"can be reached, shows {state.version or 'no night yet'}"
    if state.holders:
        text += f"; open transactions of {', '.join(state.holders)} would make a publish wait"
    fix = f"the files show {version}: run `gapwise nightly` or `gapwise rollback {version}`"
    return [Finding("postgres", text, fine, None if fine else fix)]


def _published(folder: CompanyFolder) -> Finding:
    nights = Manifest(folder.archive).nights()
    if not nights:
        return Finding("published", "no night yet", False, "run `gapwise nightly`")
    newest = max(nights, key=lambda night: night.published_at)
    return Finding("published", f"as of {newest.as_of}, version {newest.version}")
