"""The morning page of the data team: the figures behind it, and a page in each language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.operations.asset_health import STATUSES, judge_assets
from pipelines.operations.night_report import night_report
from pipelines.operations.outcome import CheckDeclaration, CheckOutcome
from pipelines.operations.run_log import RunLog
from pipelines.operations.usage import Usage
from pipelines.tell.health.write import write_health_page
from tests.unit.operations.test_asset_health import NOW

BEGAN = datetime(2026, 3, 10, 19, 0, tzinfo=UTC)
CHECK = CheckDeclaration(
    ("marts", "mart_gap"), "sums", "error", "causes sum <to> the gap", "各项之和等于差距"
)


@pytest.fixture
def log(tmp_path):
    """Two runs: in the second a check breaks, a step takes longer and a mart grows."""
    log = RunLog(tmp_path / "operations.sqlite")
    for number, (seconds, passed, rows) in enumerate([(10.0, True, 100), (25.0, False, 140)]):
        run, day = f"run{number}", date(2026, 3, 9) + timedelta(days=number)
        began = BEGAN + timedelta(days=number)
        log.start(run, day, "0.1", began)
        log.step(run, "build marts", began, Usage(seconds=seconds), None)
        log.step(run, "publish", began, Usage(seconds=3.0), None)
        log.checks(run, [CheckOutcome(CHECK, passed, {"violations": 0 if passed else 2})], began)
        log.marts(run, {"mart_gap": rows, "mart_win_rate": 7})
        log.source(run, "crm", "accounts", [], day, 0, None)
        checks = [{"asset": "marts/mart_gap", "check_name": "sums", "severity": "error",
                   "kind": "data", "passed": passed, "figures": "{}",
                   "description_en": CHECK.description_en, "description_zh": CHECK.description_zh}]  # fmt: skip
        assets = ["marts/mart_gap", "sources/crm"]
        log.assets(
            run, judge_assets(assets, dict.fromkeys(assets, NOW), checks, {}, day, is_over=True)
        )
        log.end(run, "published" if passed else "held", began + timedelta(seconds=61),
                None if passed else ("Held back by <1> check", "1 项检查未通过"))  # fmt: skip
    return log


def test_the_report_is_of_the_latest_run_beside_the_ones_before(log):
    report = night_report(log)

    assert report.run["run_id"] == "run1"
    assert report.counts == {"marts": {"degraded": 1}, "sources": {"healthy": 1}}
    assert [row["asset"] for row in report.ailing] == ["marts/mart_gap"]
    assert [(s.step, s.seconds, s.usual_seconds) for s in report.slowest] == [
        ("build marts", 25.0, 10.0),
        ("publish", 3.0, 3.0),
    ]
    assert [(c.mart, c.before, c.after) for c in report.rows_changed] == [("mart_gap", 100, 140)]
    assert [row["check_name"] for row in report.failing_now] == ["sums"]
    assert report.mended == []
    assert [point.as_of for point in report.quarantine] == [date(2026, 3, 9), date(2026, 3, 10)]


def run(log: RunLog, number: int, seconds: float, *broken: str) -> None:
    """One run; of its two marts those named failed a check of their own, fct_lead softly."""
    run, day = f"run{number}", date(2026, 3, 6) + timedelta(days=number)
    began = BEGAN + timedelta(days=number)
    log.start(run, day, "0.1", began)
    log.step(run, "build marts", began, Usage(seconds=seconds), None)
    rows = []
    for mart, severity in (("fct_lead", "warn"), ("mart_gap", "error")):
        declared = CheckDeclaration(("marts", mart), "sums", severity, f"{mart} sums", "各项之和")
        log.checks(run, [CheckOutcome(declared, mart not in broken, {})], began)
        rows.append({"asset": f"marts/{mart}", "check_name": "sums", "severity": severity,
                     "kind": "data", "passed": mart not in broken, "figures": "{}",
                     "description_en": "sums", "description_zh": "各项之和"})  # fmt: skip
    assets = [row["asset"] for row in rows]
    built = dict.fromkeys(assets, NOW)
    log.assets(run, judge_assets(assets, built, rows, {}, day, is_over=True))


def test_a_step_is_held_against_the_median_of_the_seven_runs_before(tmp_path):
    log = RunLog(tmp_path / "operations.sqlite")
    for number, seconds in enumerate([900, 10, 20, 30, 40, 50, 60, 900, 15]):
        run(log, number, seconds)
    [step] = night_report(log).slowest
    assert (step.seconds, step.usual_seconds) == (15, 40)  # the first run is the eighth before


def test_the_worst_asset_stands_first_and_what_holds_again_is_told_as_mended(tmp_path):
    log = RunLog(tmp_path / "operations.sqlite")
    run(log, 0, 1, "fct_lead", "mart_gap")
    both = night_report(log)
    assert [row["asset"] for row in both.ailing] == ["marts/mart_gap", "marts/fct_lead"]
    assert (both.failing_now, both.mended) == ([], [])  # no run before says what is new
    run(log, 1, 1, "mart_gap")
    after = night_report(log)
    assert [row["asset"] for row in after.mended] == ["marts/fct_lead"]
    assert after.failing_now == []  # it failed before too


def test_there_is_no_report_before_the_first_run(tmp_path):
    assert night_report(RunLog(tmp_path / "operations.sqlite")) is None


def test_the_page_stands_in_both_languages_and_its_texts_are_text(log, tmp_path):
    write_health_page(tmp_path, "晨光<script>", ["zh", "en"], STATUSES, night_report(log))

    chinese, english = ((tmp_path / f"{name}.html").read_text("utf-8") for name in ("zh", "en"))
    assert (tmp_path / "index.html").read_text("utf-8") == chinese
    assert "各项之和等于差距" in chinese
    assert "已拦下" in chinese
    assert "causes sum &lt;to&gt; the gap" in english
    assert "Held back by &lt;1&gt; check" in english
    assert "<script>" not in chinese + english
    assert "src=" not in english  # nothing is fetched
