"""The command `gapwise`. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pipelines.settings import CompanyFolder

_NEW_OBJECTS_BEFORE_COLLECTING = 50_000
DAY = click.DateTime(formats=["%Y-%m-%d"])


def _says_what_is_wrong(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turn expected errors into one clear message and the right exit code."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        from pipelines.publish.errors import PublishError
        from pipelines.settings import ConfigurationError

        try:
            code = command(*args, **kwargs)
        except ConfigurationError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(2)
        except PublishError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(1)
        sys.exit(code or 0)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gapwise")
def main() -> None:
    """gapwise: every morning target, funnel, gap, and the customers nobody has called."""


def _command(function: Callable[..., int | None]) -> click.Command:
    """Make a function a command of `gapwise`: its name, its options, its first line as help."""
    return main.command()(_says_what_is_wrong(function))


def _company_command(function: Callable[..., int | None]) -> click.Command:
    """Make a function a command on one company's folder, which it is given first."""

    @click.option(
        "--home",
        metavar="DIR",
        help="Company folder; default GAPWISE_HOME, else company/, else demo/.",
    )
    @wraps(function)
    def on_folder(home: str | None, **options: Any) -> int | None:
        from pipelines.settings import resolve_home

        return function(resolve_home(home), **options)

    return _command(on_folder)


@_command
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def init(directory: Path, language: str) -> int:
    """Create a company folder with templates."""
    from pipelines.commands.init import create_company_folder

    for path in create_company_folder(directory, language):
        click.echo(f"created {path}")
    click.echo(f"\nNext: put exports into {directory / 'inbox'}; for each, `gapwise profile FILE` writes what belongs "
               f"into {directory / 'company.yml'}. Then run\n  gapwise nightly --home {directory}")  # fmt: skip
    return 0


@_command
@click.argument("directory", type=click.Path(path_type=Path))
def demo(directory: Path) -> int:
    """Write a whole invented company: two years of history and 60 daily exports."""
    from pipelines.demo import write_demo_company
    from pipelines.settings import ConfigurationError

    if directory.exists() and any(directory.iterdir()):
        raise ConfigurationError(f"{directory} is not empty; name a new folder")
    write_demo_company(directory)
    click.echo(
        f"An invented company lies in {directory}. Run it with: gapwise nightly --home {directory}"
    )
    return 0


@_company_command
@click.option("--as-of", type=DAY, help="The day D; default yesterday in the company's time zone.")
@click.option("--publish", is_flag=True, help="Show readers a D older than the one they see.")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    envvar="GAPWISE_ENGINE",
    show_default=True,
    help="What builds the models; spark needs gapwise[spark] and Java 17 (docs/spark.md).",
)
def nightly(folder: CompanyFolder, as_of: datetime | None, publish: bool, engine: str) -> int:
    """Land, build, check and publish one day."""
    from pipelines.checks.judge import judging_apart

    with judging_apart():  # the helper loads its library while this process loads its own
        from pipelines.commands.console import print_night, watch_steps
        from pipelines.commands.nightly import run_night

        with watch_steps():
            result = run_night(
                folder, as_of.date() if as_of else None, publish_older=publish, engine=engine
            )
    print_night(folder, result)
    return result.exit_code


@_company_command
@click.option("--from", "first", type=DAY, required=True)
@click.option("--to", "last", type=DAY, required=True)
def backfill(folder: CompanyFolder, first: datetime, last: datetime) -> int:
    """Run every day of a range, oldest first."""
    from pipelines.checks.judge import judging_apart
    from pipelines.commands.console import print_range, watch_steps
    from pipelines.commands.nightly import run_range

    with watch_steps(), judging_apart():
        results = run_range(folder, first.date(), last.date())
    return print_range(results)


@_company_command
def status(folder: CompanyFolder) -> int:
    """Say what readers see, how the last run went, and how old the sources are."""
    from pipelines.commands.console import print_status

    print_status(folder)
    return 0


@_company_command
def health(folder: CompanyFolder) -> int:
    """Say how every asset is after the last run, why, and what took longest; 1 if one is degraded."""
    from pipelines.commands.console import print_health

    return print_health(folder)


@_company_command
@click.option(
    "--max-age", metavar="26h", help="Fail unless a night was published within this time."
)
def doctor(folder: CompanyFolder, max_age: str | None) -> int:
    """Say what is configured, reachable, stale or missing, with the fix."""
    from pipelines.commands.doctor import examine, examine_age, print_findings

    return print_findings(examine_age(folder, max_age) if max_age else examine(folder))


@_company_command
@click.option("--dry-run", is_flag=True, help="Only say what would go to whom.")
def alerts(folder: CompanyFolder, dry_run: bool) -> int:
    """Send the alerts that wait, or say what would go to whom."""
    from pipelines.commands.alerts import print_sent, rehearse, send_waiting

    if not dry_run:
        return print_sent(*send_waiting(folder))
    rehearse(folder, click.echo)
    return 0


@_company_command
@click.argument("version")
def rollback(folder: CompanyFolder, version: str) -> int:
    """Publish an earlier night again (VERSION as `status` lists it)."""
    from pipelines.commands.corrections import publish_again

    shown = publish_again(folder, version)
    click.echo(f"Readers now see {shown.version} (as of {shown.as_of}).")
    return 0


@_company_command
@click.argument("source")
@click.option(
    "--landing", required=True, metavar="ID", help="The landing that a check held, e.g. 2026-03-10."
)
def confirm(folder: CompanyFolder, source: str, landing: str) -> int:
    """Accept that a landing of SOURCE shrank; the next night is not held for it."""
    from pipelines.commands.corrections import confirm_fall

    confirm_fall(folder, source, landing)
    click.echo(f"Confirmed: {source} landing {landing}. Run the night again.")
    return 0


@_company_command
@click.argument("person_or_customer", required=False)
@click.option("--yes", is_flag=True, help="Erase everybody listed, without asking.")
@click.option("--finish", is_flag=True, help="Finish an erasure that was cut short.")
def forget(folder: CompanyFolder, person_or_customer: str | None, yes: bool, finish: bool) -> int:
    """Erase the personal data of a person or customer everywhere (id, name, phone or e-mail)."""
    from pipelines.commands.forget import forget_at_terminal

    return forget_at_terminal(folder, person_or_customer, is_sure=yes, is_finish=finish)


@_company_command
@click.option("--port", type=int, default=3000, show_default=True)
def serve(folder: CompanyFolder, port: int) -> None:
    """Open the Dagster UI on this company, on this machine only."""
    from pipelines.commands.serve import serve_ui

    serve_ui(folder, port)


@_command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Also write the YAML there.")
@click.option("--encoding", help="Of a text file that does not say, such as mac_roman.")
@click.option("--sheet", default="", help="Sheet name or glob; default every visible sheet.")
@click.option(
    "--header-row", type=click.IntRange(min=1), help="Where the header is not where it seems."
)
def profile(
    file: Path, output: Path | None, encoding: str | None, sheet: str, header_row: int | None
) -> int:
    """Propose the mapping for FILE: entity, columns with confidence, and YAML for company.yml."""
    from pipelines.commands.profile import run_profile
    from pipelines.sources.options import FileOptions

    options = FileOptions(encoding=encoding, sheet=sheet, header_row=header_row)
    return run_profile(file, output, options, click.echo)


@_company_command
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--host", default="localhost", show_default=True, help="PostgreSQL server.")
@click.option("--port", type=int, default=5432, show_default=True)
@click.option("--database", default="gapwise", show_default=True)
@click.option("--user", default="bi_tool", show_default=True, help="Login of the tool.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Superset reads this published DuckDB file instead.",
)
def bi(
    folder: CompanyFolder,
    directory: Path,
    host: str,
    port: int,
    database: str,
    user: str,
    file: Path | None,
) -> int:
    """Write a Power BI project, a Superset bundle, an ODBC source and SQL into DIRECTORY."""
    from pipelines.bi.connection import Connection
    from pipelines.commands.bi import write_bi_files
    from pipelines.dbt.runner import parse

    connection = Connection(host, port, database, user, file.absolute() if file else None)
    for path in write_bi_files(directory, parse(folder), connection):
        click.echo(f"written {path}")
    return 0


@_command
def schema() -> int:
    """Print the JSON Schema of company.yml, for editors."""
    import json

    from pipelines.settings import company_json_schema

    click.echo(json.dumps(company_json_schema(), ensure_ascii=False, indent=2))
    return 0


def run() -> None:
    """Run a command and leave: the entry point of `gapwise`.

    A night holds the objects of a large project and makes few cycles: Python looks for them seldom.
    At the end everything is closed and written; taking those objects apart one by one, as Python
    does on its way out, would take seconds more.
    """
    logging.captureWarnings(True)
    gc.set_threshold(_NEW_OBJECTS_BEFORE_COLLECTING, 20, 50)
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    if "multiprocessing.util" in sys.modules:
        # dbt's locks are semaphores of the system, which outlive a process that does not give them back.
        sys.modules["multiprocessing.util"]._run_finalizers()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
