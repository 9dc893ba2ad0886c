"""From a mapping to SQL: text cells become typed values, and rows that break the contract are marked.

One pass over the text. Only a row that breaks the contract pays for its error list.
"""

from __future__ import annotations

from decimal import Decimal

from pipelines.core.sql_text import quote_name, quote_text
from pipelines.landing.contract import Column, Entity
from pipelines.landing.plan import Binding, ColumnPlan
from pipelines.sources.presets import ANY_VALUE

# What a value of each type must look like; the codes are explained in quarantine.MESSAGES.
RULE_OF_TYPE = {
    "id": "digits_lost",
    "text": "error_cell",
    "name": "error_cell",
    "phone": "error_cell",
    "email": "error_cell",
    "period": "error_cell",
    "date": "not_a_date",
    "timestamp": "not_a_time",
    "money": "not_a_number",
    "number": "not_a_number",
    "integer": "not_an_integer",
    "boolean": "not_a_boolean",
}


# Where 无 is an answer: no competitor, no next step, not confirmed.
_WORDS = ("text", "name", "period", "boolean")


def typed_select(
    entity: Entity, plan: ColumnPlan, relation: str, carried: str, zone: str, is_1904: bool
) -> str:
    """Return the SELECT that types text tables of one layout.

    Grain: one row per row of the relation. Columns: those carried, every landed column of the
    entity, `extra` (unmapped cells as JSON), `_errors` (list of column, value, rule; NULL when
    the row keeps its contract) and `_raw` (the cells as delivered, only for such rows).

    Args:
        entity: the contract.
        plan: where each column comes from.
        relation: SQL with the carried columns and `c0..cN`.
        carried: columns that say which row it is, passed through.
        zone: time zone of naive times.
        is_1904: whether serial dates count from 1904.
    """
    texts = [
        f"{_said(column, plan)} as {quote_name('t_' + column.name)}" for column in entity.columns
    ]
    cells = ", ".join(used_cells(plan)) or "null as _no_cells"
    values: list[str] = []
    for column in entity.columns:
        values += _typed(column, plan, zone, is_1904)
    bad = " or ".join(f"({condition})" for _, condition, _ in _conditions(entity, plan)) or "false"
    errors = ", ".join(
        f"case when {condition} then {{'column': {quote_text(name)}, "
        f"'value': {_given(name)}, 'rule': {rule}}} end"
        for name, condition, rule in _conditions(entity, plan)
    )
    landed = ", ".join(quote_name(name) for name, _ in entity.landed_columns)
    marks = {name: quote_text(text) for name, text in plan.marks.items()}
    extra = _json({header: f"c{i}" for header, i in plan.extra.items()} | marks)
    mapped = [cell for cell in used_cells(plan) if cell.startswith("c")]
    given = "".join(f", cell_given({cell}) as {_given_cell(cell)}" for cell in mapped)
    return f"""
        with given as (
            select {carried}, {cells}{given} from {relation}
        ),
        texts as (
            select {carried}, {", ".join(texts)}, {cells} from given
        ),
        typed as (
            select *, {", ".join(values)} from texts
        ),
        judged as (
            select *, ({bad}) as _bad from typed
        )
        select
            {carried}, {landed}, {extra} as extra,
            case when _bad then list_filter([{errors}], lambda e: e is not null) end as _errors,
            case when _bad then {_raw_json(plan)} end as _raw
        from judged
    """


def _given_cell(cell: str) -> str:
    """Return the name under which a cell's meaning stands beside the cell as delivered: g3 beside c3."""
    return f"g{cell.removeprefix('c')}"


def used_cells(plan: ColumnPlan) -> list[str]:
    """Return the cells that a plan reads, by position: two tables with one plan union on these."""
    positions = sorted(
        {p for b in plan.bindings.values() for p in b.positions}
        | set(plan.extra.values())
        | {o.position for found in plan.overrides.values() for o in found}
    )
    constants = sorted(b.constant_cell for b in plan.bindings.values() if b.constant_cell)
    return [*(f"c{p}" for p in positions), *constants]


def _raw_json(plan: ColumnPlan) -> str:
    cells = {name: f"c{b.positions[0]}" for name, b in plan.bindings.items() if b.positions}
    cells |= {header: f"c{i}" for header, i in plan.extra.items()}
    return _json(cells)


def _json(cells: dict[str, str]) -> str:
    pairs = ", ".join(f"{quote_text(name)}, {cell}" for name, cell in cells.items())
    return f"cast(json_object({pairs}) as varchar)" if pairs else "null::varchar"


def _said(column: Column, plan: ColumnPlan) -> str:
    """Return SQL of what a column's cell says; a word or a day for nothing is nothing there.

    What must be there is judged as it stands, so that its error row shows what was delivered.
    """
    text = _text(column.name, plan)
    if column.name == "currency" and column.name not in plan.bindings:
        amount = _text("amount", plan)
        return text if amount == "null::varchar" else f"cell_named_currency({amount})"
    is_judged = column.required and column.type != "id"
    if text == "null::varchar" or column.type in _WORDS or is_judged:
        return text
    wanting = {"date": "day", "timestamp": "day", "id": "value"}.get(column.type, "figure")
    return f"cell_given_{wanting}({text})"


def _text(column: str, plan: ColumnPlan) -> str:
    binding = plan.bindings.get(column)
    if binding is None:
        return "null::varchar"
    text = _product(binding, plan) if binding.is_product else _cell(binding)
    pairs = plan.values.get(column)
    if pairs:
        text = f"coalesce({_word_for(text, pairs)}, {text})"
    deciding = [_word_for(f"g{o.position}", o.words) for o in plan.overrides.get(column, ())]
    if deciding:
        text = f"coalesce({', '.join(deciding)}, {text})"
    for other, values in plan.only_where.get(column, {}).items():
        listed = ", ".join(quote_text(value) for value in values)
        text = f"case when {_text(other, plan)} in ({listed}) then {text} end"
    return text


def _word_for(cell: str, words: dict[str, str]) -> str:
    """Return SQL of our word for what a cell says; NULL for any other word, unless `*` takes every one."""
    if ANY_VALUE in words:
        return f"case when not cell_is_blank({cell}) then {quote_text(words[ANY_VALUE])} end"
    theirs = ", ".join(quote_text(value) for value in words)
    ours = ", ".join(quote_text(value) for value in words.values())
    return f"list_extract([{ours}], list_position([{theirs}], lower(cell_name({cell}))))"


def _cell(binding: Binding) -> str:
    if binding.constant is not None:
        return quote_text(binding.constant)
    if binding.constant_cell is not None:
        return binding.constant_cell
    if len(binding.positions) == 1:
        cell = f"g{binding.positions[0]}"
    else:
        parts = ", ".join(f"g{p}" for p in binding.positions)
        cell = f"nullif(concat_ws({quote_text(binding.separator)}, {parts}), '')"
    if binding.is_number:
        cell = (
            f"case when regexp_full_match({cell}, '[12][0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}}') then"
            f" cast(date_diff('day', date '1899-12-30', try_cast({cell} as date)) as varchar)"
            f" else {cell} end"
        )
    return cell


def _product(binding: Binding, plan: ColumnPlan) -> str:
    """Return SQL of the product of several cells as text; where one is no number, of what they say."""
    cells = [f"g{position}" for position in binding.positions]
    factors = [
        f"(1 - {number})" if position in binding.shares_off else number
        for position in binding.positions
        for number in [f"cell_number({_with_point(f'g{position}', plan)})"]
    ]
    said = f"concat_ws(' × ', {', '.join(cells)})"
    product = f"round(cast({' * '.join(factors)} as decimal(38, 12)), 6)"
    return (
        f"case when {' or '.join(f'cell_is_blank({cell})' for cell in cells)} then null"
        f" else coalesce(cast(try_cast({product} as decimal(24, 6)) as varchar), {said}) end"
    )


def _with_point(text: str, plan: ColumnPlan) -> str:
    """Return SQL of a number's text with a decimal point, whatever the export writes."""
    if not plan.decimal_comma:
        return text
    is_typed = str(plan.decimal_comma == "typed").lower()
    return f"cell_decimal_comma({text}, is_typed := {is_typed})"


def _typed(column: Column, plan: ColumnPlan, zone: str, is_1904: bool) -> list[str]:
    text, name = quote_name("t_" + column.name), quote_name(column.name)
    order, since = quote_text(plan.date_order), str(is_1904).lower()
    binding = plan.bindings.get(column.name)
    factor = _unit_factor(column, plan)
    if column.type == "timestamp":
        on = quote_name(column.local_date_name or "")
        return [
            f"cell_timestamp({text}, ord := {order}, tz := {quote_text(zone)}, is_1904 := {since}) as {name}",
            f"cell_date({text}, ord := {order}, is_1904 := {since}, tz := {quote_text(zone)}) as {on}",
        ]
    figure = _with_point(text, plan) if not (binding and binding.is_product) else text
    call = {
        "id": f"cell_id({text})",
        "text": f"cell_text({text})",
        "period": f"cell_text({text})",
        "name": f"cell_name({text})",
        "phone": f"cell_phone({text})",
        "email": f"cell_email({text})",
        "date": f"cell_date({text}, ord := {order}, is_1904 := {since}, tz := {quote_text(zone)})",
        "money": f"cell_money({figure}, factor := {factor})",
        "number": f"cell_number({figure}, factor := {factor})",
        "integer": f"cell_integer({figure})",
        "boolean": f"cell_boolean({text})",
    }[column.type]
    if column.name == "currency":
        call = f"cell_currency({text})"
    return [f"{call} as {name}"]


def _unit_factor(column: Column, plan: ColumnPlan) -> Decimal:
    binding = plan.bindings.get(column.name)
    return (binding.unit_factor if binding else None) or Decimal(1)


def _given(name: str) -> str:
    return f"left({quote_name('t_' + name)}, 200)"


def _conditions(entity: Entity, plan: ColumnPlan) -> list[tuple[str, str, str]]:
    """Return (column, SQL condition of breaking the contract, SQL expression of the rule's code)."""
    out: list[tuple[str, str, str]] = []
    for column in entity.columns:
        text, value = quote_name("t_" + column.name), quote_name(column.name)
        blank = f"cell_is_blank({text})"
        if column.required:
            out.append((column.name, blank, "'missing'"))
        code = quote_text(RULE_OF_TYPE[column.type])
        if column.type in {"date", "timestamp"}:
            ambiguous = f"cell_date_is_ambiguous({text}, ord := {quote_text(plan.date_order)})"
            code = f"case when {ambiguous} then 'ambiguous_date' else {code} end"
        if column.type in {"money", "number"}:
            factor = _unit_factor(column, plan)
            too_large = f"cell_is_too_large({_with_point(text, plan)}, {factor})"
            code = f"case when {too_large} then 'too_large' else {code} end"
        code = f"case when cell_is_error({text}) then 'error_cell' else {code} end"
        out.append((column.name, f"not ({blank}) and {value} is null", code))
        allowed = column.accepted or plan.allowed.get(column.name, ())
        if allowed:
            options = ", ".join(quote_text(option) for option in allowed)
            code = "'not_accepted'" if column.accepted else "'unknown_value'"
            out.append((column.name, f"not ({blank}) and {value} not in ({options})", code))
    if entity.any_required:
        nothing = " and ".join(f"{quote_name(name)} is null" for name in entity.any_required)
        out.append((entity.any_required[0], nothing, "'missing'"))
    return out
