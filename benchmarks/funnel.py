"""Build the funnel marts alone, over any number of deals: `python -m benchmarks.funnel HOME DEALS`.

Deals and their stage changes come from the generator and are put where landing would have put
them; from there on it is the night's own code: matching, facts, cascade, marts, forecast.
Customers, orders and activities are left out, so that the figures are the funnel's. 1,300,000 deals
have 5 million stage changes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.company import write_company_yml
from benchmarks.generate import generated_world
from benchmarks.sizes import AS_OF, Size, size_of
from pipelines.assets.models import AFTER_CASCADE, AFTER_FORECAST
from pipelines.assets.steps import CASCADE_READS, FORECAST_READS
from pipelines.dbt.runner import build
from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import company_rules
from pipelines.landing.inputs import build_inputs
from pipelines.operations.usage import measured
from pipelines.settings import CompanyFolder, load_company
from pipelines.steps.cascade import run_cascade_step
from pipelines.steps.forecast import run_forecast_step
from pipelines.steps.matching import run_matching_step

MARTS = (
    "mart_funnel_conversion",
    "mart_funnel_flow",
    "mart_conversion_heatmap",
    "mart_win_rate",
    "mart_pipeline_coverage",
    "mart_pipeline_bridge",
    "mart_stalled_opportunity",
    "mart_loss_reason",
    "mart_attainment_forecast",
    "mart_forecast_accuracy",
)
SOURCES = (
    ("people", "person_id, name, team, region, hired_on, left_on, manager_id"),
    ("org_units", "org_id, name, parent_id, kind"),
    ("person_assignments", "person_id, org_id, valid_from, valid_to"),
    ("fx_rates", "currency, valid_on, rate"),
    (
        "opportunities",
        "opportunity_id, owner_id, product_line, stage, amount, currency, expected_close_on, "
        "lead_source, loss_reason, competitor, created_at, closed_at",
    ),
    ("stage_events", "opportunity_id, from_stage, to_stage, changed_at, changed_by"),
)
TIMES = {
    "opportunities": ("created", "closed"),
    "stage_events": ("changed",),
    "accounts": ("created",),
    "leads": ("created", "assigned", "first_response"),
    "activities": ("occurred",),
}
TRACKED = ("people", "opportunities", "accounts", "orders")


def write_inputs(home: Path, deals: int) -> dict[str, int]:
    """Write the build file as the fold of the landings would leave it.

    Returns:
        Rows by landed table.
    """
    size = replace(size_of("M"), opportunities=deals, activities=100)
    return hand_over_world(home, size, SOURCES, "won_opportunities")


def hand_over_world(
    home: Path, size: Size, sources: Sequence[tuple[str, str]], signed_amount: str
) -> dict[str, int]:
    """Write a generated company into a build file, without files and landing.

    Args:
        home: folder of the company to be made.
        size: how large it is.
        sources: entities and their columns, as the generator names them.
        signed_amount: what counts as signed: orders or won_opportunities.

    Returns:
        Rows by landed table.
    """
    home.mkdir(parents=True, exist_ok=True)
    write_company_yml(home / "company.yml", "snapshot")
    text = (home / "company.yml").read_text(encoding="utf-8")
    (home / "company.yml").write_text(
        text.replace("signed_amount: orders", f"signed_amount: {signed_amount}"), encoding="utf-8"
    )
    folder = CompanyFolder(home)
    settings = load_company(folder)
    folder.build_file.parent.mkdir(parents=True, exist_ok=True)
    folder.build_file.unlink(missing_ok=True)
    rules = company_rules(settings, Archive(folder.archive), sys.maxsize)
    with duckdb.connect(str(folder.build_file)) as con:
        build_inputs(con, folder, settings, rules, AS_OF, sys.maxsize)
    with generated_world(home, size) as con:
        con.execute(f"attach '{folder.build_file}' as build")
        for entity, columns in sources:
            _hand_over(con, entity, [name.strip() for name in columns.split(",")])
        con.execute(
            f"update build.reference.company set first_recorded_on = date '{size.start_on}'"
        )
        return {
            entity: con.execute(f"select count(*) from build.landed.{entity}").fetchall()[0][0]
            for entity, _ in sources
        }


def _hand_over(con: duckdb.DuckDBPyConnection, entity: str, columns: list[str]) -> None:
    described = con.execute(f"describe build.landed.{entity}").fetchall()
    kinds = {str(row[0]): str(row[1]) for row in described}
    values = {name: f"cast({name} as {kinds[name]})" for name in columns}
    for stem in TIMES.get(entity, ()):
        # Shanghai is eight hours ahead of UTC all year.
        local = f"cast({stem}_at as timestamp)"
        values |= {
            f"{stem}_at": f"{local} - interval 8 hours",
            f"{stem}_on": f"cast({local} as date)",
        }
    values |= {"source": f"'{entity}'"}
    if "source_kind" in kinds:
        values |= {"source_kind": "'crm'"}
    if "is_reconstructed" in kinds:
        values |= {"is_reconstructed": "false", "landed_on": f"date '{AS_OF}'"}
        values |= {"source_row": "'row ' || row_number() over ()"}
    rows = f"from export_{entity} where night = 1"
    named = ", ".join(values)
    con.execute(
        f"insert into build.landed.{entity} ({named}) select {', '.join(values.values())} {rows}"
    )
    if entity in TRACKED:
        versions = f"build.landed.{entity}_version"
        held = {str(row[0]) for row in con.execute(f"describe {versions}").fetchall()}
        kept = ", ".join(name for name in values if name in held)
        con.execute(
            f"insert into {versions} ({kept}, version_no, valid_from) "
            f"select {kept}, 1, date '{AS_OF}' from build.landed.{entity}"
        )


def build_marts(
    folder: CompanyFolder, marts: Sequence[str], with_forecast: bool = True
) -> list[dict[str, Any]]:
    """Build some marts in the night's order, telling each step that is done.

    Args:
        folder: the company with its inputs.
        marts: which marts, with all that they need.
        with_forecast: whether any of them needs the weekly calls.

    Raises:
        RuntimeError: a model or one of its tests failed.
    """
    os.environ["DBT_INDIRECT_SELECTION"] = "cautious"  # no test that reads a mart left out
    reads = (*CASCADE_READS, *FORECAST_READS) if with_forecast else CASCADE_READS
    wanted = [f"+{name}" for name in (*marts, *reads)]
    between = [f"{name},{AFTER_CASCADE}" for name in wanted]
    last = [f"{name},{AFTER_FORECAST}" for name in wanted]
    steps: dict[str, Callable[[], Any]] = {
        "match": partial(run_matching_step, folder.build_file),
        "build facts": partial(_build, folder, wanted, [AFTER_CASCADE, AFTER_FORECAST]),
        "cascade": partial(run_cascade_step, folder.build_file),
        "build marts": partial(_build, folder, between, [AFTER_FORECAST]),
    }
    if with_forecast:
        steps |= {
            "forecast": partial(run_forecast_step, folder.build_file),
            "build forecast marts": partial(_build, folder, last, []),
        }
    done = []
    for name, step in steps.items():
        with measured() as usage:
            slowest = step()
        row = {"step": name, **asdict(usage)}
        if isinstance(slowest, list):
            row["slowest"] = slowest
        done.append(row)
        print(json.dumps(row), flush=True)
    return done


def _build(
    folder: CompanyFolder, selection: list[str], exclusion: list[str]
) -> list[tuple[str, float]]:
    nodes = build(folder, selection, exclusion)
    wrong = [(n.unique_id, n.message) for n in nodes if n.status in ("error", "fail")]
    if wrong:
        raise RuntimeError(f"not built: {wrong}")
    nodes.sort(key=lambda node: -node.seconds)
    return [(node.unique_id.split(".")[2], round(node.seconds, 1)) for node in nodes[:5]]


def mart_rows(folder: CompanyFolder, marts: Sequence[str]) -> dict[str, int]:
    """Return how many rows each mart has."""
    with duckdb.connect(str(folder.build_file), read_only=True) as con:
        return {
            mart: con.execute(f"select count(*) from marts.{mart}").fetchall()[0][0]
            for mart in marts
        }


def measure(
    home: Path, rows: dict[str, int], marts: Sequence[str], fact: str, with_forecast: bool = True
) -> dict[str, Any]:
    """Build marts on inputs that were written; print and return rows and what each step took."""
    print(json.dumps({"landed": rows}), flush=True)
    folder = CompanyFolder(home)
    steps = build_marts(folder, marts, with_forecast)
    found = {"landed": rows, "steps": steps, "marts": mart_rows(folder, (fact, *marts))}
    print(json.dumps(found))
    return found


if __name__ == "__main__":
    place = Path(sys.argv[1])
    measure(place, write_inputs(place, int(sys.argv[2])), MARTS, "fct_stage_visit")
