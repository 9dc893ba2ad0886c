"""Whatever anybody types into any cell of the rules workbook, the night goes on."""

from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.rules import default_rules
from pipelines.core.rules.references import entity_columns
from pipelines.core.rules.tables import arrow_tables
from pipelines.landing.rules_judge import judge_layout
from pipelines.landing.rules_layout import find_tables
from pipelines.landing.rules_workbook import BrokenCell, GridSheet, open_workbook
from tests.unit.landing.rules_books import template

ENTITIES = Path(__file__).parents[3] / "pipelines/landing/entities.yml"
COLUMNS = entity_columns(yaml.safe_load(ENTITIES.read_text("utf-8")))
SHEETS = open_workbook(template()).sheets
PLACES = [
    (page, row, column)
    for page, sheet in enumerate(SHEETS)
    for row, cells in enumerate(sheet.rows)
    for column in range(len(cells))
]
TYPED = st.one_of(
    st.text(max_size=12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.sampled_from(["※", "设置项", "设置值", "%", "万", "1e999", "是", "kind =", "|", "、", "A"]),
    st.just(BrokenCell("#REF!")),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), TYPED), min_size=1, max_size=4))
def test_whatever_is_typed_is_either_read_or_told(changes):
    sheets = [GridSheet(sheet.name, [list(cells) for cells in sheet.rows]) for sheet in SHEETS]
    for (page, row, column), typed in changes:
        sheets[page].rows[row][column] = typed
    judged = judge_layout("rules.xlsx", find_tables(sheets), COLUMNS)
    blocking = [error for error in judged.errors if error.is_blocking]
    assert all(error.sheet and error.cell and error.allowed_zh for error in blocking)
    if not blocking:
        metrics = {row.values["metric"]: row for row in judged.rows["metrics"]}
        rows = judged.rows | {"metrics": list(metrics.values())}
        tables = arrow_tables(rows, "v", judged.disabled_metrics)
        assert tables.keys() == default_rules().keys()
