"""Write down every business flag, for people, in English and Chinese."""

from __future__ import annotations

from pipelines.operations.flags import Flag, declared_flags

_HEAD = """# Business flags 业务提醒

Made from `pipelines/operations/flags/*.yml`; change the declarations, not this page.
Every flag is an asset check of severity WARN on its mart and never holds a night;
`target_attained` is good news and no check. Whether, when and to whom a flag is sent stands on
the sheet 提醒 Alerts of the rules workbook.
每项提醒都是对应数据表上的检查，仅提示，从不拦下发布；是否发送、何时升级见规则表“提醒”。

| flag 提醒 | mart | check passes when 通过条件 | what is said 内容 | severity |
| --- | --- | --- | --- | --- |
"""


def flags_markdown() -> str:
    """Return the page docs/checks/business-flags.md."""
    return _HEAD + "".join(f"{_row(flag)}\n" for flag in declared_flags())


def _row(flag: Flag) -> str:
    holds = f"`{flag.name}`: {flag.en}. {flag.zh}。"
    said = f"{flag.what_zh}；{flag.do_zh}。{flag.what_en}; {flag.do_en}."
    return f"| `{flag.kind}` | `{flag.mart}` | {holds} | {said} | {flag.severity} |"
