"""A profile for people: a table on the screen, and YAML ready for company.yml, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from pipelines.landing.contract import load_entities
from pipelines.profiling.matching import Match
from pipelines.profiling.profile import TableProfile

_PLAIN = re.compile(r"[A-Za-z0-9_\u4e00-\u9fff][A-Za-z0-9_ \u4e00-\u9fff()（）/.-]*$")
_WORD = re.compile(r"[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_ \u4e00-\u9fff/.-]*$")
# A cell's own line break would end a comment, and what follows would be read as YAML.
_LINE_BREAK = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_SPECIAL = re.compile(r"(?:y|n|yes|no|on|off|true|false|null)$", re.IGNORECASE)


def profile_yaml(path: Path, profiles: Sequence[TableProfile], encoding: str | None = None) -> str:
    """Write the sources of a profiled file as YAML, to be edited and put into company.yml.

    Sure columns stand as they are; unsure ones are commented out with a question mark, so that nothing
    guessed can get into a night.
    """
    lines = [
        f"# gapwise profile {path.name}",
        "# 置信度不足的列以 # ? 注释，请确认后去掉注释 / columns marked # ? are unsure: confirm and uncomment",
        "sources:",
    ]
    names: set[str] = set()
    for profile in profiles:
        lines += _source_lines(path, profile, encoding, names)
    return "\n".join(_LINE_BREAK.sub(" ", line) for line in lines) + "\n"


def _source_lines(
    path: Path, profile: TableProfile, encoding: str | None, names: set[str]
) -> list[str]:
    table = profile.table
    where = f" [{table.sheet}]" if table.sheet else ""
    header = str(table.header_row) if profile.has_header else "无 / none"
    lines = [
        f"  # {path.name}{where}: {table.rows_read} 行 / rows · 编码 / encoding {table.encoding or '-'}"
        f" · 表头行 / header row {header}",
        *(f"  # {note.zh} / {note.en}" for note in table.notes),
    ]
    if not profile.entity:
        near = ", ".join(f"{name} {score:.0%}" for name, score in profile.rivals) or "-"
        lines.append(f"  # ? 不像任何一种数据，最接近 / fits no entity; nearest: {near}")
        lines += [f"  # ? 列 / column: {header}" for header in profile.unmapped[:40]]
        return lines
    entity = load_entities()[profile.entity]
    rivals = ", ".join(f"{name} {score:.0%}" for name, score in profile.rivals)
    doubt = f" # ? 也可能是 / or: {rivals}" if rivals else ""
    lines += [
        f"  - name: {_name(path, profile, names)}",
        f"    entity: {profile.entity}  # {entity.zh} {profile.confidence:.0%}{doubt}",
        "    kind: file",
        f"    path: {_quoted(f'inbox/{_glob(path)}')}",
    ]
    if profile.preset:
        lines.append(f"    preset: {profile.preset}")
    lines += _option_lines(profile, encoding)
    lines += _column_lines(profile)
    if profile.made:
        shown = ", ".join(f"{column}: {_listed(parts)}" for column, parts in profile.made)
        lines.append(f"    compose: {{{shown}}}")
    if profile.kind:
        lines.append(f"    constants: {{kind: {profile.kind}}}  # 按文件名 / by the file's name")
    for option, proposed in (("compose", profile.compose), ("multiply", profile.multiply)):
        for column, parts in proposed:
            lines.append(f"    # ? {option}: {{{column}: {_listed(parts)}}}")
    lines += _value_lines(profile)
    lines += [f"    # ? {question.zh} / {question.en}" for question in profile.questions]
    return lines


def _option_lines(profile: TableProfile, encoding: str | None) -> list[str]:
    lines = []
    if encoding:
        lines.append(f"    encoding: {encoding}")
    if not profile.has_header:
        lines.append("    has_header: false")
    if profile.table.sheet:
        lines.append(f"    sheet: {_quoted(profile.table.sheet)}")
    if profile.decimal != ".":
        lines.append(f'    decimal: "{profile.decimal}"')
    if profile.date_order:
        lines.append(f"    date_order: {profile.date_order}")
    if profile.as_numbers:
        lines.append(f"    as_numbers: [{', '.join(profile.as_numbers)}]  # ?")
    return lines


def _column_lines(profile: TableProfile) -> list[str]:
    """Return the columns; those that the preset gives are comments, for they need no line."""
    lines, sure = [], 0
    for match in profile.matches:
        shown = " · ".join(match.samples)
        text = f"{match.column.name}: {_quoted(match.header)}"
        comment = f"# {match.column.zh} {match.confidence:.0%}" + (f" · {shown}" if shown else "")
        if match.is_sure and match.by_preset:
            lines.append(f"      # {text}  {comment}")
        elif match.is_sure:
            sure += 1
            lines.append(f"      {text}  {comment}")
        else:
            lines.append(f"      # ? {text}  {comment}")
    if profile.unmapped:
        lines.append(f"      # 其余列照存 / kept as extra: {', '.join(profile.unmapped)[:400]}")
    return ["    columns:" if sure else "    # columns:", *lines]


def _value_lines(profile: TableProfile) -> list[str]:
    """Return the words: known ones without a need as comments, unknown ones as questions."""
    lines: list[str] = []
    is_written = any(each.is_sure and not each.is_native for each in profile.values)
    for column in dict.fromkeys(each.column for each in profile.values):
        own = [each for each in profile.values if each.column == column]
        has_line = any(each.is_sure and not each.is_native for each in own)
        lines.append(f"      {'' if has_line else '# '}{column}:")
        for each in own:
            mark = "" if each.is_sure and not each.is_native else "# " if each.is_sure else "# ? "
            text = f"{_word(each.theirs)}: {each.ours or '?'}"
            lines.append(f"        {mark}{text}  # {each.rows} 行 / rows")
    return ["    values:" if is_written else "    # values:", *lines] if lines else []


def profile_table(profiles: Sequence[TableProfile]) -> str:
    """Return the mapping as text columns: column, header, confidence, sample values."""
    blocks = []
    for profile in profiles:
        entity = load_entities().get(profile.entity)
        called = f"{entity.zh} {profile.entity}" if entity else "? 无 / none"
        preset = f" · preset {profile.preset}" if profile.preset else ""
        lines = [
            f"{profile.table.sheet or profile.table.file}: {called} {profile.confidence:.0%}{preset}"
        ]
        lines += [_match_line(match) for match in profile.matches]
        lines += [
            f"      {each.column}: {each.theirs} → {each.ours or '?'}{'' if each.is_sure else ' ?'}"
            for each in profile.values
        ]
        lines += [f"  ? {question.zh}\n    {question.en}" for question in profile.questions]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _match_line(match: Match) -> str:
    mark = " " if match.is_sure else "?"
    return (
        f"  {mark} {match.confidence:>4.0%}  {match.column.name} {match.column.zh} ← {match.header}"
        f"   {' | '.join(match.samples)}"
    )


def _listed(parts: Sequence[str]) -> str:
    return f"[{', '.join(json.dumps(part, ensure_ascii=False) for part in parts)}]"


def _quoted(text: str) -> str:
    is_plain = _PLAIN.match(text) and not text.isdigit() and not _SPECIAL.match(text)
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _word(text: str) -> str:
    """Write a word as a key: what YAML would take for yes, no or a number stays text."""
    return (
        text
        if _WORD.match(text) and not _SPECIAL.match(text)
        else json.dumps(text, ensure_ascii=False)
    )


def _name(path: Path, profile: TableProfile, names: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")
    base = stem if re.match(r"[a-z][a-z0-9_]{1,60}$", stem) else profile.entity
    name, number = base, 2
    while name in names:
        name, number = f"{base}_{number}", number + 1
    names.add(name)
    return name


def _glob(path: Path) -> str:
    """Return the file's name with its date as a wildcard: tomorrow's export has another."""
    stem = re.sub(
        r"(19|20)\d{2}[-_.]?\d{2}[-_.]?\d{2}(?:[T_\- ]?\d{2}[-_.]?\d{2}(?:[-_.]?\d{2})?)?(?!\d)",
        "*",
        path.stem,
    )
    return f"{stem}{path.suffix}"
