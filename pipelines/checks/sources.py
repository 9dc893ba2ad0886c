"""Data checks on sources: do the rows add up, is the source fresh, did it lose rows, can it be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.landing.company_rules import CompanyRules
from pipelines.landing.log import LandingLog, LandingRecord
from pipelines.landing.manifest import Manifest
from pipelines.landing.visible import VisibleLandings, visible_landings
from pipelines.operations.night import Night
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome, Severity
from pipelines.operations.source_health import source_age_workdays
from pipelines.orchestration.asset_keys import source_key
from pipelines.orchestration.resources import NightResource
from pipelines.settings import CompanySettings, SourceSettings

# A larger fall of live keys is believed when a person confirms it.
FALL_LIMIT = 0.15


def source_declarations(source: SourceSettings) -> list[CheckDeclaration]:
    """Declare the checks of one source; age and falls hold the night only where it is required."""
    held: Severity = "error" if source.required else "warn"
    asset = ("sources", source.name)
    return [
        CheckDeclaration(asset, "rows_reconcile", "error",
            "rows read = landed + unchanged + quarantined + exact duplicates + skipped + held, file by file",
            "每个文件：读入行 = 入库 + 未变 + 隔离 + 完全重复 + 跳过 + 扣留"),
        CheckDeclaration(asset, "files_are_readable", "warn",
            "every delivered file was read and none was blocked", "所有文件均可读取且未被拦下"),
        CheckDeclaration(asset, "has_not_fallen", held,
            "live keys did not fall by more than 15 % against the last published night, or the fall is confirmed",
            "有效记录数较上次发布下降不超过 15%，或已人工确认"),
        CheckDeclaration(asset, "is_fresh_enough", held,
            f"the newest export is less than {source.max_age_workdays} workdays old",
            f"最新导出距今不足 {source.max_age_workdays} 个工作日"),
        CheckDeclaration(asset, "is_of_yesterday", "warn",
            "the newest export covers the last workday", "最新导出覆盖最近一个工作日"),
        CheckDeclaration(asset, "has_no_new_columns", "warn",
            "the newest file has no column that nobody mapped since the file before it",
            "最新文件没有新增的未映射列"),
        CheckDeclaration(asset, "quarantine_is_small", "warn",
            "bad rows of the newest file stay below half the limit that blocks it, rows that share a key below it",
            "最新文件的问题行低于拦截限额的一半，主键相同的行低于限额"),
    ]  # fmt: skip


def source_checks(settings: CompanySettings) -> list[dg.AssetChecksDefinition]:
    """Return the checks of every source; each source's run together."""
    return [_source_check(source) for source in settings.sources]


def _source_check(source: SourceSettings) -> dg.AssetChecksDefinition:
    declared = source_declarations(source)
    specs = [
        dg.AssetCheckSpec(
            name=d.name,
            asset=source_key(source.name),
            blocking=d.is_blocking,
            description=f"{d.description_en}\n\n{d.description_zh}",
        )
        for d in declared
    ]

    @dg.multi_asset_check(specs=specs, name=f"check_source_{source.name}")
    def check_source(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        outcomes = judge_source(night.night, night.rules, source)
        night.night.log.checks(night.night.run_id, outcomes, night.night.seen_at)
        for outcome in outcomes:
            yield check_result(outcome)

    return check_source


def judge_source(night: Night, rules: CompanyRules, source: SourceSettings) -> list[CheckOutcome]:
    """Judge one source as D sees it; outcomes in the order of the declarations."""
    records = LandingLog(night.folder.landing).of_source(source.name)
    cutoff_seq = night.cutoff_seq
    visible = visible_landings(records, night.as_of, cutoff_seq)
    arrived = [r for r in records if r.seq <= cutoff_seq]
    outcomes = [
        _reconciled(arrived),
        _readable(source, arrived, visible),
        _fallen(night, source, records, visible),
        _fresh(night, rules, source, visible, source.max_age_workdays),
        _fresh(night, rules, source, visible, 1) if source.comes_daily else (True, {}, []),
        _drift(arrived),
        _small_quarantine(night.settings, arrived),
    ]
    unasked = set() if source.comes_daily else {"is_of_yesterday"}
    return [
        CheckOutcome(declaration, passed, figures, sample, declaration.name not in unasked)
        for declaration, (passed, figures, sample) in zip(
            source_declarations(source), outcomes, strict=True
        )
    ]


Judgement = tuple[bool, dict[str, float | int | str | None], list[dict[str, object]]]


def _reconciled(records: list[LandingRecord]) -> Judgement:
    broken = [r for r in records if not r.counts.is_reconciled]
    sample: list[dict[str, object]] = [
        {"file": r.name, "read": r.counts.read, "landed": r.counts.landed} for r in broken[:5]
    ]
    return not broken, {"files": len(records), "broken": len(broken)}, sample


def _readable(
    source: SourceSettings, records: list[LandingRecord], visible: VisibleLandings
) -> Judgement:
    """Only trouble that is still in force counts.

    A later good snapshot of the part settles it. What a delta would have said no other file says: it
    stays open until a good file comes under its own name.
    """
    if source.load == "snapshot":
        last_good = {part: r.seq for part, r in visible.in_force().items()}
        settled = {r.seq: last_good.get(r.part, 0) for r in records}
    else:
        by_name = {r.name: r.seq for r in records if r.is_in_chain}
        settled = {r.seq: by_name.get(r.name, 0) for r in records}
    troubled = [
        r for r in records if r.status in ("blocked", "unreadable") and r.seq > settled[r.seq]
    ]
    sample: list[dict[str, object]] = [
        {"file": r.name, "problem": r.error_en, "问题": r.error_zh} for r in troubled[:5]
    ]
    return not troubled, {"unreadable_or_blocked": len(troubled)}, sample


def _fallen(
    night: Night, source: SourceSettings, records: list[LandingRecord], visible: VisibleLandings
) -> Judgement:
    """Compare live keys with the last published night's; without one, with the landing before."""
    if source.load != "snapshot" or not visible.records:
        return True, {"fall_rate": None}, []
    now = sum(r.live_keys for r in visible.in_force().values())
    before = _live_before(night, records, visible)
    # rounded, since 1 − 85/100 lies a hair above 0.15
    fall = round(max(0.0, 1 - now / before), 12) if before else 0.0
    newest = visible.records[-1]
    confirmed = any(
        c.source == source.name and c.landing_id == newest.landing_id
        for c in night.archive.manifest.confirmations()
    )
    passed = fall <= FALL_LIMIT or confirmed
    figures: dict[str, float | int | str | None] = {
        "live_keys": now, "before": before, "fall_rate": round(fall, 4), "landing": newest.landing_id,
    }  # fmt: skip
    fix = f"gapwise confirm {source.name} --landing {newest.landing_id}"
    return passed, figures, [] if passed else [{"file": newest.name, "if_it_is_right": fix}]


def _live_before(night: Night, records: list[LandingRecord], visible: VisibleLandings) -> int:
    nights = [n for n in Manifest(night.folder.archive).nights() if n.as_of < night.as_of]
    if nights:
        last = max(nights, key=lambda n: (n.as_of, n.published_at))
        then = visible_landings(records, last.as_of, last.cutoff_seq)
        if then.records:
            return sum(r.live_keys for r in then.in_force().values())
    newest = visible.records[-1].landing_id
    earlier = [r for r in visible.records if r.landing_id != newest]
    return sum(r.live_keys for r in {r.part: r for r in earlier}.values())


def _fresh(
    night: Night, rules: CompanyRules, source: SourceSettings, visible: VisibleLandings, limit: int
) -> Judgement:
    if not visible.records:
        return (
            False,
            {"age_workdays": None, "limit_workdays": limit},
            [{"source": source.origin, "problem": "nothing has arrived"}],
        )
    covers: date = visible.records[-1].covers_until
    age = source_age_workdays(night.settings, rules, covers, night.as_of)
    figures: dict[str, float | int | str | None] = {
        "age_workdays": age, "limit_workdays": limit, "covers_until": covers.isoformat(),
    }  # fmt: skip
    return age < limit, figures, []


def _drift(records: list[LandingRecord]) -> Judgement:
    """A column is new when the part's previous file did not have it."""
    by_part: dict[str, list[LandingRecord]] = {}
    for record in records:
        if record.status != "unreadable":
            by_part.setdefault(record.part, []).append(record)
    new = {
        name
        for chain in by_part.values()
        if len(chain) > 1
        for name in set(chain[-1].new_columns) - set(chain[-2].new_columns)
    }
    return not new, {"new_columns": ", ".join(sorted(new)) or None}, []


def _small_quarantine(settings: CompanySettings, records: list[LandingRecord]) -> Judgement:
    read = [r for r in records if r.counts.read]
    if not read:
        return True, {"bad_row_rate": None}, []
    newest = read[-1]
    bad = newest.counts.quarantined - newest.superseded
    rate = bad / newest.counts.read
    figures: dict[str, float | int | str | None] = {
        "bad_rows": bad, "bad_row_rate": round(rate, 4), "superseded_rows": newest.superseded,
    }  # fmt: skip
    limit = settings.quality.max_bad_row_rate
    sample: list[dict[str, object]] = [{"file": newest.name}] if bad else []
    # Rows of one key are one record. So many of them are lines of documents, and most would be lost.
    shares_keys = newest.superseded > limit * newest.counts.read
    if shares_keys:
        sample.append(
            {
                "file": newest.name,
                "rows_that_share_a_key": newest.superseded,
                "fix": "only the newest row of a key counts; tell lines of one document apart: columns: "
                '{line_no: HEADER} or compose: {line_no: [HEADER, "#"]}',
                "处理": "同一主键只取最新一行；一单多行请用 line_no 或 compose 区分",
            }
        )
    return rate <= limit / 2 and not shares_keys, figures, sample
