"""What the figures mean, published with the night: a dictionary and dbt docs, read offline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.bi.catalogue import load_catalogue, mart_tables
from pipelines.bi.sql import expression
from pipelines.publish.files import replace_file_atomically

if TYPE_CHECKING:
    import duckdb

_OWN = "gapwise"
_MANIFEST, _CATALOG = '"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"'


def write_documents(
    con: duckdb.DuckDBPyConnection,
    manifest: Mapping[str, Any],
    folder: Path,
    company: str,
    as_of: date,
) -> list[str]:
    """Write index.html (metrics, measures, marts in both languages) and dbt.html (models, lineage).

    dbt's page is filled from the project as it was parsed for the night: nothing is parsed again.

    Args:
        con: the build file, whose marts are described.
        manifest: the parsed dbt project.
        folder: where the pages stand, published/docs.
        company: its name.
        as_of: D.

    Returns:
        Names of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = {
        "index.html": dictionary_page(con, manifest, company, as_of),
        "dbt.html": dbt_page(con, manifest, as_of),
    }
    for name, text in pages.items():
        replace_file_atomically(folder / name, text.encode("utf-8"))
    return sorted(pages)


def dictionary_page(
    con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], company: str, as_of: date
) -> str:
    """Return metrics, measures and marts with their columns, Chinese and English side by side."""
    from jinja2 import Environment

    template = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    rows = con.execute(
        "select metric, metric_name_zh, metric_name_en, definition_zh, definition_en, unit, direction "
        "from marts.dim_metric where is_enabled order by metric"
    )
    names = [column[0] for column in rows.description or ()]
    return (
        Environment(autoescape=True)
        .from_string(template)
        .render(
            company=company,
            as_of=as_of.isoformat(),
            metrics=[dict(zip(names, row, strict=True)) for row in rows.fetchall()],
            measures=load_catalogue(manifest).figures,
            marts=mart_tables(manifest),
            sql=expression,
        )
    )


def dbt_page(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], as_of: date) -> str:
    """Return dbt's documentation as one page that needs no server, as `dbt docs generate --static`."""
    page = _empty_page().read_text(encoding="utf-8")
    # what dbt brings along is three quarters of the manifest, and nobody looks it up here
    own = {key: one for key, one in manifest["macros"].items() if one["package_name"] == _OWN}
    metadata = {
        **manifest["metadata"],
        "generated_at": f"{as_of}T00:00:00Z",
        "invocation_id": None,
        "invocation_started_at": None,
        "user_id": None,
        "env": {},
    }
    told = {**manifest, "metadata": metadata, "macros": own, "unit_tests": {}}
    return page.replace(_MANIFEST, _inline(told)).replace(
        _CATALOG, _inline(_catalog(con, manifest, metadata))
    )


def _empty_page() -> Path:
    spec = find_spec("dbt.task.docs")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("dbt-core was installed without its documentation page")
    return Path(spec.origin).with_name("index.html")


def _inline(content: Mapping[str, Any]) -> str:
    # no text may end the script that it stands in
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def _catalog(
    con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], metadata: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the built tables with their columns and rows, as dbt's catalog.json has them."""
    tables = dict(
        con.execute(
            "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
        ).fetchall()
    )
    columns: dict[str, dict[str, Any]] = {}
    for relation, name, type_, index in con.execute(
        "select schema_name || '.' || table_name, column_name, data_type, column_index "
        "from duckdb_columns() where not internal"
    ).fetchall():
        entry = {"name": name, "type": type_, "index": index, "comment": None}
        columns.setdefault(relation, {})[name] = entry
    nodes = {}
    for key, node in manifest["nodes"].items():
        relation = f"{node['schema']}.{node.get('alias') or node['name']}"
        if node["resource_type"] != "model" or relation not in columns:
            continue
        rows = tables.get(relation)
        count = {"id": "row_count", "label": "Rows", "value": rows, "include": rows is not None}
        nodes[key] = {
            "metadata": {
                "type": "view" if rows is None else "table", "schema": node["schema"],
                "name": node["name"], "database": None, "comment": None, "owner": None,
            },
            "columns": columns[relation],
            "stats": {"row_count": {**count, "description": "Rows of this night"}},
            "unique_id": key,
        }  # fmt: skip
    told = {"generated_at": metadata["generated_at"], "dbt_schema_version": "", "env": {}}
    return {"metadata": told, "nodes": nodes, "sources": {}, "errors": None}
