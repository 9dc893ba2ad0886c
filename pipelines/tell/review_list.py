"""The pairs of customers that a person must decide on, as a workbook to fill in and paste back."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.core.rules.declaration import all_tables
from pipelines.core.rules.model import Text

NOTE_MARK = "※"  # as in the rules workbook: rows that begin with it are for people
MOST_ROWS = 2000
NOTE = Text(
    "填写“决定”和“决定人”，把前六列整行粘贴到规则表“合并决定”中；第二天生效，删除该行即可撤销。",
    "Fill in decision and name, then paste the first six columns into the sheet Decisions of the "
    "rules workbook. It counts from the next night on; delete the row there to undo it.",
)
MORE = Text(
    "另有 {0} 对可能性较小，见 mart_customer_match。",
    "{0} less likely pairs stand in mart_customer_match.",
)
# Beside the six columns of the decisions sheet: what a person needs to decide.
CONTEXT: dict[str, Text] = {
    "name_a": Text("名称一", "Name 1"),
    "name_b": Text("名称二", "Name 2"),
    "phone_a_masked": Text("电话一", "Phone 1"),
    "phone_b_masked": Text("电话二", "Phone 2"),
    "owner_a": Text("负责人一", "Owner 1"),
    "owner_b": Text("负责人二", "Owner 2"),
    "match_probability_rate": Text("概率", "Probability"),
    "evidence": Text("相同之处", "In common"),
    "objection": Text("不同之处", "Against"),
    "source_row_a": Text("来源一", "Source 1"),
    "source_row_b": Text("来源二", "Source 2"),
}
WORDS: dict[str, Text] = {
    "credit_code": Text("信用代码相同", "same credit code"),
    "phone": Text("电话相同", "same phone"),
    "name": Text("名称相同", "same name"),
    "probability": Text("多项相近", "alike in several ways"),
    "credit_codes_differ": Text("信用代码不同", "credit codes differ"),
    "names_differ": Text("名称不同", "names differ"),
    "phones_differ": Text("电话不同", "phones differ"),
    "regions_differ": Text("大区不同", "regions differ"),
}


def review_workbook(pairs: Sequence[Mapping[str, Any]], language: str, made_on: dt.date) -> bytes:
    """Write the list as xlsx; whatever a name holds stays text, never a formula or a link.

    Args:
        pairs: rows of mart_customer_match, the most likely first.
        language: zh or en.
        made_on: D, so that the same night writes the same bytes.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    made_at = dt.datetime.combine(made_on, dt.time())
    book.set_properties({"author": "gapwise", "created": made_at})
    table = all_tables()["decisions"]
    sheet = book.add_worksheet(Text("客户合并", "Customer matches").in_language(language))
    headers = [column.label for column in table.columns] + list(CONTEXT.values())
    notes = [NOTE.in_language(language)]
    if len(pairs) > MOST_ROWS:
        notes.append(MORE.in_language(language).format(len(pairs) - MOST_ROWS))
    bold = book.add_format({"bold": True, "border": 1})
    sheet.write_string(0, 0, f"{NOTE_MARK} {' '.join(notes)}")
    for place, header in enumerate(headers):
        sheet.write_string(1, place, header.in_language(language), bold)
    sheet.set_column(0, len(headers) - 1, 18)
    sheet.freeze_panes(2, 2)
    share = book.add_format({"num_format": "0.0%"})
    for number, pair in enumerate(pairs[:MOST_ROWS], start=2):
        cells = [pair["record_a"], pair["record_b"], *[None] * (len(table.columns) - 2)]
        cells += [_shown(pair[name], language) for name in CONTEXT]
        for place, cell in enumerate(cells):
            if isinstance(cell, float):
                sheet.write_number(number, place, cell, share)
            elif cell is not None:
                sheet.write_string(number, place, cell)
    choices = [each.label.in_language(language) for each in table.column("decision").choices]
    last = 1 + max(1, min(len(pairs), MOST_ROWS))
    sheet.data_validation(2, 2, last, 2, {"validate": "list", "source": choices})
    book.close()
    return out.getvalue()


def _shown(value: Any, language: str) -> Any:
    return WORDS[value].in_language(language) if value in WORDS else value
