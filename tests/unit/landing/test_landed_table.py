"""Several sources of one entity are one table: the source named first in company.yml decides on a key."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from pipelines.landing.contract import load_entities
from pipelines.landing.source import land_source
from pipelines.landing.state import SourceState, build_landed_table
from pipelines.landing.visible import visible_landings
from pipelines.settings import CompanyFolder, load_company
from tests.unit.landing.landing_world import SEEN_AT, WORDS

HEAD = "商机编号,阶段,预计金额\n"
COMPANY = """\
company: {name: T}
sources:
  - {name: crm, entity: opportunities, path: "inbox/crm_*", preset: excel}
  - {name: sheet, entity: opportunities, path: "inbox/sheet_*", preset: excel}
"""


def test_the_source_named_first_decides_though_the_other_is_newer(tmp_path: Path) -> None:
    folder = CompanyFolder(tmp_path)
    folder.company_yml.write_text(COMPANY, encoding="utf-8")
    folder.inbox.mkdir()
    (folder.inbox / "crm_20260301.csv").write_text(HEAD + "A,报价中,1\nB,报价中,1\n", "utf-8")
    (folder.inbox / "sheet_20260305.csv").write_text(HEAD + "A,报价中,2\nC,报价中,2\n", "utf-8")
    settings, day = load_company(folder), date(2026, 3, 5)
    states = []
    for rank, source in enumerate(settings.sources):
        records = land_source(folder, settings, source, WORDS, SEEN_AT).records
        states.append(SourceState(source, rank, records, visible_landings(records, day, 99)))
    with duckdb.connect() as con:
        # whatever the order in which the sources are handed over
        counted = build_landed_table(
            con, load_entities()["opportunities"], reversed(states), folder.landing, day
        )
        rows = con.execute(
            "select opportunity_id, amount::int, source, source_row, landed_on from landed.opportunities order by 1"
        ).fetchall()
    assert counted == 3
    assert rows == [
        ("A", 1, "crm", "inbox/crm_20260301.csv row 2", date(2026, 3, 1)),
        ("B", 1, "crm", "inbox/crm_20260301.csv row 3", date(2026, 3, 1)),
        ("C", 2, "sheet", "inbox/sheet_20260305.csv row 3", date(2026, 3, 5)),
    ]
