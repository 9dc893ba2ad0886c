"""The dictionary and dbt's page: filled, offline, and no text can end the script that it stands in."""

from __future__ import annotations

import copy
import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.bi.documents import write_documents
from pipelines.dbt.runner import parse
from pipelines.settings import CompanyFolder

DAY = date(2026, 3, 10)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory):
    return parse(CompanyFolder(tmp_path_factory.mktemp("parsed")))


@pytest.fixture
def con():
    with duckdb.connect() as opened:
        opened.execute(
            "create schema marts; create table marts.dim_metric as select 'signed_amount' as metric, "
            "'签约额' as metric_name_zh, 'Signed amount' as metric_name_en, '<b>净额</b>' as definition_zh, "
            "'Net of reversals' as definition_en, 'money' as unit, 'higher' as direction, true as is_enabled"
        )
        opened.execute("create table marts.dim_product_line as select 'L1' as product_line_id")
        yield opened


def test_dbts_page_holds_models_lineage_exposures_and_rows_and_asks_no_network(
    con, manifest, tmp_path: Path
) -> None:
    assert write_documents(con, manifest, tmp_path, "晨光", DAY) == ["dbt.html", "index.html"]
    page = (tmp_path / "dbt.html").read_text(encoding="utf-8")
    assert "INLINE DATA" not in page
    decoder = json.JSONDecoder()
    starts = [page.index('{"metadata":{"dbt_schema'), page.index('{"metadata":{"generated_at')]
    told, catalog = (decoder.raw_decode(page, start)[0] for start in starts)
    assert (
        "model.gapwise.mart_gap" in told["nodes"] and "exposure.gapwise.board" in told["exposures"]
    )
    assert "metric.gapwise.attainment_rate" in told["metrics"]
    assert told["metadata"]["user_id"] is None and told["metadata"]["env"] == {}
    line = catalog["nodes"]["model.gapwise.dim_product_line"]
    assert line["columns"]["product_line_id"]["type"] == "VARCHAR"
    assert line["stats"]["row_count"]["value"] == 1
    outside = re.findall(r"""<(?:script|link|img)[^>]+(?:src|href)=["']?https?:[^>]+""", page)
    assert outside == []


def test_the_dictionary_has_both_languages_of_metrics_measures_and_columns(
    con, manifest, tmp_path: Path
) -> None:
    write_documents(con, manifest, tmp_path, "晨光<script>", DAY)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    for text in (
        "签约额",
        "Signed amount",
        "Net of reversals",
        "达成率",
        "Attainment",
        "2026-03-10",
    ):
        assert text in page
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "marts":
            assert f'id="{node["name"]}"' in page
    assert "<b>净额" not in page and "&lt;b&gt;净额" in page and "晨光<script>" not in page


def test_a_description_cannot_end_the_script(con, manifest, tmp_path: Path) -> None:
    hostile = copy.deepcopy(dict(manifest))
    hostile["nodes"]["model.gapwise.mart_gap"]["description"] = "</script><script>alert(1)</script>"
    write_documents(con, hostile, tmp_path, "晨光", DAY)
    page = (tmp_path / "dbt.html").read_text(encoding="utf-8")
    assert "</script><script>alert" not in page and "<\\/script><script>alert" in page
