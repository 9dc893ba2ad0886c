"""Write one row about one Python into docs/reports/pythons.md; called by scripts/test_python.sh.

Grain: one row per Python, kind of versions and tests run; a row of the same three is replaced.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import re
from importlib.metadata import version
from pathlib import Path

HEAD = """# Pythons and versions that were tried 试过的 Python 与依赖版本

Written by `make test-python PYTHON=… [VERSIONS=newest] [TESTS=…]`; a row of the same Python, versions and tests
replaces the older one. `locked`: requirements-dev.txt with its hashes; `newest`: the newest versions that
pyproject.toml allows. `night`: the invented company in small, and the hash of all its marts, which must be the same
in every row of one commit.

由 `make test-python` 写成。`locked` 按锁文件（带哈希）安装，`newest` 取 pyproject.toml 允许的最新版本；
`night` 是小型虚构公司的一晚，同一提交的各行哈希必须相同。

| Python | versions | tests | said | night | of |
| --- | --- | --- | --- | --- | --- |
"""
NAMED = (
    "dagster", "dbt-core", "dbt-duckdb", "duckdb", "pandas", "numpy", "pyarrow",
    "great-expectations", "SQLAlchemy", "pydantic", "splink",
)  # fmt: skip


def night_of(company: Path, exit_code: int) -> str:
    """What became of the night, and the hash of all marts that it published.

    Args:
        company: the folder.
        exit_code: of `gapwise nightly`.
    """
    if not company.is_dir():
        return "–"
    if exit_code:
        return f"**exit {exit_code}**"
    manifest = json.loads((company / "published" / "manifest.json").read_text(encoding="utf-8"))
    hashes = sorted(
        f"{name} {mart['content_hash']}"
        for name, mart in manifest["marts"].items()
        if not mart["is_operations"]
    )
    short = hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:12]
    return f"published, {len(hashes)} marts {short}"


def main() -> None:
    """Replace or add the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("company", type=Path)
    parser.add_argument("report", type=Path)
    for name in ("versions", "tests", "said"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--tests-exit", type=int, required=True)
    parser.add_argument("--night-exit", type=int, required=True)
    given = parser.parse_args()
    # How long it took says something about the machine, not about the Python.
    said = re.sub(r"\s+in [\d.]+s.*|=", "", given.said).strip()
    start = f"| {platform.python_version()} | {given.versions} | {given.tests} |"
    cells = (
        said if given.tests_exit == 0 else f"**exit {given.tests_exit}**: {said}",
        night_of(given.company, given.night_exit),
        ", ".join(f"{name} {version(name)}" for name in NAMED),
    )
    kept = given.report.read_text(encoding="utf-8") if given.report.is_file() else HEAD
    rows = [line for line in kept.removeprefix(HEAD).splitlines() if not line.startswith(start)]
    rows.append(f"{start} {' | '.join(cells)} |")
    given.report.write_text(HEAD + "\n".join(sorted(rows)) + "\n", encoding="utf-8")
    print(rows[-1])


if __name__ == "__main__":
    main()
