"""The template: every sheet with its help, drop-downs, formats; equal bytes each time."""

import pytest
from openpyxl import load_workbook

from pipelines.core.rules import all_sheets
from pipelines.sources.rules_template import write_rules_template


@pytest.fixture(scope="module", params=["zh", "en"])
def book(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "rules.xlsx"
    write_rules_template(path, request.param)
    return request.param, load_workbook(path)


def test_the_same_call_writes_the_same_bytes(tmp_path):
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_rules_template(first, "zh")
    write_rules_template(second, "zh")
    assert first.read_bytes() == second.read_bytes()


def test_every_sheet_stands_in_order_with_its_help_and_frozen_top(book):
    language, workbook = book
    assert workbook.sheetnames == [sheet.label.in_language(language) for sheet in all_sheets()]
    for sheet in all_sheets():
        page = workbook[sheet.label.in_language(language)]
        assert page["A1"].value == f"※ {sheet.help.in_language(language)}"
        assert page.freeze_panes in {"A2", "A3"}
        assert any(str(merged).startswith("A1:") for merged in page.merged_cells.ranges)


def test_every_header_and_every_help_text_is_on_its_sheet(book):
    language, workbook = book
    for sheet in all_sheets():
        page = workbook[sheet.label.in_language(language)]
        texts = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value]
        for table in sheet.tables:
            for column in table.columns:
                label = column.label.in_language(language)
                assert label in {text.rstrip("*") for text in texts}, (table.id, column.id)
                assert any(column.help.in_language(language) in text for text in texts)


def test_choices_and_booleans_have_drop_downs_in_the_sheets_language(book):
    language, workbook = book
    page = workbook[{"zh": "阶段", "en": "Stages"}[language]]
    lists = {
        str(each.sqref).split(":")[0]: each.formula1
        for each in page.data_validations.dataValidation
    }
    assert lists["D4"] == {"zh": '"进行中,赢单,输单"', "en": '"Open,Won,Lost"'}[language]
    assert lists["E4"] == {"zh": '"是,否"', "en": '"yes,no"'}[language]


def test_rates_money_and_dates_have_number_formats(book):
    language, workbook = book
    stages = workbook[{"zh": "阶段", "en": "Stages"}[language]]
    assert (stages["G4"].value, stages["G4"].number_format) == (0.1, "0.####%")
    tiers = workbook[{"zh": "分级", "en": "Tiers"}[language]]
    money = [cell for row in tiers.iter_rows() for cell in row if cell.value == 500_000]
    assert {cell.number_format for cell in money} == {"#,##0.####"}
    cadence = workbook[{"zh": "跟进频率", "en": "Cadence"}[language]]
    assert cadence["B6"].number_format == "yyyy-mm-dd"


def test_drop_down_words_hold_no_comma():
    for sheet in all_sheets():
        for table in sheet.tables:
            for column in table.columns:
                for choice in column.choices:
                    assert "," not in choice.label.zh + choice.label.en, (table.id, column.id)


def test_nothing_on_the_template_is_a_formula(book):
    _, workbook = book
    for page in workbook:
        assert not [cell for row in page.iter_rows() for cell in row if cell.data_type == "f"]
