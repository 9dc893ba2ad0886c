"""Who reads the marts, as dbt exposures: board, workbook, BI servers and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import yaml

HEADER = "# Written by `make docs` from what each surface reads; a test holds it current.\n"
_SURFACES = {
    "board": (
        "dashboard",
        "Board 看板",
        "Static pages for managers in Chinese and English: published/board/index.html.",
    ),
    "workbook": (
        "dashboard",
        "Workbook 工作簿",
        "The key marts for those who live in Excel: published/workbook.xlsx.",
    ),
    "postgres": (
        "application",
        "PostgreSQL for BI servers",
        "Schema `marts`: every mart as a view, all switched at once (docs/bi-postgres.md).",
    ),
    "power_bi": (
        "dashboard",
        "Power BI project",
        "Tables, relations and measures that `gapwise bi` writes (docs/bi-tools.md).",
    ),
    "superset": (
        "dashboard",
        "Superset bundle",
        "Datasets, metrics, charts and a dashboard that `gapwise bi` writes (docs/bi-tools.md).",
    ),
}


def exposures(reads: Mapping[str, Iterable[str]]) -> str:
    """Return exposures as YAML for dbt.

    Args:
        reads: surface → the marts that it reads.

    Raises:
        KeyError: a surface that is not described here.
    """
    described = []
    for name, marts in reads.items():
        kind, label, description = _SURFACES[name]
        described.append(
            {
                "name": name,
                "label": label,
                "type": kind,
                "maturity": "high",
                "description": description,
                "owner": {"name": "data_team"},
                "depends_on": [f"ref('{mart}')" for mart in sorted(set(marts))],
            }
        )
    document = {"version": 2, "exposures": described}
    return HEADER + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
