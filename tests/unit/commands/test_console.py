"""What the command line says at the end of a night."""

from __future__ import annotations

from pipelines.commands.console import check_lines


def check(asset: str, words: str, severity: str = "warn", sample: str = "[]") -> dict[str, str]:
    return {
        "asset": asset,
        "severity": severity,
        "description_en": words,
        "figures": '{"rows": 1}',
        "sample": sample,
    }


def test_a_check_that_many_assets_fail_is_one_line_with_their_names() -> None:
    old = [check(f"sources/{name}", "the newest export is recent") for name in "abc"]
    assert check_lines(old) == ["warn  not so for 3 (a, b, c): the newest export is recent"]


def test_two_that_fail_alike_keep_their_figures_and_a_hold_is_told_apart() -> None:
    message = '[{"message_zh": "第3行有误", "message_en": "row 3 is wrong"}]'
    checks = [
        check("sources/a", "recent"),
        check("sources/b", "recent"),
        check("landed/orders", "sales and not returns", "error", message),
    ]
    assert check_lines(checks) == [
        'warn  sources/a: recent {"rows": 1}',
        'warn  sources/b: recent {"rows": 1}',
        'held  landed/orders: sales and not returns {"rows": 1}',
        "      第3行有误",
        "      row 3 is wrong",
    ]
