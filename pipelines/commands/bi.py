"""Write what BI tools import into a folder: Power BI project, Superset bundle, ODBC source, SQL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.bi.catalogue import load_catalogue
from pipelines.bi.connection import Connection, odbc_source
from pipelines.bi.power_bi import power_bi_project
from pipelines.bi.sql import twin
from pipelines.bi.superset import superset_bundle


def write_bi_files(
    directory: Path, manifest: Mapping[str, Any], connection: Connection
) -> list[Path]:
    """Write everything into a folder, over what an earlier call wrote.

    Args:
        directory: made if it is not there.
        manifest: the parsed dbt project, whose contracts describe the marts.
        connection: where the tools will find the marts.

    Returns:
        What a person opens: the project, the bundle, the ODBC source, the SQL.
    """
    catalogue = load_catalogue(manifest)
    for name, text in power_bi_project(catalogue, connection).items():
        _write(directory / "power-bi" / name, text)
    bundle = directory / "superset" / "gapwise.zip"
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_bytes(superset_bundle(catalogue, connection))
    source = _write(directory / "odbc" / "gapwise.dsn", odbc_source(connection))
    queries = [
        f"-- {one.zh} {one.en} ({one.unit})\n{twin(one, one.table.one_of)};\n"
        for one in catalogue.figures
    ]
    measures = _write(directory / "sql" / "measures.sql", "\n".join(queries))
    return [directory / "power-bi" / "gapwise.pbip", bundle, source, measures]


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
