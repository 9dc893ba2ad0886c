"""Whether a test that a table names is there: a function of a file, or a unit test of a model."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent.parent
MODELS = TESTS.parent / "dbt_project" / "models"


def stands(file: str, name: str) -> bool:
    """Say whether a test stands in a file.

    Args:
        file: path under `tests/`, or of unit tests (`.yml`) under the models.
        name: of the test.
    """
    return name in _names(file)


@cache
def _names(file: str) -> frozenset[str]:
    if file.endswith(".yml"):
        lines = (MODELS / file).read_text("utf-8").splitlines()
        named = (line.strip() for line in lines if line.startswith("  - name: "))
        return frozenset(line.removeprefix("- name: ") for line in named)
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )
