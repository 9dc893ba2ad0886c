"""Make the company and write it: build the world, export it, then write down the truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.demo import activity, company, customers, deals, orders, planted, sheets, targets
from pipelines.demo.calendar import Workdays
from pipelines.demo.config import write_company_yml
from pipelines.demo.exports import write_exports
from pipelines.demo.faults import Faults
from pipelines.demo.feeds import build_feeds
from pipelines.demo.truth import write_truth
from pipelines.demo.world import PLANS, World


def build_world(seed: int, scale: str, price_level: int = 1) -> World:
    """Let the company live from 2024 to the as-of day; the same seed gives the same life."""
    if scale not in PLANS:
        raise ValueError(f"scale is {scale!r}; known are {', '.join(PLANS)}")
    plan = replace(PLANS[scale], price_level=price_level)
    world = World(seed, plan, Workdays(date(2018, 1, 1), date(2026, 12, 31)))
    steps = [
        company.build_people,
        customers.build_customers,
        company.hand_over,
        company.hand_over_some,
        planted.choose_followups,
        customers.plant_duplicates,
        deals.build_deals,
        customers.build_contacts,
        orders.build_rates,
        orders.build_orders,
        customers.build_edits,
        activity.build_activities,
        planted.plant_followups,
        planted.plant_collisions,
        activity.keep_in_touch,
        activity.build_leads,
        planted.plant_late_answers,
        planted.plant_double_leads,
        activity.number_leads,
        planted.plant_failed_controls,
        activity.number_activities,
        activity.build_quotes,
        activity.build_satisfaction,
        targets.plan_targets,
    ]
    for step in steps:
        step(world)
    return world


def write_demo_company(
    folder: Path, seed: int = 20260310, scale: str = "full", price_level: int = 1
) -> None:
    """Write an invented company: company.yml, rules.xlsx, inbox/ with every export, and truth/truth.json.

    The same seed and scale give the same bytes. `full` has about 30 people, 1,000 customers, 2,000
    opportunities and 60 daily exports; `tiny` 8 people, 60 customers, 120 opportunities and 10.

    Args:
        folder: where the company goes; made if absent, files of the same name are replaced.
        seed: another seed is another company with the same kinds of trouble.
        scale: `full` or `tiny`.
        price_level: how many times the usual prices everything costs, as where one reckons in đồng.

    Raises:
        ValueError: the scale is unknown.
    """
    world = build_world(seed, scale, price_level)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    inbox = folder / "inbox"
    feeds = build_feeds(world)
    paths = {feed.source: feed for feed in feeds}

    def name_of(source: str, day: date) -> str:
        return paths[source].path(inbox, day).relative_to(folder).as_posix()

    faults = Faults(world, name_of)
    write_exports(feeds, world.plan.opening, inbox, faults)
    write_company_yml(folder / "company.yml", feeds)
    sheets.write_rules(world, folder / "rules.xlsx")
    written: dict[str, Any] = {}
    targets.write_wide(world, inbox / "销售目标.xlsx")
    written["target_rows"] = len(targets.write_long(world, inbox / "销售目标_明细.xlsx"))
    written["personal"] = sheets.write_personal(world, inbox)
    written["progress_wrong"] = sheets.write_progress(world, inbox / "目标进度表_20260303.xlsx")
    written["market_calibration"] = sheets.write_market(inbox / "market/市场变化_20260306.xlsx")
    written["tasks"] = sheets.write_tasks(world, inbox / "tasks/行动计划_20260309.xlsx")
    write_truth(world, folder / "truth" / "truth.json", faults, written)
