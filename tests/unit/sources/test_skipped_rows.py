"""Totals, remarks and the words under a report are no rows: skipped, counted and located."""

import pytest


def test_subtotals_and_remarks_are_skipped_and_counted_with_their_rows(read, rows):
    text = "大区,人员,金额\n华东,张三,1\n华东,小计,1\n华北,王五,2\n"
    text += "合计：,,3\nGrand Total,,3\n注：不含税,,\n"
    (table,) = read("a.csv", text)
    assert [row[0] for row in rows(table)] == [2, 4]
    assert (table.skipped.subtotal, table.skipped.subtotal_rows) == (3, (3, 5, 6))
    assert (table.skipped.note, table.skipped.note_rows) == (1, (7,))
    assert table.rows_read == 6


@pytest.mark.parametrize("name", ["Total", "Total Gas", "设计", "会计师事务所", "总统酒店"])
def test_a_customer_whose_name_resembles_a_total_is_kept(read, rows, name):
    (table,) = read("a.csv", f"客户,大区,金额\n{name},华东,1\n")
    assert rows(table) == [(2, name, "华东", "1")]
    assert table.skipped.subtotal == 0


def test_a_truncated_last_row_is_not_taken_for_a_remark(read, rows):
    (table,) = read("a.csv", "编号,姓名,金额\nA001,张三,1\nA002")
    assert rows(table)[-1] == (3, "A002", None, None)


@pytest.mark.parametrize("word", ["合计", "小计", "总计", "共计", "总和", "汇总"])
def test_a_chinese_word_for_a_total_is_one_even_in_a_full_row(read, word):
    (table,) = read("a.csv", f"大区,人员,金额\n华东,张三,1\n{word},全部,3\n")
    assert (table.skipped.subtotal_rows, table.rows_read) == ((3,), 2)


def test_a_total_is_named_in_one_of_the_first_four_columns(read, rows):
    (table,) = read("a.csv", "a,b,c,d,e\n1,2,3,合计,5\n1,2,3,4,合计\n")
    assert table.skipped.subtotal_rows == (2,)
    assert rows(table) == [(3, "1", "2", "3", "4", "合计")]


@pytest.mark.parametrize(
    ("lines", "skipped", "kept"), [(2, (), [2, 3, 4]), (3, (3, 4, 5), [2]), (4, (3, 4, 5, 6), [2])]
)
def test_three_lone_cells_at_the_end_are_a_footer_and_two_are_rows(
    read, rows, lines, skipped, kept
):
    (table,) = read("a.csv", "编号,姓名,金额\nA1,张三,1\n" + "made by Ann\n" * lines)
    assert table.skipped.note_rows == skipped
    assert [row[0] for row in rows(table)] == kept


@pytest.mark.parametrize(("columns", "kept"), [(7, [2, 3, 4, 5]), (8, [2])])
def test_a_footer_of_two_cells_is_one_under_eight_columns(read, rows, columns, kept):
    header = ",".join(f"h{n}" for n in range(columns))
    full = ",".join(f"x{n}" for n in range(columns))
    (table,) = read("a.csv", f"{header}\n{full}\n" + "made by,Ann\n" * 3)
    assert [row[0] for row in rows(table)] == kept
