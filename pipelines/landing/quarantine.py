"""Quarantine: rows that broke their contract, in words that a sales assistant understands."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.core.sql_text import quote_text
from pipelines.landing.batch import LandingContext, ReadDelivery
from pipelines.landing.parquet import write_parquet

# Grain of the quarantine table: one row per bad row and broken rule (error_no from 1).
QUARANTINE_COLUMNS = {
    "source": "VARCHAR",
    "entity": "VARCHAR",
    "delivery_seq": "BIGINT",
    "file": "VARCHAR",
    "sheet": "VARCHAR",
    "row_no": "BIGINT",
    "column_name": "VARCHAR",
    "value": "VARCHAR",
    "rule": "VARCHAR",
    "message_zh": "VARCHAR",
    "message_en": "VARCHAR",
    "error_no": "BIGINT",
    "is_superseded": "BOOLEAN",
    "raw": "VARCHAR",
}


@dataclass(frozen=True)
class Explanation:
    """What a rule's code means and how to mend the cell. `{value}` and `{column}` are filled in."""

    en: str
    zh: str


MESSAGES: dict[str, Explanation] = {
    "missing": Explanation(
        "{column} is empty; fill it in, the row cannot be used without it",
        "{column} 为空；请补填，缺少它此行无法使用",
    ),
    "not_a_number": Explanation(
        "{value} in {column} is no number; write it as 1500, 1,500.00, 150万 or 12%",
        "{column} 的值 {value} 不是数字；请写成 1500、1,500.00、150万 或 12%",
    ),
    "too_large": Explanation(
        "{value} in {column} is larger than a figure can be: amounts stay below 100 trillion, other numbers below "
        "a trillion; check the cell and its unit, or whether it is an amount at all",
        "{column} 的值 {value} 超出可处理的范围：金额须小于100万亿，其他数值须小于1万亿；"
        "请核对该单元格及其单位，或确认这一列是否为金额",
    ),
    "not_an_integer": Explanation(
        "{value} in {column} is no whole number", "{column} 的值 {value} 不是整数"
    ),
    "not_a_date": Explanation(
        "{value} in {column} is no date; write it as 2026-03-10",
        "{column} 的值 {value} 不是日期；请写成 2026-03-10",
    ),
    "not_a_time": Explanation(
        "{value} in {column} is no date or time; write it as 2026-03-10 14:30",
        "{column} 的值 {value} 不是日期或时间；请写成 2026-03-10 14:30",
    ),
    "ambiguous_date": Explanation(
        "{value} in {column} can be read two ways; declare date_order: mdy or dmy for this source in "
        "company.yml, or write 2026-03-10",
        "{column} 的值 {value} 有两种读法；请在 company.yml 为该来源声明 date_order: mdy 或 dmy，"
        "或写成 2026-03-10",
    ),
    "not_a_boolean": Explanation(
        "{value} in {column} is neither yes nor no; write 是/否 or yes/no",
        "{column} 的值 {value} 不是“是/否”；请写 是 或 否",
    ),
    "digits_lost": Explanation(
        "{value} in {column} has lost digits (a spreadsheet turned the id into a number); "
        "format the column as text and export again",
        "{column} 的值 {value} 已丢失位数（表格把编号变成了数字）；请把该列设为文本后重新导出",
    ),
    "not_accepted": Explanation(
        "{value} in {column} is not one of the known values; map it under values: in company.yml",
        "{column} 的值 {value} 不在允许范围内；请在 company.yml 的 values 中做映射",
    ),
    "unknown_value": Explanation(
        "{value} in {column} is unknown; add it (or an alias) to the rules workbook, or map it under "
        "values: in company.yml",
        "{column} 的值 {value} 未登记；请在规则工作簿中添加（或加为别名），或在 company.yml 的 values 中做映射",
    ),
    "error_cell": Explanation(
        "{column} holds the spreadsheet error {value}; mend the formula or type the value",
        "{column} 是表格错误 {value}；请修正公式或直接填写数值",
    ),
    "malformed": Explanation(
        "the row does not fit the table ({value}); check separators and quotation marks",
        "此行与表格列数不符（{value}）；请检查分隔符和引号",
    ),
    "conflict": Explanation(
        "two rows with this key carry different values ({value}); keep one; the last good figure stands",
        "同一键有两行且数值不同（{value}）；请只保留一行；在此之前沿用上次的数值",
    ),
    "superseded": Explanation(
        "another row with {value} in {column} is newer and was taken; deliver each key once",
        "{column} 为 {value} 的另有更新的一行，已采用较新的一行；同一编号请只交付一次",
    ),
}


def message_sql(language: str, column: str) -> str:
    """Return an SQL expression that words one error: its `rule` and the offending `value`.

    Args:
        language: `zh` or `en`.
        column: SQL expression of the column as people call it.
    """
    cases = []
    for code, explanation in MESSAGES.items():
        cases.append(f"when '{code}' then {quote_text(getattr(explanation, language))}")
    template = f"case rule {' '.join(cases)} end"
    shown = "coalesce('「' || value || '」', '')"
    return f"replace(replace({template}, '{{column}}', {column}), '{{value}}', {shown})"


def write_quarantine(context: LandingContext, read: ReadDelivery) -> str:
    """Write the quarantine of one file and return its path below landing/.

    Grain: one row per bad row and broken rule.
    """
    entity, delivery = context.entity, read.delivery
    labels = " ".join(f"when {quote_text(c.name)} then {quote_text(c.zh)}" for c in entity.columns)
    sheets = " ".join(f"when {i} then {quote_text(t.sheet)}" for i, t in enumerate(read.tables))
    en = message_sql("en", "column_name")
    zh = message_sql("zh", f"case column_name {labels} else column_name end")
    sql = f"""
        select
            {quote_text(context.source.name)} as source, {quote_text(entity.name)} as entity,
            {read.seq}::bigint as delivery_seq, {quote_text(delivery.name)} as file,
            case _table {sheets} end as sheet, _row as row_no, column_name, value, rule,
            {zh} as message_zh, {en} as message_en, error_no::bigint as error_no,
            rule = 'superseded' as is_superseded, raw
        from ({_errors_select(context, read)})
        order by _table, _row, error_no
    """
    path = f"quarantine/source={context.source.name}/{read.seq:08d}.parquet"
    chosen = ", ".join(QUARANTINE_COLUMNS)
    write_parquet(context.con, f"select {chosen} from ({sql})", context.landing_root / path)
    return path


def _errors_select(context: LandingContext, read: ReadDelivery) -> str:
    key_column = quote_text(context.entity.key[0]) if context.entity.key else "''"
    malformed = "".join(
        f" union all select {i}, _row, '', reason_en, 'malformed', 1::bigint, sample from {table.malformed}"
        for i, table in enumerate(read.tables)
        if table.malformed_count
    )
    return f"""
        select _table, _row, e.column as column_name, e.value as value, e.rule as rule, error_no, _raw as raw
        from (
            select _table, _row, _raw, unnest(_errors) as e, unnest(range(1, len(_errors) + 1)) as error_no
            from typed where _seq = {read.seq} and _errors is not null
        )
        union all
        select typed._table, typed._row, {key_column},
            replace(rtrim(typed._key, chr(31)), chr(31), ' | '),
            set_aside._fate, 1, null
        from set_aside
        inner join typed
            on typed._seq = set_aside._seq and typed._table = set_aside._table and typed._row = set_aside._row
        where set_aside._seq = {read.seq} and set_aside._fate in ('superseded', 'conflict')
        {malformed}
    """
