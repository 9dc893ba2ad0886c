"""The list of stages that models read, with the names that people know them by."""

from pathlib import Path

from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import company_rules
from pipelines.settings import CompanyFolder, load_company


def test_a_shipped_stage_carries_its_name_in_both_languages(tmp_path: Path) -> None:
    folder = CompanyFolder(tmp_path)
    folder.company_yml.write_text(
        "company: {name: 阶段公司}\nsources: "
        "[{name: orders, entity: orders, kind: file, path: inbox/orders.csv, preset: excel}]\n",
        encoding="utf-8",
    )
    stages = company_rules(load_company(folder), Archive(folder.archive), 0).stages.to_pylist()
    names = {row["stage"]: (row["stage_name_zh"], row["stage_name_en"]) for row in stages}
    assert names["needs_confirmed"] == ("需求确认", "Needs confirmed")
    assert names["won"] == ("赢单", "Won")
