"""The list of customer pairs: what a person reads, pastes back, and what never becomes a formula."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import openpyxl
import pytest

from pipelines.core.rules.declaration import all_tables
from pipelines.tell.review_list import CONTEXT, MOST_ROWS, review_workbook

D = date(2026, 3, 10)


def pair(**values):
    blank = dict.fromkeys(["record_a", "record_b", *CONTEXT])
    return (
        blank
        | {"record_a": "crm:C1", "record_b": "crm:C2", "name_a": "甲", "name_b": "乙"}
        | values
    )


def rows(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


@pytest.mark.parametrize(("language", "place"), [("zh", 0), ("en", 1)])
def test_the_first_columns_are_those_of_the_decisions_sheet(language, place):
    note, header, first = rows(review_workbook([pair()], language, D))
    labels = [(c.label.zh, c.label.en)[place] for c in all_tables()["decisions"].columns]
    assert header[: len(labels)] == labels
    assert first[: len(labels)] == ["crm:C1", "crm:C2", None, None, None, None]
    assert note[0].startswith("※")


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "https://x.example", '{"a":1}']
)
def test_no_cell_becomes_a_formula_or_a_link(text):
    content = review_workbook([pair(name_a=text, record_a=text)], "zh", D)
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert not re.search(r"<f[ >]", sheet)
    assert "hyperlink" not in sheet
    assert rows(content)[2][0] == text


def test_evidence_and_objection_are_said_in_words():
    found = rows(review_workbook([pair(evidence="phone", objection="names_differ")], "zh", D))
    assert found[2][-4:-2] == ["电话相同", "名称不同"]


def test_a_list_too_long_to_read_says_how_many_more_there_are():
    many = [pair(record_b=f"crm:D{n}") for n in range(MOST_ROWS + 3)]
    found = rows(review_workbook(many, "en", D))
    assert len(found) == 2 + MOST_ROWS
    assert "3 less likely pairs" in found[0][0]


def test_an_empty_list_is_a_list_and_the_same_night_writes_the_same_bytes():
    assert len(rows(review_workbook([], "zh", D))) == 2
    assert review_workbook([pair()], "zh", D) == review_workbook([pair()], "zh", D)
