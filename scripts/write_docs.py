"""Write the pages and files that are generated from declarations: dictionary, checks, rules, company schema."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipelines.bi.catalogue import load_catalogue
from pipelines.bi.exposures import exposures
from pipelines.bi.semantic import semantic_layer
from pipelines.checks.check_list import data_checks_markdown
from pipelines.checks.expectation_list import expectations_markdown
from pipelines.checks.subjects import LANDED, MARTS, landed_subjects, mart_subjects
from pipelines.core.rules.reference_page import rules_reference_page
from pipelines.dbt.dictionary import data_dictionary
from pipelines.dbt.runner import parse
from pipelines.operations.flags.page import flags_markdown
from pipelines.settings import CompanyFolder, company_json_schema

ROOT = Path(__file__).parent.parent
MARTS_FOLDER = ROOT / "dbt_project" / "models" / "marts"
_MART = re.compile(r"\b(?:mart|dim|fct)_[a-z_]+")


def generated() -> dict[Path, str]:
    """Return every generated file and its content."""
    with tempfile.TemporaryDirectory() as scratch:
        manifest = parse(CompanyFolder(Path(scratch)))
    catalogue = load_catalogue(manifest)
    return {
        MARTS_FOLDER / "_semantic.yml": semantic_layer(catalogue),
        MARTS_FOLDER / "_exposures.yml": exposures(_reads(manifest, list(catalogue.tables))),
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


def _reads(manifest: Mapping[str, Any], in_bi_models: list[str]) -> dict[str, set[str]]:
    """Return which marts each surface reads: the board's and workbook's as their queries name them."""
    marts = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }
    tell = ROOT / "pipelines" / "tell"
    board = "".join(path.read_text(encoding="utf-8") for path in (tell / "board").rglob("*.py"))
    workbook = yaml.safe_load((tell / "workbook.yml").read_text(encoding="utf-8"))
    sheets = " ".join(str(sheet) for sheet in workbook.values())
    return {
        "board": marts & set(_MART.findall(board)),
        "workbook": marts & set(_MART.findall(sheets)),
        "postgres": marts,
        "power_bi": set(in_bi_models),
        "superset": set(in_bi_models),
    }


if __name__ == "__main__":
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
