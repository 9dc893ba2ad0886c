"""A night records every check that is declared, whatever it found: none is discovered, none left out."""

from __future__ import annotations

import pytest

from pipelines.definitions import build_definitions
from pipelines.settings import CompanyFolder
from tests.end_to_end.conftest import DemoNight
from tests.nights import operations

pytestmark = pytest.mark.slow

# What the generator planted for them to find; see faults, progress_wrong and drift of the
# truth; one deal, and what was quoted for it, is in yen, which has no rate.
PLANTED = {
    ("marts/fct_opportunity", "deal_currencies_have_a_rate"),
    ("marts/fct_quote", "quoted_currencies_have_a_rate"),
    ("marts/mart_actuals_check", "actuals_agree"),
    ("marts/mart_target_progress", "typed_actuals_are_close_to_the_computed"),
    ("reference/rules", "names_on_sheets_are_known"),
    ("sources/crm_stage_events", "quarantine_is_small"),
    ("sources/progress", "is_fresh_enough"),
}


def test_every_declared_check_is_recorded_and_passed_but_where_something_was_planted(
    demo_night: DemoNight,
) -> None:
    graph = build_definitions(CompanyFolder(demo_night.home)).resolve_asset_graph()
    declared = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    rows = operations(
        demo_night.home,
        "select asset, check_name, kind, passed from marts.mart_data_quality "
        "where run_id = (select run_id from operations.publish_meta)",
    )
    assert len(rows) == len(declared) > 500
    assert {(asset, name) for asset, name, *_ in rows} == declared
    assert {(a, n) for a, n, kind, passed in rows if kind == "data" and not passed} == PLANTED
