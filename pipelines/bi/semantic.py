"""Measures as dbt semantic models and metrics, which MetricFlow answers."""

from __future__ import annotations

from typing import Any

import yaml

from pipelines.bi.catalogue import Catalogue, Measure, Ratio, Table
from pipelines.bi.sql import condition, row_value

HEADER = """\
# Written by `make docs` from pipelines/bi/measures.yml; a test holds it current.
# Never add over several metrics, period types, scope types or stages: group by them or filter.
"""


def semantic_layer(catalogue: Catalogue) -> str:
    """Return semantic models and metrics as YAML for dbt."""
    facts = [table for table in catalogue.tables.values() if table.day]
    document = {
        "version": 2,
        "semantic_models": [_model(table, catalogue) for table in facts],
        "metrics": [
            *(_simple(measure) for measure in catalogue.measures.values()),
            *(metric for ratio in catalogue.ratios.values() for metric in _ratio(ratio)),
        ],
    }
    return HEADER + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)


def _model(table: Table, catalogue: Catalogue) -> dict[str, Any]:
    dimensions: list[dict[str, Any]] = [
        {"name": table.day, "type": "time", "type_params": {"time_granularity": "day"}}
    ]
    dimensions += [
        {"name": column, "type": "categorical", "description": _words(table, column)}
        for column in table.by
    ]
    return {
        "name": table.name,
        "description": f"{table.en} / {table.zh}",
        "model": f"ref('{table.name}')",
        "defaults": {"agg_time_dimension": table.day},
        "primary_entity": table.name.partition("_")[2],
        "dimensions": dimensions,
        "measures": [
            {
                "name": f"{measure.name}_rows",
                "description": f"{measure.en} / {measure.zh}",
                "agg": measure.aggregate,
                "expr": row_value(measure),
            }
            for measure in catalogue.measures.values()
            if measure.table.name == table.name
        ],
    }


def _words(table: Table, column: str) -> str:
    found = table.columns[column]
    return f"{found.en} / {found.zh}"


def _simple(measure: Measure) -> dict[str, Any]:
    return {
        **_heading(measure),
        "type": "simple",
        "type_params": {"measure": f"{measure.name}_rows"},
    }


def _ratio(ratio: Ratio) -> list[dict[str, Any]]:
    if len(ratio.to) == 1:
        params = {"numerator": ratio.of.name, "denominator": ratio.to[0].name}
        return [{**_heading(ratio), "type": "ratio", "type_params": params}]
    below = " + ".join(f"coalesce({measure.name}, 0)" for measure in ratio.to)
    params_ = {
        "expr": f"cast({ratio.of.name} as double) / nullif({below}, 0)",
        "metrics": [{"name": measure.name} for measure in ratio.to],
    }
    return [{**_heading(ratio), "type": "derived", "type_params": params_}]


def _heading(measure: Measure | Ratio) -> dict[str, Any]:
    one_of = measure.table.one_of
    note = f" Group by or filter: {', '.join(one_of)}." if one_of else ""
    only = condition(measure.where) if isinstance(measure, Measure) else ""
    return {
        "name": measure.name,
        "label": f"{measure.zh} {measure.en}",
        "description": f"{measure.en} / {measure.zh}." + note + (f" Rows: {only}." if only else ""),
        "config": {"meta": {"zh": measure.zh, "unit": measure.unit}},
    }
