"""Reading the rules workbook: what a person changes is what the night sees."""

import datetime as dt
import subprocess
from decimal import Decimal

import pytest

from pipelines.core.rules import all_sheets, default_rules
from pipelines.landing.rules import (
    read_rules,
    rules_tables,
)
from tests.libreoffice import needs_libreoffice
from tests.unit.landing.rules_books import cell_of, opened, parsed, saved, template, with_cells

NAME = "rules.xlsx"


def unversioned(table):
    """What a table says, whichever version of the workbook says it."""
    return table.drop_columns(["rules_version"])


def setting_of(reading, table, column):
    return rules_tables(reading)[table].to_pylist()[0][column]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_reads_back_as_the_defaults_without_a_note(language):
    reading = parsed(template(language))
    assert reading.errors == ()
    assert reading.notes == ()
    tables = rules_tables(reading)
    assert tables.keys() == default_rules().keys()
    for name, table in default_rules().items():
        assert unversioned(tables[name]).equals(unversioned(table)), name


@pytest.mark.parametrize(
    ("language", "sheet", "label"),
    [("zh", "红黄绿灯", "红灯落后率"), ("en", "Status", "Behind above")],
)
@pytest.mark.parametrize(
    ("typed", "rate"),
    [(0.25, "0.25"), ("25%", "0.25"), ("２５％", "0.25"), (" 25 % ", "0.25"), ("0.25", "0.25")],
)
def test_a_changed_threshold_is_read_however_it_is_typed(language, sheet, label, typed, rate):
    cell = cell_of(sheet, label, language=language)
    reading = parsed(with_cells({(sheet, cell): typed}, language))
    assert setting_of(reading, "status", "behind_lag_rate") == Decimal(rate)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("50万", 500000),
        ("６０万", 600000),
        ("￥650,000.00元", 650000),
        (700000, 700000),
        ("0.005亿", 500000),
    ],
)
def test_an_amount_may_be_written_in_wan(typed, amount):
    reading = parsed(with_cells({("分级", "D6"): typed}))
    rows = rules_tables(reading)["tiers"].to_pylist()
    assert rows[1]["criterion"] == "six_month_signed_amount"
    assert rows[1]["at_least_amount"] == Decimal(amount)


def test_a_missing_sheet_stands_at_its_defaults_with_a_note():
    book = opened(template())
    del book["激励"]
    reading = parsed(saved(book))
    assert reading.is_usable
    assert [note.zh for note in reading.notes] == ["没有“激励”表，用默认值"]
    assert setting_of(reading, "incentive_settings", "anchor_rate") == Decimal("0.8")


def test_a_missing_setting_stands_at_its_default_with_a_note():
    book = opened(template())
    book["红黄绿灯"].delete_rows(3)
    reading = parsed(saved(book))
    assert setting_of(reading, "status", "behind_lag_rate") == Decimal("0.2")
    assert reading.notes[0].en == "sheet 红黄绿灯 has no Behind above; its default 20% holds"


def test_sheet_order_extra_sheets_and_extra_columns_do_not_matter_and_are_noted():
    book = opened(template())
    book.move_sheet("日历", -(len(book.sheetnames) - 1))
    book.create_sheet("我的笔记")["A1"] = "随便写"
    book["日历"]["D2"] = "谁填的"
    reading = parsed(saved(book))
    assert reading.errors == ()
    assert [note.zh for note in reading.notes] == [
        "《日历》未知的列“谁填的”，未使用",
        "未知的表“我的笔记”，未读取",
    ]


def test_chinese_english_full_width_and_spaces_mix_in_one_workbook():
    book = opened(template("en"))
    book["Status"].title = " 红黄绿灯 "
    page = book["Stages"]
    page["B2"], page["C2"] = "阶段 名称".replace(" 名称", ""), "Ｏｒｄｅｒ"
    page["D4"], page["E4"] = "进行中", "×"
    page["A5"] = "　默认　"
    reading = parsed(saved(book))
    assert reading.errors == ()
    stages = rules_tables(reading)["stages"].to_pylist()
    assert stages[0]["outcome"] == "open"
    assert stages[0]["is_signed"] is False
    assert stages[1]["pipeline"] == "default"


def test_blank_rows_and_notes_between_rows_are_skipped():
    data = with_cells(
        {("日历", "A5"): dt.date(2026, 5, 4), ("日历", "B5"): "休息", ("日历", "A6"): "※ 待定",
         ("日历", "A9"): "2026年5月9日", ("日历", "B9"): "补班"}
    )  # fmt: skip
    rows = rules_tables(parsed(data))["calendar"].to_pylist()
    assert [(row["day_on"], row["day_kind"]) for row in rows] == [
        (dt.date(2026, 5, 4), "off"),
        (dt.date(2026, 5, 9), "workday"),
    ]


@needs_libreoffice
def test_a_workbook_saved_by_libreoffice_reads_the_same(tmp_path):
    cell = cell_of("红黄绿灯", "红灯落后率")
    (tmp_path / NAME).write_bytes(
        with_cells(
            {("红黄绿灯", cell): "２５％", ("分级", "D6"): "55万", ("过程指标", "C10"): "=10+5"}
        )
    )
    out = tmp_path / "out"
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
         "--convert-to", "xlsx", "--outdir", str(out), str(tmp_path / NAME)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    reading = read_rules(out / NAME)
    assert (reading.errors, reading.notes) == ((), ())
    tables = rules_tables(reading)
    assert tables["status"].to_pylist()[0]["behind_lag_rate"] == Decimal("0.25")
    assert tables["tiers"].to_pylist()[1]["at_least_amount"] == 550000
    assert tables["process_targets"].to_pylist()[0]["target"] == 15
    same = set(default_rules()) - {"status", "tiers", "process_targets"}
    assert all(
        unversioned(tables[name]).equals(unversioned(default_rules()[name])) for name in same
    )


def test_every_sheet_of_the_declaration_has_both_names_on_no_other_sheet():
    names = [name for sheet in all_sheets() for name in (sheet.label.zh, sheet.label.en)]
    assert len(names) == len(set(names)) == 48
