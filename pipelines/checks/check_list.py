"""Write down every data check that is no expectation of a table, in English and Chinese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.assets.board import EVERY_PAGE_STANDS
from pipelines.checks.rulebook import METRICS_COMPUTED, NAMES_KNOWN, NEWEST_IN_FORCE
from pipelines.checks.sources import source_declarations
from pipelines.checks.targets import CALENDAR_DECIDED, TARGETS_UNDERSTOOD
from pipelines.operations.outcome import CheckDeclaration
from pipelines.settings import FileSource

_HEAD = """# Data checks 数据检查

Made from the declarations of the checks by `scripts/write_docs.py`; change those, not this page.
What is expected of single tables stands in [landed-expectations.md](landed-expectations.md) and
[mart-expectations.md](mart-expectations.md); what people should do something about, in
[business-flags.md](business-flags.md).
error: holds the night, yesterday's marts stay 拦下当晚发布，保留昨日结果. \
warning: is reported 仅提示.
A source's age and its falls hold the night only where company.yml calls it `required`.
来源过旧或骤减只有在 company.yml 标为 required 时才拦下发布。

| asset 对象 | check 检查 | passes when 通过条件 | severity |
| --- | --- | --- | --- |
"""
_TAIL = """
Unit tests of the models run when the code is tested. In the night dbt also runs, table by table,
夜间另有逐表的通用检查：

| kind 类别 | tests 数量 |
| --- | --- |
"""


def data_checks_markdown(manifest: Mapping[str, Any]) -> str:
    """Return the page docs/checks/data-checks.md.

    Grain: one line per check. Columns: asset, check, what holds in English and Chinese, severity.

    Args:
        manifest: dbt's manifest.
    """
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    own = [test for test in tests if "test_metadata" not in test]
    kinds = Counter(test["test_metadata"]["name"] for test in tests if "test_metadata" in test)
    lines = [_line(one) for one in (*_of_sources(), *declared_checks(), *_of_dbt(own))]
    counted = [f"| `{kind}` | {count} |\n" for kind, count in sorted(kinds.items())]
    return "".join([_HEAD, *lines, _TAIL, *counted])


def _of_sources() -> Iterable[CheckDeclaration]:
    source = FileSource.model_validate(
        {"name": "any", "entity": "orders", "kind": "file", "path": "inbox/*.csv", "required": True}
    )
    return source_declarations(source)


def declared_checks() -> Iterable[CheckDeclaration]:
    """Return the checks that concern no table by itself: of rules, targets and the board."""
    return (
        NEWEST_IN_FORCE, METRICS_COMPUTED, NAMES_KNOWN, CALENDAR_DECIDED, TARGETS_UNDERSTOOD,
        EVERY_PAGE_STANDS,
    )  # fmt: skip


def _of_dbt(tests: Iterable[Mapping[str, Any]]) -> Iterable[CheckDeclaration]:
    for test in sorted(tests, key=lambda one: str(one["name"])):
        config = test["config"]
        meta = config.get("meta") or {}
        named = meta.get("dagster", {}).get("ref", {}).get("name")
        about = named or test["depends_on"]["nodes"][0].rsplit(".", 1)[-1]
        severity = "error" if str(config.get("severity", "error")).lower() == "error" else "warn"
        yield CheckDeclaration(
            ("marts", about), test["name"], severity,  # type: ignore[arg-type]
            str(test["name"]).replace("_", " "), meta["zh"],
        )  # fmt: skip


def _line(check: CheckDeclaration) -> str:
    severity = "error" if check.severity == "error" else "warning"
    words = f"{check.description_en}. {check.description_zh}。"
    return f"| `{'/'.join(check.asset)}` | `{check.name}` | {words} | {severity} |\n"
