"""Write the pages and files that are generated from declarations: dictionary, checks, rules, company schema."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from pipelines.checks.check_list import data_checks_markdown
from pipelines.checks.expectation_list import expectations_markdown
from pipelines.checks.subjects import LANDED, MARTS, landed_subjects, mart_subjects
from pipelines.core.rules.reference_page import rules_reference_page
from pipelines.dbt_runner import parse
from pipelines.dictionary import data_dictionary
from pipelines.operations.flags.page import flags_markdown
from pipelines.settings import CompanyFolder, company_json_schema

ROOT = Path(__file__).parent.parent


def generated() -> dict[Path, str]:
    """Return every generated file and its content."""
    with tempfile.TemporaryDirectory() as scratch:
        manifest = parse(CompanyFolder(Path(scratch)))
    return {
        ROOT / "docs" / "data-dictionary.md": data_dictionary(manifest),
        ROOT / "docs" / "checks" / "landed-expectations.md": expectations_markdown(
            LANDED, landed_subjects().values()
        ),
        ROOT / "docs" / "checks" / "mart-expectations.md": expectations_markdown(
            MARTS, mart_subjects(manifest).values()
        ),
        ROOT / "docs" / "checks" / "business-flags.md": flags_markdown(),
        ROOT / "docs" / "checks" / "data-checks.md": data_checks_markdown(manifest),
        ROOT / "docs" / "rules-workbook.md": rules_reference_page(),
        ROOT / "docs" / "company.schema.json": json.dumps(
            company_json_schema(), ensure_ascii=False, indent=2
        )
        + "\n",
    }


if __name__ == "__main__":
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
