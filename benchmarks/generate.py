"""Write invented companies of any size: the same size and seed give the same bytes.

All rows are drawn by DuckDB, none by a loop; the files of the second night (1 % new or changed
rows) lie beside the first, as deltas and as full exports.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import duckdb

from benchmarks.company import ENTITIES, GROWING, Load, write_company_yml
from benchmarks.sizes import AS_OF, Size
from pipelines.sources.rules_template import write_rules_template

SEED = 20260331
SCRIPTS = ("people.sql", "deals.sql", "money.sql")
MEMORY_LIMIT = "2GB"
KEYS = {
    "accounts": "account_id",
    "opportunities": "opportunity_id",
    "stage_events": "opportunity_id, changed_at, to_stage",
    "activities": "activity_id",
    "leads": "lead_id",
    "quotes": "quote_id",
    "orders": "order_id, line_no",
    "receivables": "order_id, due_on",
    "payments": "payment_id",
}


def write_files(folder: Path, size: Size, seed: int = SEED) -> None:
    """Write the CSV files of a company: `first/`, `second_delta/` and `second_full/`.

    Args:
        folder: where they go; files of the same name are replaced.
        size: how many of everything.
        seed: another seed is another company of the same size.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with generated_world(folder, size, seed) as con:
        for entity in ENTITIES:
            rows = f"select * exclude (night) from export_{entity}"
            _copy(con, f"{rows} where night = 1", folder / "first" / _name(entity, 0))
            if entity not in GROWING:
                continue
            _copy(con, f"{rows} where night = 2", folder / "second_delta" / _name(entity, 1))
            # What changed leaves its place and comes at the end, as after an update in a database.
            kept = f"from export_{entity} where night = 1"
            changed = f"select {KEYS[entity]} from export_{entity} where night = 2"
            whole = (
                f"select * exclude (night) {kept} and ({KEYS[entity]}) not in ({changed}) "
                f"union all {rows} where night = 2"
            )
            _copy(con, whole, folder / "second_full" / _name(entity, 1))


def found_company(home: Path, source_files: Path, load: Load) -> None:
    """Make a company folder whose inbox holds the first night's files."""
    home.mkdir(parents=True)
    write_company_yml(home / "company.yml", load)
    write_rules_template(home / "rules.xlsx", "zh")
    deliver(home, source_files / "first")


def deliver(home: Path, exports: Path) -> None:
    """Put exports into a company's inbox, as hard links: they may be large."""
    inbox = home / "inbox"
    inbox.mkdir(exist_ok=True)
    for file in sorted(exports.glob("*.csv")):
        (inbox / file.name).hardlink_to(file)


@contextmanager
def generated_world(
    folder: Path, size: Size, seed: int = SEED
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the invented company as views `export_<entity>`; it is gone when one leaves."""
    scratch = folder / "world.duckdb"
    scratch.unlink(missing_ok=True)
    config = {"memory_limit": MEMORY_LIMIT, "temp_directory": str(folder / "spill")}
    with duckdb.connect(str(scratch), config=config) as con:
        for name, value in _variables(size, seed).items():
            con.execute(f"set variable {name} = {value}")
        for script in SCRIPTS:
            con.execute(files("benchmarks.generator").joinpath(script).read_text("utf-8"))
        yield con
    scratch.unlink()


def _variables(size: Size, seed: int) -> dict[str, str]:
    return {
        "seed": str(seed),
        "people": str(size.people),
        "teams": str(max(2, size.people // 10)),
        "customers": str(size.customers),
        "opportunities": str(size.opportunities),
        "leads": str(size.opportunities // 2),
        "activities": str(size.activities),
        "day_count": str(size.day_count),
        "start_on": f"date '{size.start_on}'",
        "as_of": f"date '{AS_OF}'",
    }


def _name(entity: str, days_after: int) -> str:
    return f"{entity}_{AS_OF + timedelta(days=days_after):%Y%m%d}.csv"


def _copy(con: duckdb.DuckDBPyConnection, rows: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"copy ({rows}) to '{target}' (header, delimiter ',')")
