"""Show what was expected and found as Data Docs: one page per table, readable offline.

The pages come from Great Expectations' own page renderer. Its site builder is left aside: its index
is drawn in the browser by scripts from five networks, and it would want the raw results stored.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from pipelines.checks.expectation_engine import load_great_expectations
from pipelines.checks.expectation_sql import rules_of
from pipelines.checks.expectation_suites import Suite, load_suite
from pipelines.checks.subjects import LANDED, MARTS, Subject
from pipelines.operations.outcome import CheckOutcome
from pipelines.publish.files import replace_file_atomically

_TITLES = {LANDED: "What was handed over · 落地数据检查", MARTS: "What is published · 发布数据检查"}
# Everything that the renderer fetches from a network, and what does nothing without it.
_FROM_NETWORKS = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<footer\b.*?</footer>|<a\b[^>]*></a>"
    r"|background(?:-image)?:\s*url\([^)]*\)[^;}]*;?",
    re.DOTALL | re.IGNORECASE,
)
_LINK_OUT = re.compile(r'href="(?:\.\./)+[^"]*"')
_RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STYLE = """<style>
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 2rem; max-width: 70rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; width: 100%; }
td, th { border-bottom: 1px solid #ddd; padding: 0.3rem 0.8rem 0.3rem 0; text-align: left;
         vertical-align: top; }
nav, button, .sidebar, .navbar, .page-action-card { display: none; }
.bad { color: #b00020; } .none { color: #777; }
</style>"""


def write_data_docs(
    subjects: Sequence[Subject], outcomes: Sequence[CheckOutcome], folder: Path, as_of: date
) -> list[Path]:
    """Write a page per table with rows, and an index over all; return the files written.

    The pages are made from outcomes, so they show counts and reasons, and no value of any row.

    Args:
        subjects: the tables judged, all of one schema.
        outcomes: what `run_suites` returned for them.
        folder: where the pages stand, such as published/data_docs; pages of tables that have no
            rows any more are removed.
        as_of: D, shown on each page and used for its bounds.
    """
    schema = subjects[0].schema
    pages = folder / schema
    by_asset = {subject.asset: subject for subject in subjects}
    written: list[Path] = []
    lines: list[str] = []
    for asset, grouped in groupby(outcomes, key=lambda outcome: outcome.declaration.asset):
        found = list(grouped)
        suite = load_suite(by_asset[asset])
        has_rows = any(outcome.is_applicable for outcome in found)
        if has_rows:
            path = pages / f"{asset[1]}.html"
            replace_file_atomically(path, _page(suite, found, as_of).encode())
            written.append(path)
        lines.append(_index_line(suite, found, has_rows))
    for stale in set(pages.glob("*.html")) - set(written):
        stale.unlink()
    listed, index = folder / f"{schema}.html", folder / "index.html"
    replace_file_atomically(listed, _list(schema, lines, as_of).encode())
    replace_file_atomically(index, _index(folder).encode())
    return [*written, listed, index]


def _page(suite: Suite, outcomes: Sequence[CheckOutcome], as_of: date) -> str:
    """Return one entity's page as Great Expectations renders it, cut loose from the network."""
    gx = load_great_expectations()
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    rules = rules_of(suite, as_of)
    results = [_result(rule, outcome) for rule, outcome in zip(rules, outcomes, strict=True)]
    passed = sum(outcome.passed for outcome in outcomes)
    validation = ExpectationSuiteValidationResult(
        success=passed == len(outcomes),
        results=results,
        suite_name=".".join(suite.subject.asset),
        statistics={
            "evaluated_expectations": len(outcomes),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(outcomes) - passed,
            "success_percent": 100 * passed / len(outcomes),
        },
        meta={
            "run_id": {"run_name": f"D = {as_of}", "run_time": f"{as_of}T00:00:00+00:00"},
            "great_expectations_version": gx.__version__,
        },
    )
    return offline(str(_view().render(ValidationResultsPageRenderer().render(validation))))


@cache
def _view() -> Any:
    """Return the page view: a new one would compile its seventeen templates for every page."""
    from great_expectations.render.view.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def _result(rule: Any, outcome: CheckOutcome) -> Any:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )

    declaration, figures = outcome.declaration, outcome.figures
    kwargs = {
        name: str(value) if isinstance(value, date) else value
        for name, value in rule.kwargs.items()
    }
    words = f"{declaration.description_en} · {declaration.description_zh}"
    return ExpectationValidationResult(
        success=outcome.passed,
        expectation_config=ExpectationConfiguration(
            type=rule.expectation.expect,
            kwargs=kwargs,
            meta={"name": rule.name},
            description=f"{words} ({rule.name}, {rule.expectation.severity})",
        ),
        result=_counts(figures),
        exception_info={
            "raised_exception": False,
            "exception_message": None,
            "exception_traceback": None,
        },
    )


def _counts(figures: Any) -> dict[str, object]:
    """Return an outcome's figures in the words of Great Expectations' results."""
    if figures.get("reason"):
        return {"observed_value": figures["reason"]}
    rows, violations = figures.get("row_count"), figures.get("violation_count")
    if not rows:
        return {"observed_value": "as expected" if rows is None else "nothing to judge"}
    return {
        "element_count": rows,
        "unexpected_count": violations,
        "unexpected_percent": 100 * violations / rows,
        "partial_unexpected_list": [],
    }


def offline(page: str) -> str:
    """Return a rendered page without anything fetched from a network, and with stable ids."""
    page = _FROM_NETWORKS.sub("", page)
    page = _LINK_OUT.sub('href="../index.html"', page)
    numbers: dict[str, str] = {}
    page = _RANDOM_ID.sub(lambda m: numbers.setdefault(m[0], f"part{len(numbers) + 1}"), page)
    return page.replace("</head>", f"{_STYLE}</head>", 1)


def _index_line(suite: Suite, outcomes: Sequence[CheckOutcome], has_rows: bool) -> str:
    name = html.escape(suite.subject.name)
    title = f"{name} {html.escape(suite.subject.zh)}"
    failed = [o.declaration.name for o in outcomes if not o.passed]
    if not has_rows:
        state = '<td class="none">no rows, not applicable · 无数据，不适用</td>'
    elif failed:
        state = f'<td class="bad">{len(failed)}: {html.escape(", ".join(failed))}</td>'
    else:
        state = "<td>all hold · 全部通过</td>"
    linked = f'<a href="{suite.subject.schema}/{name}.html">{title}</a>' if has_rows else title
    return f"<tr><td>{linked}</td><td>{len(outcomes)}</td>{state}</tr>"


def _list(schema: str, lines: Sequence[str], as_of: date) -> str:
    title = _TITLES[schema]
    return (
        f"{_head(title)}<h1>{title}</h1><p>D = {as_of}</p>"
        "<table><tr><th>table · 表</th><th>checks · 检查</th><th>broken · 未通过</th></tr>"
        f"{''.join(lines)}</table></body></html>\n"
    )


def _index(folder: Path) -> str:
    links = "".join(
        f'<li><a href="{schema}.html">{title}</a></li>'
        for schema, title in _TITLES.items()
        if (folder / f"{schema}.html").is_file()
    )
    return f"{_head('Data Docs')}<h1>Data Docs</h1><ul>{links}</ul></body></html>\n"


def _head(title: str) -> str:
    return (
        '<!DOCTYPE html><html><head><meta charset="UTF-8">'
        f"<title>{title}</title>{_STYLE}</head><body>"
    )
