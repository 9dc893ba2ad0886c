"""A source lands anew when anything that reads its rows has changed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.landing.contract import load_entities
from pipelines.landing.fingerprint import CORE_MODULES, PACKAGE, landing_fingerprint
from pipelines.landing.mapping import Vocabulary
from pipelines.settings import CompanySettings
from tests.unit.landing.landing_world import Inbox

# These make tables of the rules and of the calendar, each night anew.
NOT_ROWS = re.compile(r"rules|inputs|conditions")


def test_every_module_of_the_core_that_reads_rows_counts() -> None:
    used: set[str] = set()
    for folder in ("landing", "sources"):
        for path in (PACKAGE / folder).rglob("*.py"):
            if not NOT_ROWS.search(path.stem):
                used |= set(
                    re.findall(r"from pipelines\.core\.([a-z_.]+) import", path.read_text("utf-8"))
                )
    assert {name for name in used if not name.startswith("rules")} == set(CORE_MODULES)
    assert all((Path(PACKAGE) / "core" / f"{name}.py").exists() for name in CORE_MODULES)


def fingerprint(
    *, company: str = "", stage: str = "won", required: bool = True, **source: object
) -> str:
    """Return the fingerprint of one source of deals; the arguments are what is different."""
    entry = {
        "name": "deals",
        "entity": "opportunities",
        "path": "inbox/*",
        "preset": "excel",
        **source,
    }
    settings = CompanySettings.model_validate(
        {"company": {"name": "T", "timezone": company or "Asia/Shanghai"}, "sources": [entry]}
    )
    entity = load_entities()["opportunities"]
    first, *others = entity.columns
    entity = replace(entity, columns=(replace(first, required=required), *others))
    words = Vocabulary({"stage": {"赢单": stage}}, frozenset({"stage"}))
    return landing_fingerprint(settings, settings.sources[0], entity, words)


@pytest.mark.parametrize(
    "change",
    [
        {"decimal": ","}, {"load": "delta"}, {"columns": {"amount": "金额"}}, {"preset": "salesforce"},
        {"timezone": "UTC"}, {"date_order": "dmy"}, {"company": "UTC"}, {"stage": "lost"}, {"required": False},
    ],
    ids=str,
)  # fmt: skip
def test_what_decides_how_a_row_is_read_lands_it_anew(change: dict[str, object]) -> None:
    assert fingerprint(**change) != fingerprint()  # type: ignore[arg-type]


def test_how_late_a_source_may_be_lands_nothing_anew() -> None:
    assert fingerprint(max_age_workdays=9) == fingerprint()


def test_under_another_mapping_everything_that_is_archived_lands_anew(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    text = "商机编号,阶段,预计金额,合同额\nA,报价中,1,2\n"
    inbox.put_and_land("d_20260301.csv", text)
    assert inbox.land().new_records == ()
    settings = inbox.folder.company_yml
    mapped = settings.read_text("utf-8").replace(
        "preset: excel", "preset: excel, columns: {amount: 合同额}"
    )
    settings.write_text(mapped, encoding="utf-8")
    assert [record.status for record in inbox.land().new_records] == ["landed"]
    assert inbox.known("2026-03-01", "select amount::int from rows") == [(2,)]
