"""Every asset has the colour it deserves, and says why."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipelines.operations.asset_health import Materialized, judge_assets

D = date(2026, 3, 10)
NOW = Materialized(datetime(2026, 3, 11, 2, 0, tzinfo=UTC), 12)


def check(asset="marts/mart_gap", passed=False, severity="warn", kind="data", figures="{}"):
    return {
        "asset": asset,
        "check_name": "c",
        "severity": severity,
        "kind": kind,
        "passed": passed,
        "description_en": "contributions sum to the gap",
        "description_zh": "各项之和等于差距",
        "figures": figures,
    }


def judged(*checks, done=True, before=None, is_over=True):
    return judge_assets(
        ["marts/mart_gap"],
        {"marts/mart_gap": NOW} if done else {},
        checks,
        {"marts/mart_gap": before} if before else {},
        D,
        is_over=is_over,
    )


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        ([], "healthy"),
        ([check(passed=True, severity="error")], "healthy"),
        ([check()], "warning"),
        ([check(severity="error"), check()], "degraded"),
        ([check(kind="flag")], "healthy"),
        ([check(asset="marts/mart_win_rate", severity="error")], "healthy"),
    ],
)
def test_data_checks_of_its_own_decide_the_colour_of_an_asset(checks, status):
    (health,) = judged(*checks)
    assert health.status == status
    assert bool(health.reasons) == (status != "healthy")


def test_a_failed_check_is_named_with_its_figures_in_both_languages():
    (health,) = judged(check(figures='{"violations": 3, "rows": null}'))
    assert health.reasons == (
        (
            "not so: contributions sum to the gap (violations 3)",
            "不成立：各项之和等于差距（violations 3）",
        ),
    )
    assert (health.checks_passed, health.checks_failed) == (0, 1)


def test_a_mart_that_tonight_did_not_build_is_late():
    (health,) = judged(done=False, before=date(2026, 3, 9))
    assert (health.status, health.last_as_of) == ("degraded", date(2026, 3, 9))
    assert "it stands as of 2026-03-09" in health.reasons[0][0]
    assert "截至 2026-03-09" in health.reasons[0][1]


def test_a_mart_that_was_never_built_is_unknown():
    (health,) = judged(done=False)
    assert (health.status, health.last_as_of) == ("unknown", None)


def test_a_mart_that_was_never_built_and_whose_check_failed_is_degraded():
    (health,) = judged(check(), done=False)
    assert (health.status, len(health.reasons)) == ("degraded", 2)


def test_nothing_is_late_while_the_run_lasts():
    assert judged(done=False, before=date(2026, 3, 9), is_over=False) == []
