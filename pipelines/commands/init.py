"""A new company's folder: settings to edit, the rules workbook with its defaults, and entry templates."""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.landing.contract import load_entities
from pipelines.settings import CompanyFolder, ConfigurationError, company_json_schema

# What most companies begin with; every other entity of entities.yml works the same way.
STARTING_ENTITIES = (
    "people",
    "accounts",
    "opportunities",
    "stage_events",
    "orders",
    "activities",
    "targets",
)

COMPANY_YML = """\
# yaml-language-server: $schema=company.schema.json
# {title}
company: {{name: {name}, timezone: Asia/Shanghai, currency: CNY, calendar: CN, fiscal_year_start_month: 1,
  languages: [{languages}]}}
# {explain_calendar}

# {explain_sources}
sources:
{sources}
"""

WORDS = {
    "zh": {
        "title": "gapwise 公司设置：连接、路径和开关。业务规则在 rules.xlsx 里。字段说明：gapwise schema",
        "name": "我的公司",
        "languages": "zh, en",
        "explain_calendar": "calendar：CN（含调休）| 其他国家的 ISO 代码 | weekdays（周一至周五）",
        "explain_sources": "每个来源：文件放进 inbox/，表头用 inbox/模板/ 里的中文名即可；"
        "其他系统的表头用 columns: 对应，或选 preset。\n# 缺少的来源不影响其他；"
        "加上 required: true 的来源过期或骤减会扣住当晚的发布。",
        "folder": "模板",
    },
    "en": {
        "title": "gapwise company settings: connections, paths and switches. Business rules are in rules.xlsx. "
        "All fields: gapwise schema",
        "name": "My company",
        "languages": "en, zh",
        "explain_calendar": "calendar: CN (with make-up workdays) | another ISO country | weekdays",
        "explain_sources": "Each source: put files into inbox/ with the headers of inbox/templates/; map other headers "
        "under columns:, or name a preset.\n# An absent source leaves the others alone; one marked "
        "required: true holds the night when it is too old or fell.",
        "folder": "templates",
    },
}

TEMPLATE_FOLDERS = frozenset(words["folder"] for words in WORDS.values())


def create_company_folder(directory: Path, language: str) -> list[Path]:
    """Write a company folder that runs once files lie in its inbox.

    Returns:
        The files written.

    Raises:
        ConfigurationError: the folder holds a company.yml already.
    """
    folder = CompanyFolder(directory)
    if folder.company_yml.exists():
        raise ConfigurationError(f"{folder.company_yml} exists already; name another folder")
    words = WORDS[language]
    templates = folder.inbox / words["folder"]
    templates.mkdir(parents=True, exist_ok=True)
    folder.company_yml.write_text(
        COMPANY_YML.format(**words, sources="\n".join(map(_source_line, STARTING_ENTITIES))),
        encoding="utf-8",
    )
    schema = directory / "company.schema.json"
    schema.write_text(
        json.dumps(company_json_schema(), ensure_ascii=False, indent=2), encoding="utf-8"
    )
    _write_rules(folder.rules_workbook, language)
    written = [folder.company_yml, schema, folder.rules_workbook]
    for entity in STARTING_ENTITIES:
        path = templates / f"{entity}.xlsx"
        _write_template(path, entity, language)
        written.append(path)
    return written


def _source_line(entity: str) -> str:
    return f'  - {{name: {entity}, entity: {entity}, kind: file, path: "inbox/{entity}*.*", preset: excel}}'


def _write_rules(path: Path, language: str) -> None:
    from pipelines.sources.rules_template import write_rules_template

    write_rules_template(path, language)  # type: ignore[arg-type]


def _write_template(path: Path, entity: str, language: str) -> None:
    """Write an empty table with the entity's headers; ids are text, so that no digit is lost."""
    import xlsxwriter

    declared = load_entities()[entity]
    with xlsxwriter.Workbook(str(path)) as workbook:
        header = workbook.add_format({"bold": True, "bottom": 1})
        needed = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#FFF2CC"})
        text = workbook.add_format({"num_format": "@"})
        sheet = workbook.add_worksheet(declared.zh if language == "zh" else entity)
        sheet.freeze_panes(1, 0)
        for position, column in enumerate(declared.columns):
            title = column.zh if language == "zh" else column.name
            as_text = column.type in {"id", "phone", "period"}
            sheet.set_column(position, position, max(12, len(title) * 2), text if as_text else None)
            sheet.write(0, position, title, needed if column.required else header)
            if column.accepted:
                sheet.write_comment(0, position, " / ".join(column.accepted))
