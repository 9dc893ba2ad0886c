"""The metric dictionary: every mart and column in both languages, from the contracts that dbt enforces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.operations.marts import SCHEMAS

HEADER = """\
# Data dictionary 数据字典

Generated from the contracts in `dbt_project/models/marts/` by `make docs`; a test holds it current.
Rates are fractions (0.95, not 95), money is in the reporting currency, `gap = target − actual`: positive means missing.
比率为小数（0.95 而非 95），金额为本位币，差距＝目标−实际，正数为缺口。
"""


def data_dictionary(manifest: Mapping[str, Any]) -> str:
    """Return the dictionary as Markdown: one table per mart, one row per column."""
    models = sorted(
        (
            n
            for n in manifest["nodes"].values()
            if n["resource_type"] == "model" and n["schema"] == "marts"
        ),
        key=lambda node: (node["fqn"][2], node["name"]),
    )
    parts = [HEADER]
    for node in models:
        meta = node["config"]["meta"]
        parts.append(f"## {node['name']}\n\n{node['description']}  \n{meta['zh']}\n")
        parts.append(f"Grain 粒度: {', '.join(f'`{c}`' for c in meta['grain'])}\n")
        parts.append("| column | type | unit | meaning | 含义 |\n| --- | --- | --- | --- | --- |")
        parts += [_row(column) for column in node["columns"].values()]
        parts.append("")
    parts.append(
        "## Operations marts 运行数据\n\nWritten every night, held ones included, also to `operations.duckdb`.\n"
    )
    parts.append("| mart | columns |\n| --- | --- |")
    parts += [
        f"| {name} | {', '.join(f'`{c}`' for c in schema.names)} |"
        for name, schema in SCHEMAS.items()
    ]
    return "\n".join(parts) + "\n"


def _row(column: Mapping[str, Any]) -> str:
    meta = column.get("config", {}).get("meta") or column["meta"]
    unit = meta["unit"] if meta["unit"] != "none" else ""
    masked = " (masked 脱敏)" if meta.get("personal") else ""
    cells = [
        f"`{column['name']}`",
        column["data_type"],
        unit,
        column["description"] + masked,
        meta["zh"],
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
