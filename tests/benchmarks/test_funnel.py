"""What the benchmark of the funnel puts in place of landed files."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.funnel import write_inputs
from pipelines.settings import CompanyFolder

pytestmark = pytest.mark.slow


def test_deals_stand_in_the_build_file_as_landing_would_have_left_them(tmp_path: Path) -> None:
    rows = write_inputs(tmp_path, 300)
    assert rows["opportunities"] == 300
    assert 3 < rows["stage_events"] / 300 < 5
    with duckdb.connect(str(CompanyFolder(tmp_path).build_file), read_only=True) as con:
        [(versions, first)] = con.execute(
            "select count(*), (select first_recorded_on from reference.company) "
            "from landed.opportunities_version where version_no = 1"
        ).fetchall()
        assert (versions, str(first)) == (300, "2023-04-01")
        # Shanghai is eight hours ahead; a deal's last change is its stage.
        [(wrong_days, wrong_stages)] = con.execute(
            """
            select count(*) filter (where cast(changed_at + interval 8 hours as date) <> changed_on),
                count(*) filter (where last_stage <> stage)
            from landed.stage_events
            inner join (
                select opportunity_id, max_by(to_stage, changed_at) as last_stage
                from landed.stage_events group by all
            ) using (opportunity_id)
            inner join landed.opportunities using (opportunity_id)
            """
        ).fetchall()
        assert (wrong_days, wrong_stages) == (0, 0)
