"""Render macros of the dbt project without dbt: text in, SQL for an engine out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"


class _Adapter:
    """Chooses what a macro means on an engine, as dbt does: its own, else the default."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.module: Any = None

    def dispatch(self, name: str, _package: str) -> Any:
        default = getattr(self.module, f"default__{name}", None)
        return getattr(self.module, f"{self.engine}__{name}", default)


def rendered(
    sql: str, *names: str, instead: dict[str, str] | None = None, engine: str = "default"
) -> str:
    """Return SQL with its macros written out.

    Args:
        sql: what a model would say.
        names: the macro files that it needs.
        instead: texts that stand in for files, by name.
        engine: `spark`; DuckDB takes the default.
    """
    texts = [(instead or {}).get(n) or (MACROS / f"{n}.sql").read_text("utf-8") for n in names]
    adapter = _Adapter(engine)
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
    environment.globals = {**environment.globals, "adapter": adapter, "return": lambda value: value}
    macros = "\n".join(texts)
    adapter.module = environment.from_string(macros).module
    return environment.from_string(f"{macros}\n{sql}").render().strip()
