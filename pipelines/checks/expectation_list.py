"""Write down everything that is expected of tables, for people, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from pipelines.checks.expectation_suites import AS_OF, Expectation, Suite, load_suite
from pipelines.checks.subjects import LANDED, MARTS, Subject

_TITLES = {LANDED: "landed data 落地数据检查", MARTS: "published marts 发布数据检查"}
_HEAD = """# What we expect of {title}

Made from `expectations/{schema}/*.yml` by `make docs`; change the expectations, not this page.
critical 严重: holds the night, yesterday's marts stay 拦下当晚发布，保留昨日结果. \
warning 提醒: is reported 仅提示.
D is the day of the night D为当晚数据日期. What must hold for how many rows 应满足的比例 stands \
under "share".
A table without rows is not judged 没有数据的表不检查.
"""
_SEVERITY = {"critical": "critical 严重", "warning": "warning 提醒"}


def expectations_markdown(schema: str, subjects: Iterable[Subject]) -> str:
    """Return the page that lists every expectation of one schema, table by table.

    Grain: one line per expectation. Columns: name, what holds in English and Chinese, what is
    looked at, bounds, share of rows that must hold, severity.
    """
    parts = [_HEAD.format(title=_TITLES[schema], schema=schema)]
    for subject in subjects:
        suite = load_suite(subject)
        parts.append(f"\n## {subject.name} {subject.zh}\n\n")
        parts.append(
            "| check 检查 | holds when 通过条件 | looks at 对象 | share 比例 | severity |\n"
        )
        parts.append("| --- | --- | --- | --- | --- |\n")
        parts += [_line(suite, expectation) for expectation in suite.expectations]
    return "".join(parts)


def _line(suite: Suite, expectation: Expectation) -> str:
    words = f"{expectation.description.en}. {expectation.description.zh}。"
    share = "" if expectation.is_about_table else f"{expectation.mostly:.0%}"
    cells = [
        f"`{expectation.name}`",
        words,
        _subject(suite, expectation),
        share,
        _SEVERITY[expectation.severity],
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _subject(suite: Suite, expectation: Expectation) -> str:
    """Say what an expectation looks at: columns, computed figures, bounds and condition."""
    if expectation.is_about_table:
        return "columns of the contract 契约列"
    kwargs = expectation.kwargs
    text = "`" + "` ≥ `".join(expectation.columns) + "`"
    if "min_value" in kwargs:
        text = f"{_bound(kwargs['min_value'])} {'<' if kwargs.get('strict_min') else '≤'} {text}"
    if "max_value" in kwargs:
        text += f" {'<' if kwargs.get('strict_max') else '≤'} {_bound(kwargs['max_value'])}"
    if "value_set" in kwargs:
        sign = "∉" if "_not_" in expectation.expect else "∈"
        text += f" {sign} {{{', '.join(_bound(value) for value in kwargs['value_set'])}}}"
    if "regex" in kwargs:
        text += f" ~ `{kwargs['regex']}`"
    for name in expectation.columns:
        if name in suite.computed:
            text += f"; `{name}` = `{' '.join(suite.computed[name].split())}`"
    return text + (f"; if `{expectation.condition}`" if expectation.condition else "")


def _bound(value: Any) -> str:
    """Return a bound as people read it; days that move with the night count from D."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    placeholder = AS_OF.match(value) if isinstance(value, str) else None
    if placeholder:
        return f"D {placeholder[1]} days 天" if placeholder[1] else "D"
    return str(value)
