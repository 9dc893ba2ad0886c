"""Business flags: what the sales team should do. Always warnings: a flag never holds a night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.assets.models import check_result
from pipelines.checks.expectation_checks import check_spec
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome
from pipelines.resources import NightResource

if TYPE_CHECKING:
    import duckdb

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Flag:
    """A condition on a mart's rows that somebody should act on.

    Attributes:
        mart: the mart that it is about.
        name: unique on that mart.
        condition: SQL condition of a row that raises it.
        figure: SQL aggregate that says how much is at stake, beside the count of rows.
        sample: columns that lead a person to the row; nothing personal.
        en: what should be true when nobody needs to act.
        zh: the same in Chinese.
    """

    mart: str
    name: str
    condition: str
    figure: str
    sample: tuple[str, ...]
    en: str
    zh: str

    @property
    def declaration(self) -> CheckDeclaration:
        """The flag as a declared check of severity warn."""
        return CheckDeclaration(("marts", self.mart), self.name, "warn", self.en, self.zh)


FLAGS: tuple[Flag, ...] = (
    Flag(
        mart="mart_followup_due",
        name="no_follow_up_is_overdue",
        condition="status in ('overdue', 'high_risk')",
        figure="sum(open_amount)",
        sample=("customer_id", "person_id", "tier", "due_on", "overdue_workdays", "open_amount"),
        en="every customer was contacted within the cadence of its tier",
        zh="每个客户都在其等级的跟进频率内得到跟进",
    ),
    Flag(
        mart="mart_followup_due",
        name="no_follow_up_is_at_high_risk",
        condition="status = 'high_risk'",
        figure="sum(open_amount)",
        sample=("customer_id", "person_id", "tier", "due_on", "overdue_workdays", "open_amount"),
        en="no customer has waited longer than the high-risk multiple of its cadence",
        zh="没有客户的等待时间超过高风险倍数",
    ),
    Flag(
        mart="mart_target_attainment",
        name="no_target_is_behind",
        condition="status = 'behind' and level = 'base' and scenario = 'base' and scope_type in "
        "('company', 'region', 'team', 'person') and period_end >= (select max(as_of) from reference.company)",
        figure="sum(gap_to_date)",
        sample=("metric", "period_label", "scope_type", "scope_id", "lag_rate", "gap_to_date"),
        en="no running target lags by more than the limit of the rules workbook",
        zh="没有进行中的目标落后超过规则中的限额",
    ),
)


def flag_checks() -> dg.AssetChecksDefinition:
    """Return all business flags as one step on the built marts."""

    @dg.multi_asset_check(
        specs=[check_spec(flag.declaration) for flag in FLAGS], name="business_flags"
    )
    def business_flags(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        import duckdb

        with night.night.step("raise business flags"):
            with duckdb.connect(str(night.night.folder.build_file), read_only=True) as con:
                outcomes = [raise_flag(con, flag) for flag in FLAGS]
            night.night.log.checks(night.night.run_id, outcomes, night.night.seen_at)
        for outcome in outcomes:
            yield check_result(outcome)

    return business_flags


def raise_flag(con: duckdb.DuckDBPyConnection, flag: Flag) -> CheckOutcome:
    """Count the rows of one flag and take a few of them as a sample, worst order of the mart."""
    table = f"marts.{flag.mart}"
    counted = con.execute(
        f"select count(*) filter ({flag.condition}), {flag.figure} filter ({flag.condition}), count(*) from {table}"
    ).fetchone()
    count, stake, rows = counted or (0, None, 0)
    sample = con.execute(
        f"select {', '.join(flag.sample)} from {table} where {flag.condition} "
        f"order by {', '.join(flag.sample)} limit {SAMPLE_ROWS}"
    ).fetchall()
    return CheckOutcome(
        declaration=flag.declaration,
        passed=count == 0,
        figures={"rows": count, "at_stake": None if stake is None else str(stake)},
        sample=[{n: _plain(v) for n, v in zip(flag.sample, row, strict=True)} for row in sample],
        is_applicable=rows > 0,
    )


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
