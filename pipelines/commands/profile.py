"""The command `gapwise profile`: read, propose, print, write."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from pipelines.landing.connection import landing_connection
from pipelines.profiling.profile import profile_file
from pipelines.profiling.render import profile_table, profile_yaml
from pipelines.settings import ConfigurationError
from pipelines.sources.errors import FileUnreadable, UndecodableBytes
from pipelines.sources.options import FileOptions


def run_profile(
    file: Path, output: Path | None, options: FileOptions, say: Callable[[str], None]
) -> int:
    """Print the proposal for a file and write its YAML where asked; return the exit code.

    A file that cannot be read gives its reason and fix in both languages and exit code 1.

    Raises:
        ConfigurationError: the output file exists already: edited YAML is never overwritten.
    """
    if output is not None and output.exists():
        raise ConfigurationError(f"{output} exists already; name another file for --output")
    with tempfile.TemporaryDirectory(prefix="gapwise-profile-") as folder:
        work = Path(folder)
        with landing_connection(work / "db") as con:
            try:
                profiles = profile_file(file, con, work / "read", options)
            except FileUnreadable as error:
                say(f"{error.text('zh')}\n{error.text('en')}")
                if isinstance(error, UndecodableBytes):
                    say(f"gapwise profile {file.name} --encoding cp1252")
                return 1
    written = profile_yaml(file, profiles, options.encoding)
    say(profile_table(profiles) + "\n\n" + written)
    if output is not None:
        output.write_text(written, encoding="utf-8")
        say(f"已写入 / written: {output}")
    return 0
