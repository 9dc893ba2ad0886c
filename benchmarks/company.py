"""The company.yml of a benchmark company."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml

from benchmarks.sizes import AS_OF

# entity: how its rows come after the first night; the others are small and come whole.
GROWING = (
    "accounts",
    "opportunities",
    "stage_events",
    "activities",
    "leads",
    "quotes",
    "orders",
    "receivables",
    "payments",
)
STANDING = ("people", "org_units", "person_assignments", "targets", "fx_rates")
ENTITIES = (*STANDING, *GROWING)
Load = Literal["delta", "snapshot"]


def write_company_yml(path: Path, load: Load) -> None:
    """Write the settings of a company whose growing entities come as deltas or as full exports."""
    settings: dict[str, Any] = {
        "company": {
            "name": "基准公司",
            "timezone": "Asia/Shanghai",
            "currency": "CNY",
            # Monday to Friday, so that the script written by hand needs no calendar package.
            "calendar": "weekdays",
            "languages": ["zh", "en"],
        },
        "as_of": AS_OF,
        "actuals": {"signed_amount": "orders"},
        "sources": [_source(entity, load) for entity in ENTITIES],
    }
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")


def _source(entity: str, load: Load) -> dict[str, Any]:
    return {
        "name": entity,
        "entity": entity,
        "kind": "file",
        "path": f"inbox/{entity}_*.csv",
        "preset": "excel",
        "load": load if entity in GROWING else "snapshot",
        "export_date": "filename",
        "covers": "same_day",
    }
