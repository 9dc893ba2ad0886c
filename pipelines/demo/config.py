"""The company.yml of the invented company."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipelines.demo.company import COMPANY_NAME
from pipelines.demo.exports import Feed
from pipelines.demo.headers import HEADERS
from pipelines.demo.world import AS_OF


class _Plain(yaml.SafeDumper):
    """Writes every value out, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer back to a value written before."""
        return True


_REQUIRED = {"crm_opportunities", "erp_orders"}
# What does not come every workday: workdays until somebody should ask where it is.
_MAX_AGE_WORKDAYS = {
    "crm_contacts": 22,
    "erp_credit_splits": 44,
    "care_satisfaction": 22,
    "fx_rates": 22,
    "hr_org_units": 250,
    "hr_people": 66,
    "hr_assignments": 66,
    "targets_detail": 66,
    "targets_wide": 250,
    "progress": 5,
    "market": 5,
    "tasks": 5,
    "personal_customers": 5,
}
_VALUES: dict[str, dict[str, dict[str, str]]] = {
    "crm_accounts": {"state": {"正常": "active", "暂缓": "paused", "无效": "invalid"}},
    "erp_orders": {
        "status": {"有效": "effective", "已取消": "cancelled", "草稿": "draft", "作废": "void"}
    },
    "hub_leads": {
        "status": {
            "New": "new",
            "Working": "working",
            "Converted": "converted",
            "Closed": "closed",
            "Unqualified": "invalid",
        }
    },
}


def write_company_yml(path: Path, feeds: list[Feed]) -> None:
    """Write the settings: every source with its file pattern, load and dating."""
    settings: dict[str, Any] = {
        "company": {
            "name": COMPANY_NAME,
            "timezone": "Asia/Shanghai",
            "currency": "CNY",
            "calendar": "CN",
            "fiscal_year_start_month": 1,
            "languages": ["zh", "en"],
        },
        "as_of": AS_OF,
        "actuals": {"signed_amount": "orders"},
        "sources": [*map(_daily, feeds), *_sheets()],
    }
    text = "# An invented company: nobody and nothing in it exists.\n"
    text += yaml.dump(settings, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)
    path.write_text(text, encoding="utf-8")


def _daily(feed: Feed) -> dict[str, Any]:
    source: dict[str, Any] = {
        "name": feed.source,
        "entity": feed.entity,
        "kind": "file",
        "path": f"inbox/{feed.stem}_*.{feed.suffix}",
        "preset": "excel",
        "load": feed.load,
        "export_date": "filename",
        "covers": "same_day",
    }
    if feed.source == "hub_leads":
        source["columns"] = dict(HEADERS[feed.source])
    if feed.source in _VALUES:
        source["values"] = _VALUES[feed.source]
    if feed.source in _REQUIRED:
        source |= {"required": True, "max_age_workdays": 2}
    return source | _max_age(feed.source)


def _max_age(source: str) -> dict[str, int]:
    days = _MAX_AGE_WORKDAYS.get(source)
    return {} if days is None else {"max_age_workdays": days}


def _sheets() -> list[dict[str, Any]]:
    def source(name: str, entity: str, path: str, dated: Any, **others: Any) -> dict[str, Any]:
        base = {"name": name, "entity": entity, "kind": "file", "path": path, "preset": "excel"}
        dating = {"load": "snapshot", "export_date": dated, "covers": "same_day"}
        return base | dating | _max_age(name) | others

    file_dated = "filename"
    return [
        source("targets_detail", "targets", "inbox/销售目标_明细.xlsx", "2026-02-09"),
        source("targets_wide", "targets", "inbox/销售目标.xlsx", "2026-01-05"),
        source("progress", "progress", "inbox/目标进度表_*.xlsx", file_dated),
        source("market", "market", "inbox/market/市场变化_*.xlsx", file_dated),
        source("tasks", "tasks", "inbox/tasks/行动计划_*.xlsx", file_dated),
        source(
            "personal_customers",
            "accounts",
            "inbox/personal/客户_*.xlsx",
            file_dated,
            source_kind="personal",
            values=_VALUES["crm_accounts"],
        ),
    ]
