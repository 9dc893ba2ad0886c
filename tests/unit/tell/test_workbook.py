"""The workbook of the company worked out on paper, read back with another library."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest

from pipelines.tell import workbook
from pipelines.tell.board.write import Hold
from pipelines.tell.workbook import write_workbook
from pipelines.tell.workbook_sheets import SHEETS
from pipelines.tell.workbook_state import shown_state, workbook_with_state
from tests.board_world import (
    FORMULA,
    HOSTILE_NAME,
    content_of,
    contracts,
    empty_marts,
    insert,
    small_marts,
)
from tests.libreoffice import needs_libreoffice

BOTH = ["zh", "en"]
HELD = Hold("held", "2026-03-11", "金额 <为> 负 & 错\x01", "amounts <are> negative & wrong\x01")


def written(con: Any = None, languages: list[str] = BOTH) -> bytes:
    con = con or small_marts()
    return write_workbook(con, content_of(con), languages, "CNY").content


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_the_cover_says_the_day_the_health_and_the_rows_of_every_sheet() -> None:
    cover = opened(written()).worksheets[0]
    said = [[cell.value for cell in line] for line in cover.iter_rows()]
    assert said[0][0] == "晨光医疗"
    assert said[1][0] == "数据截至 As of 2026-03-10 · CNY"
    assert [line[0] for line in said[2:4]] == ["● 已发布", "● Published"]
    assert said[4][0] == "数据健康: 1 个来源过期或出错，1 行被隔离"
    assert said[5][0] == "Data health: 1 source(s) late or in trouble, 1 row(s) in quarantine"
    counted = {line[1]: line[2:5] for line in said if line[1]}
    assert counted["mart_target_attainment"] == [5, 5, 5000]
    assert counted["mart_stalled_opportunity"] == [1, 1, 5000]


def test_figures_are_numbers_with_a_format_and_statuses_are_words() -> None:
    sheet = opened(written())["目标达成 Attainment"]
    header = {cell.value.split("\n")[0]: cell.column for cell in sheet[1]}
    company = next(
        line for line in sheet.iter_rows(min_row=2) if line[header["范围"] - 1].value == "晨光医疗"
    )

    def cell(name: str) -> Any:
        return company[header[name] - 1]

    assert (cell("目标").value, cell("目标").number_format[:8]) == (1000000, "#,##0.00")
    assert (cell("达成率").value, cell("达成率").number_format) == (0.4, "0.0%")
    assert cell("状态").value == "落后 Behind"
    assert cell("指标").value == "签单额 Signed amount"


def test_each_sheet_is_frozen_under_its_header_and_can_be_filtered() -> None:
    for sheet in opened(written()).worksheets[1:]:
        assert sheet.freeze_panes[-1] == "2" and sheet.auto_filter.ref.startswith("A1:"), sheet


def test_statuses_are_coloured_by_their_word() -> None:
    rules = opened(written())["目标达成 Attainment"].conditional_formatting
    formulas = {rule.formula[0] for ranged in rules for rule in ranged.rules}
    assert {'"落后 Behind"', '"关注 Watch"', '"正常 Normal"', '"领先 Ahead"'} <= formulas


def test_no_text_of_a_file_becomes_a_formula_or_a_link() -> None:
    content = written()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/sheet"):
                page = book.read(name).decode("utf-8")
                assert "<f>" not in page, name
                assert name.endswith("sheet1.xml") or "<hyperlink" not in page, name
    texts = {
        cell.value
        for sheet in opened(content).worksheets
        for line in sheet.iter_rows()
        for cell in line
        if cell.data_type == "s"
    }
    assert {FORMULA, HOSTILE_NAME} <= texts


def test_one_language_writes_its_own_words_alone() -> None:
    names = opened(written(languages=["en"])).sheetnames
    assert names[:3] == ["Cover", "Attainment", "Gap"]


def test_sheets_are_cut_at_a_limit_that_the_cover_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    book = opened(written())
    assert book["目标达成 Attainment"].max_row == 3
    told = [c.value for line in book.worksheets[0].iter_rows() for c in line]
    assert "未列全 cut short" in told


def test_a_company_without_data_has_every_sheet_with_its_header() -> None:
    book = opened(written(empty_marts()))
    assert len(book.sheetnames) == 1 + len(SHEETS) + 4
    assert all(sheet.max_row == 1 for sheet in book.worksheets[1:])


def test_the_same_night_writes_the_same_bytes() -> None:
    assert written() == written()


def test_every_column_of_a_sheet_is_a_column_of_its_mart() -> None:
    for sheet in SHEETS:
        if sheet.mart in contracts():
            assert {c.name for c in sheet.columns} <= set(contracts()[sheet.mart]), sheet.id


def test_a_hold_changes_the_sentence_on_the_cover_and_nothing_else() -> None:
    content = written()
    held = workbook_with_state(content, HELD, BOTH)
    assert held is not None
    assert workbook_with_state(held, HELD, BOTH) is None, "said already"
    cover = opened(held).worksheets[0]
    assert [cover["A3"].value, cover["A4"].value] == [
        "⚠ 今晚未发布，以下仍是上一次发布的数据 · 2026-03-11 · 金额 <为> 负 & 错",
        "⚠ This night was not published; what follows is the last published one · 2026-03-11 · "
        "amounts <are> negative & wrong",
    ]
    for before, after in zip(
        opened(content).worksheets[1:], opened(held).worksheets[1:], strict=True
    ):
        assert list(before.values) == list(after.values)

    back = workbook_with_state(held, None, BOTH)
    assert back is not None and shown_state(back, BOTH) == ["● 已发布", "● Published"]
    assert list(opened(back).worksheets[0].values) == list(opened(content).worksheets[0].values)


def test_a_reason_that_looks_like_a_pattern_is_told_as_it_is() -> None:
    odd = Hold("failed", "2026-03-11", r"\1 \g<0>", r"\1 \g<0>")
    held = workbook_with_state(written(), odd, BOTH)
    assert held is not None and r"\1 \g<0>" in shown_state(held, BOTH)[1]


def test_a_metric_that_counts_is_no_amount_of_money() -> None:
    con = small_marts()
    insert(
        con, "mart_leaderboard",
        {"metric": "order_count", "period_type": "month", "period_label": "2026-03",
         "period_start": "2026-03-01", "period_end": "2026-03-31", "person_id": "P1",
         "attainment_rank": 1, "actual": 3, "target": 7},
    )  # fmt: skip
    sheet = opened(written(con))["排行榜 Leaderboard"]
    line = next(line for line in sheet.iter_rows(min_row=2) if line[0].value == "订单数 Orders")
    assert (line[6].value, line[6].number_format) == (3, "#,##0.##")


@needs_libreoffice
@pytest.mark.slow
def test_libreoffice_opens_it_as_it_is_and_runs_no_formula(tmp_path: Any) -> None:
    import subprocess

    held = workbook_with_state(written(), HELD, BOTH)
    assert held is not None
    (tmp_path / "workbook.xlsx").write_bytes(held)
    subprocess.run(
        ["soffice", "--headless", "--norestore",
         f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to",
         'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1',
         "--outdir", str(tmp_path), str(tmp_path / "workbook.xlsx")],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    pages = {p.name: p.read_text(encoding="utf-8") for p in tmp_path.glob("*.csv")}
    assert len(pages) == 1 + len(SHEETS) + 4
    stalled = next(text for name, text in pages.items() if "Stalled" in name)
    assert FORMULA in stalled
    assert ",1000000,400000," in next(t for n, t in pages.items() if "Attainment" in n)
