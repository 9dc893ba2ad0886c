"""The command `python -m benchmarks`: generate, run and write the results page."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.generate import SEED, write_files
from benchmarks.page import PAGE, write_page
from benchmarks.run import PARTS, WHOLE, Bench
from benchmarks.sizes import SIZES, size_of

SIZE = click.argument("size", type=click.Choice(list(SIZES)))


@click.group()
def main() -> None:
    """Companies of any size, the real night over them, and a script by hand beside it."""


@main.command()
@SIZE
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=SEED, show_default=True)
def generate(size: str, folder: Path, seed: int) -> None:
    """Write the files of a company: first/, second_delta/ and second_full/."""
    write_files(folder, size_of(size), seed)


@main.command()
@SIZE
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/benchmarks"))
@click.option("--only", multiple=True, type=click.Choice(PARTS), help="Some parts, in order.")
def run(size: str, work: Path, only: tuple[str, ...]) -> None:
    """Measure one size and write the results page anew."""
    Bench(size_of(size), work.resolve()).run(only or WHOLE)
    write_page()
    click.echo(f"written: {PAGE}")


@main.command()
def page() -> None:
    """Write the results page from what was measured before."""
    write_page()
    click.echo(f"written: {PAGE}")


if __name__ == "__main__":
    main()
