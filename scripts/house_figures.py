"""Print the figures of docs/house.md: sizes of files and functions, docstrings, names of tests.

Run: `.venv/bin/python scripts/house_figures.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

ROOT = Path(__file__).parent.parent
_A_SENTENCE = 4  # words


def functions(folder: str) -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Return every function below a folder with its file."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def sizes(folder: str, ending: str) -> list[int]:
    """Return the lines of every file with an ending below a folder."""
    paths = sorted((ROOT / folder).rglob(f"*{ending}"))
    return [path.read_text(encoding="utf-8").count("\n") for path in paths]


def main() -> None:
    """Print all figures."""
    modules = [lines for lines in sizes("pipelines", ".py") if lines]
    found = list(functions("pipelines"))
    lengths = [body_lines(node) for _, node in found]
    public = [node for _, node in found if not node.name.startswith("_")]
    told = [node for node in public if ast.get_docstring(node)]
    models = sizes("dbt_project/models", ".sql")
    tests = [node.name for _, node in functions("tests") if node.name.startswith("test_")]
    sentences = [name for name in tests if len(re.findall(r"[^_]+", name)) > _A_SENTENCE]
    print(f"modules: {len(modules)}, median {median(modules):.0f} lines, longest {max(modules)}, "
          f"over 300: {sum(lines > 300 for lines in modules)}")  # fmt: skip
    print(f"functions: {len(lengths)}, mean {mean(lengths):.1f} lines, longest {max(lengths)}, "
          f"over 40: {sum(lines > 40 for lines in lengths)}")  # fmt: skip
    print(f"public functions with a docstring: {len(told)} of {len(public)}")
    print(f"models: {len(models)}, median {median(models):.0f} lines, longest {max(models)}, "
          f"over 300: {sum(lines > 300 for lines in models)}")  # fmt: skip
    print(f"tests: {len(tests)}, named in five words or more: {len(sentences)}")
    for path, node in sorted(found, key=lambda each: -body_lines(each[1])):
        if body_lines(node) > 40:
            print(f"  {body_lines(node)} {path.relative_to(ROOT)} {node.name}")


if __name__ == "__main__":
    main()
