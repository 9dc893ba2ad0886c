"""How a source is doing: what tonight brought, how old it is, and what is wrong with it."""

from __future__ import annotations

from datetime import date

from pipelines.core.calendar import count_workdays
from pipelines.landing.company_rules import CompanyRules
from pipelines.landing.source import SourceLanding
from pipelines.landing.visible import visible_landings
from pipelines.operations.night import Night
from pipelines.settings import CompanySettings, SourceSettings


def record_source(
    night: Night, rules: CompanyRules, source: SourceSettings, landing: SourceLanding
) -> None:
    """Enter what a night took from one source into the run log."""
    visible = visible_landings(landing.records, night.as_of, night.cutoff_seq)
    covers = max((r.covers_until for r in visible.records), default=None)
    age = source_age_workdays(night.settings, rules, covers, night.as_of) if covers else None
    night.log.source(
        night.run_id,
        source.name,
        source.entity,
        landing.new_records,
        covers,
        age,
        _problem(landing),
    )


def source_age_workdays(
    settings: CompanySettings, rules: CompanyRules, covers_until: date, as_of: date
) -> int:
    """Return the workdays after the newest day covered, up to D; 0 when D is covered."""
    return count_workdays(
        covers_until,
        as_of,
        calendar=settings.company.calendar,
        overrides=rules.calendar_overrides(),
    )


def _problem(landing: SourceLanding) -> tuple[str, str] | None:
    english = [r.error_en for r in landing.new_records if r.error_en] + [
        p[0] for p in landing.problems
    ]
    chinese = [r.error_zh for r in landing.new_records if r.error_zh] + [
        p[1] for p in landing.problems
    ]
    return ("\n".join(english), "\n".join(chinese)) if english else None
