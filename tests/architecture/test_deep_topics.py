"""Every long test names a topic that `make test-deep` knows, in the form that it selects by."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def known_topics() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [topics] = re.findall(r"^DEEP_TOPICS := (.+)$", makefile, flags=re.MULTILINE)
    return set(topics.split())


def unselectable_marks(source: str, topics: set[str]) -> list[str]:
    """Name every `deep` mark that no topic would select."""
    problems = []
    tree = ast.parse(source)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and ast.unparse(node) == "pytest.mark.deep"):
            continue
        call = calls.get(id(node))
        given = {word.arg: ast.literal_eval(word.value) for word in call.keywords} if call else {}
        if given.get("topic") not in topics:
            problems.append(f"line {node.lineno}: write pytest.mark.deep(topic=…), one of {topics}")
    return problems


def test_every_deep_test_has_a_known_topic():
    topics = known_topics()
    assert topics == {
        "truths", "nights", "past", "kills", "blows", "rebuild", "servers", "browser", "spark",
    }  # fmt: skip
    problems = {
        path.relative_to(ROOT).as_posix(): found
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if (found := unselectable_marks(path.read_text(encoding="utf-8"), topics))
    }
    assert problems == {}


@pytest.mark.parametrize("mark", ["", "('nights')", "(topic='night')", "()"])
def test_a_mark_that_no_topic_selects_is_found(mark):
    source = f"import pytest\n@pytest.mark.deep{mark}\ndef test_x(): ..."
    [problem] = unselectable_marks(source, {"nights"})
    assert problem.startswith("line 2: ")


def test_a_mark_with_a_known_topic_is_accepted():
    source = "import pytest\npytestmark = pytest.mark.deep(topic='nights')"
    assert unselectable_marks(source, {"nights"}) == []
