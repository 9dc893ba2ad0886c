"""Render macros of the dbt project without dbt: text in, SQL for DuckDB out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"


class _Adapter:
    """Chooses what a macro means on the engine of the tests, as dbt does: the default."""

    def __init__(self) -> None:
        self.module: Any = None

    def dispatch(self, name: str, _package: str) -> Any:
        return getattr(self.module, f"default__{name}")


def rendered(sql: str, *names: str, instead: dict[str, str] | None = None) -> str:
    """Return SQL with its macros written out.

    Args:
        sql: what a model would say.
        names: the macro files that it needs.
        instead: texts that stand in for files, by name.
    """
    texts = [(instead or {}).get(n) or (MACROS / f"{n}.sql").read_text("utf-8") for n in names]
    adapter = _Adapter()
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
    environment.globals = {**environment.globals, "adapter": adapter, "return": lambda value: value}
    macros = "\n".join(texts)
    adapter.module = environment.from_string(macros).module
    return environment.from_string(f"{macros}\n{sql}").render().strip()
