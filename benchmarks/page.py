"""The results page: what was measured, as tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.left_out import by_reason
from benchmarks.run import RESULTS, slug_of
from benchmarks.sizes import SIZES

PAGE = Path(__file__).parent / "RESULTS.md"
SHOWN = ("S", "M/10", "M", "5M")
# What the script by hand does too; matching, cascade, forecast, board, messages and publishing are
# timed apart, and of the marts behind the cascade only those that the script writes are counted.
COMPARED = (
    "rules",
    "fold what D may know",
    "check landed data",
    "build facts",
    "test facts",
    "start-up and between steps",
)
FIGURES = ("seconds", "cpu_seconds", "peak_memory_mb")

Measured = dict[str, Any]


def write_page(results: Path = RESULTS, target: Path = PAGE) -> None:
    """Write RESULTS.md from the results of every size that was measured."""
    found = {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name in SHOWN
        if (path := results / f"{slug_of(name)}.json").is_file()
    }
    lines = [*_head(found), *_sizes(found), *_totals(found)]
    for name, measured in found.items():
        lines += [*_steps(name, measured), *_checks(name, measured), *_ratio(name, measured)]
    lines += _growth(found)
    if (alone := results / "followup.json").is_file():
        lines += _followup(json.loads(alone.read_text(encoding="utf-8")))
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _head(found: dict[str, Measured]) -> list[str]:
    lines = [
        "# What a night costs",
        "",
        "Written by `python -m benchmarks page` from `results/*.json`; README.md says how it is",
        "measured. Wall clock is only as good as the machine was quiet (its load stands below);",
        "processor seconds say more.",
        "",
    ]
    rows = [
        [
            name,
            part,
            f"{m['cores']} × {m['processor']}",
            f"{m['memory_gb']} GB",
            str(m["load_average"]),
            f"{m['system']}, Python {m['python']}, DuckDB {m['duckdb']}",
        ]
        for name, measured in found.items()
        for part in measured
        if part != "size"
        for m in [measured[part]["machine"]]
    ]
    return lines + _table(["size", "part", "cores", "memory", "load", "versions"], rows)


def _sizes(found: dict[str, Measured]) -> list[str]:
    rows = []
    for name, measured in found.items():
        size, made = SIZES[name], measured.get("generate", {})
        counts = (size.people, size.customers, size.opportunities, size.activities, size.day_count)
        csv_mb = made.get("csv_mb", {}).get("first")
        read = _landed(measured)["rows_read"]
        rows.append([name, *(f"{n:,}" for n in counts), _number(csv_mb), f"{read or 0:,}"])
    head = ["size", "people", "customers", "opportunities", "activities", "days"]
    head += ["CSV, MB", "rows read"]
    return ["## Sizes", "", *_table(head, rows)]


def _totals(found: dict[str, Measured]) -> list[str]:
    rows = []
    for name, measured in found.items():
        for title, night in _nights(measured):
            rows.append([name, title, night["outcome"], *_figures(night["cost"])])
    head = ["size", "night", "outcome", "wall, s", "CPU, s", "peak memory, MB"]
    return ["## Nights", "", *_table(head, rows), *_speed_up(found)]


def _nights(measured: Measured) -> Iterable[tuple[str, Measured]]:
    titles = {
        "landing": "landing alone",
        "first": "first, full exports",
        "second_full": "second, full exports",
    }
    for part, title in titles.items():
        if part in measured:
            yield title, measured[part]
    if "second_delta" in measured:
        yield "first, deltas", measured["second_delta"]["first"]
        yield "second, deltas", measured["second_delta"]["second"]


def _speed_up(found: dict[str, Measured]) -> list[str]:
    rows = []
    for name, measured in found.items():
        pairs = [
            ("full exports", measured.get("first"), measured.get("second_full"), "2"),
            (
                "deltas",
                measured.get("second_delta", {}).get("first"),
                measured.get("second_delta", {}).get("second"),
                "5",
            ),
        ]
        for title, first, second, aim in pairs:
            if first and second:
                landing = _over(_landing(first), _landing(second), "cpu_seconds")
                whole = [_over(first["cost"], second["cost"], f) for f in FIGURES[:2]]
                rows.append([name, title, *whole, landing, aim])
    head = ["size", "files", "wall", "CPU", "CPU, landing alone", "aim"]
    return [
        "How many times faster the second night (1 % new or changed rows) is:",
        "",
        *_table(head, rows),
    ]


def _landing(night: Measured) -> Measured:
    return _sum(step for step in night["steps"] if step["step"].startswith("land "))


def _steps(name: str, measured: Measured) -> list[str]:
    nights = dict(_nights(measured))
    if not nights:
        return []
    lines = [f"## Steps, size {name}", ""]
    for title, night in nights.items():
        rows = [[_named(step), *_figures(step)] for step in night["steps"]]
        rows.append(["**all landing**", *_figures(_landing(night))])
        lines += [
            f"### {title}",
            "",
            *_table(["step", "wall, s", "CPU, s", "peak memory, MB"], rows),
        ]
    return lines


def _checks(name: str, measured: Measured) -> list[str]:
    """Every kind of check, run once more on what the first night built, beside that night."""
    if "checks" not in measured or "first" not in measured:
        return []
    kinds, night = measured["checks"]["kinds"], measured["first"]["cost"]
    whole = _sum(kinds) | {"step": "**all checks**", "checks": sum(k["checks"] for k in kinds)}
    rows = [
        [
            kind["step"],
            f"{kind['checks']:,}",
            *_figures(kind),
            f"{kind['cpu_seconds'] / night['cpu_seconds']:.1%}",
        ]
        for kind in [*kinds, whole]
    ]
    head = ["kind", "checks", "wall, s", "CPU, s", "peak memory, MB", "of the night's CPU"]
    return [f"### Checks, size {name} (aim: at most 15 % of the night)", "", *_table(head, rows)]


def _named(step: Measured) -> str:
    return step["step"] + (" (did not finish)" if step.get("unfinished") else "")


def _ratio(name: str, measured: Measured) -> list[str]:
    if "by_hand" not in measured:
        return []
    hand, night = measured["by_hand"], measured["first"]
    same = _sum(
        [s for s in night["steps"] if s["step"].startswith("land ") or s["step"] in COMPARED]
        + [hand["needed_cost"]]
    )
    rows = [
        ["script by hand", *_figures(hand["cost"]), "1.0", "1.0"],
        ["the same marts by the night", *_figures(same), *_ratios(same, hand["cost"])],
        ["the whole night", *_figures(night["cost"]), *_ratios(night["cost"], hand["cost"])],
    ]
    head = ["", "wall, s", "CPU, s", "peak memory, MB", "wall ÷", "CPU ÷"]
    compared, left_out = hand["compared"], by_reason(hand["left_out"])
    equal = [c["mart"] for c in compared if c["is_equal"]]
    wrong = [
        f"{c['mart']} ({', '.join(c['differs']) or 'rows'})" for c in compared if not c["is_equal"]
    ]
    return [
        f"### Against the script by hand, size {name}",
        "",
        *_table(head, rows),
        f"The script writes {len(compared)} marts, {len(equal)} of them equal to the night's;",
        f"not equal: {', '.join(wrong) or 'none'}.",
        f"It does not write {len(hand['left_out'])}:",
        *(
            f"- {why}: {', '.join(f'`{mart}`' for mart in marts)}"
            for why, marts in left_out.items()
        ),
        "",
        "“The same marts” are the night's landing, folding, checking and facts, and of the marts",
        "behind the cascade only those that the script writes, built once more in a process of its",
        "own. Matching, cascade, forecast, flags, publishing and board are not in it; they are in the whole night.",
        "",
    ]


def _growth(found: dict[str, Measured]) -> list[str]:
    rows = []
    for former, latter in pairwise(found):
        old, new = found[former], found[latter]
        landed = [_landed(m) for m in (old, new)]
        row = [
            f"{former} → {latter}",
            f"{landed[1]['rows_read'] / max(landed[0]['rows_read'], 1):.1f}",
        ]
        row += _grown(_landing(landed[0]), _landing(landed[1]), FIGURES)
        nights = [m.get("first", {}) for m in (old, new)]
        whole = all(night.get("outcome") == "published" for night in nights)
        row += _grown(*(night.get("cost") if whole else None for night in nights), FIGURES)
        row += _grown(*(m.get("by_hand", {}).get("cost") for m in (old, new)), FIGURES[1:])
        rows.append(row)
    head = ["", "rows", "landing wall", "landing CPU", "landing memory"]
    head += ["night wall", "night CPU", "night memory", "script CPU", "script memory"]
    return ["## Growth (times the size before)", "", *_table(head, rows)]


def _followup(found: dict[str, Measured]) -> list[str]:
    """Customer and process marts alone, over so many activities, each beside the first."""
    rows: list[list[str]] = []
    wholes = [_sum(measured["steps"]) for measured in found.values()]
    for (count, measured), whole in zip(found.items(), wholes, strict=True):
        number, _, limit = count.partition(" ")
        counts = [f"{int(number):,} {limit}".strip(), f"{sum(measured['landed'].values()):,}"]
        steps = [*measured["steps"], whole | {"step": "**all**"}]
        rows += [[*counts, step["step"], *_figures(step)] for step in steps]
        rows[-1] += _grown(wholes[0], whole, FIGURES[1:])
    head = ["activities", "rows landed", "step", "wall, s", "CPU, s", "peak memory, MB"]
    head += ["CPU ×", "memory ×"]
    rows = [row + [""] * (len(head) - len(row)) for row in rows]
    return [
        "## Customer and process marts alone (`python -m benchmarks.followup`)",
        "",
        "DuckDB was given 5 GB, or what stands beside the number, and spills what does not fit;",
        "CPU × and memory × are of the first.",
        "",
        *_table(head, rows),
    ]


def _grown(old: Measured | None, new: Measured | None, figures: Sequence[str]) -> list[str]:
    return [_over(new, old, figure) if old and new else "–" for figure in figures]


def _landed(measured: Measured) -> Measured:
    """Return the night that landed the files, or the landing alone."""
    nothing: Measured = {"steps": [], "rows_read": 0}
    night: Measured = measured.get("first") or measured.get("landing") or nothing
    return night


def _sum(costs: Iterable[Measured]) -> Measured:
    listed = list(costs)
    peaks = [c["peak_memory_mb"] for c in listed if c["peak_memory_mb"]]
    return {
        "seconds": sum(c["seconds"] for c in listed),
        "cpu_seconds": sum(c["cpu_seconds"] for c in listed),
        "peak_memory_mb": max(peaks, default=None),
    }


def _ratios(cost: Measured, by: Measured) -> list[str]:
    return [_over(cost, by, figure) for figure in FIGURES[:2]]


def _over(cost: Measured, by: Measured, figure: str) -> str:
    return f"{cost[figure] / by[figure]:.1f}" if cost[figure] and by[figure] else "–"


def _figures(cost: Measured) -> list[str]:
    return [_number(cost[figure]) for figure in FIGURES]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]
