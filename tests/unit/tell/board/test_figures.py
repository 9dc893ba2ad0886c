"""How figures, words and places read: worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.core.rules.declaration import all_tables
from pipelines.tell.board.rows import Figures, Row, raw
from pipelines.tell.board.words import LANGUAGES, Words, texts


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (Decimal("18382565.88"), "money", "1,838.3 万", "18,382,566"),
        (Decimal("129021500"), "money", "1.3 亿", "129,021,500"),
        (Decimal("-482000"), "money", "-48.2 万", "-482,000"),
        (Decimal("9999.50"), "money", "10,000", "10,000"),
        (Decimal("-0.30"), "money", "0", "0"),
        (Decimal("12345.6700"), "exact", "12,345.67", "12,345.67"),
        (0.4749225, "rate", "47.5 %", "47.5 %"),
        (0.30220, "times", "0.3 倍", "0.3 ×"),
        (1319, "count", "1,319", "1,319"),
        (date(2026, 3, 10), "date", "2026-03-10", "2026-03-10"),
        ("behind", "text", "落后", "Behind"),
        ("quoting", "text", "报价中", "Quoting"),
        ("没听说过", "text", "没听说过", "没听说过"),
        (None, "money", "–", "–"),
    ],
)
def test_a_value_reads_as_people_say_it(value: Any, unit: str, zh: str, en: str) -> None:
    assert Figures(Words("zh")).text(value, unit) == zh
    assert Figures(Words("en")).text(value, unit) == en


def test_a_figure_carries_its_column_and_its_value_before_rounding() -> None:
    row = Row("mart_gap", ("scope_id",), {"scope_id": 'a&b="1"', "gap": Decimal("1234567.89")})
    assert str(Figures(Words("zh")).cell(row, "gap", "money")) == (
        '<span data-c="gap" data-v="1234567.89">123.5 万</span>'
    )
    assert str(row.place) == 'data-of="mart_gap" data-key="scope_id=a%26b%3D%221%22"'


def test_a_text_in_a_figure_is_escaped_in_both_places() -> None:
    row = Row("m", (), {"x": '"><script>'})
    cell = str(Figures(Words("en")).cell(row, "x", "text"))
    assert cell == (
        '<span data-c="x" data-v="&#34;&gt;&lt;script&gt;">&#34;&gt;&lt;script&gt;</span>'
    )


def test_raw_values_are_written_without_loss() -> None:
    assert raw(0.1 + 0.2) == "0.30000000000000004"
    assert (raw(None), raw(True), raw(Decimal("1.10"))) == ("", "true", "1.10")


def test_every_word_exists_in_both_languages() -> None:
    for name, text in texts().items():
        assert text.zh.strip() and text.en.strip(), name
        assert text.zh.count("{") == text.en.count("{"), name


def test_every_kind_of_alert_and_every_shipped_stage_has_a_word() -> None:
    tables = all_tables()
    for table, column in (("alerts", "flag"), ("stages", "stage")):
        for choice in tables[table].column(column).choices:
            for language in LANGUAGES:
                assert Words(language).of(choice.id) != choice.id


def test_a_word_that_is_missing_stops_the_board() -> None:
    with pytest.raises(AttributeError, match="no text 'no_such_word'"):
        _ = Words("zh").no_such_word


def test_a_list_of_words_is_joined_as_its_language_does() -> None:
    assert Words("zh").all_of("behind|watch") == "落后、关注"
    assert Words("en").all_of("behind|watch") == "Behind, Watch"
    assert Words("en").all_of(None) == "–"
