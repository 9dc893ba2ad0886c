"""Hostile text files: encodings, quotes, widths, and cells that try to be something else."""

from __future__ import annotations

from collections.abc import Callable

from tests.hostile.case import HEADER, Hostile, Lands, Refused, raw, rows, text

GBK = "O9,2026-03-01,5,晨光\n".encode("gb18030")
CSV = "orders_20260302.csv"


def _endless_line() -> bytes:
    return HEADER.encode() + b"O1,2026-03-01,5," + b"x" * 20_000_000


def _unclosed_in_many_rows() -> bytes:
    return (HEADER + 'O1,2026-03-01,5,"C1\n' + "O2,2026-03-01,5,C2\n" * 400_000).encode()


def _wide(columns: int) -> Callable[[], bytes]:
    return lambda: (",".join(f"c{n}" for n in range(columns)) + "\n").encode() * 2


def _broken(case: str, make: Callable[[], bytes], en: tuple[str, ...], zh: tuple[str, ...],
            status: str = "unreadable", **source: object) -> Hostile:  # fmt: skip
    return Hostile(case, CSV, make, Refused((CSV, *en), (CSV, *zh), status), source)


REFUSED = [
    _broken("empty", raw(b""), ("the file is empty", "export it again"), ("文件是空的", "重新导出")),
    _broken("blank_lines", text("\n\n\n"), ("there is no content",), ("没有内容",)),
    _broken("lone_bom", raw(b"\xef\xbb\xbf"), ("there is no content",), ("没有内容",)),
    _broken("ten_million_line_ends", lambda: b"\n" * 10_000_000, ("no content",), ("没有内容",)),
    _broken("nul_bytes", raw(HEADER.encode() + b"O1,2026-03-01,5,C\x001\n"), ("row 2", "byte", "NUL"), ("行 2", "字节", "NUL")),
    _broken("utf8_then_gbk", raw(HEADER.encode() + "O1,2026-03-01,5,晨光\n".encode() + GBK), ("row 3", "encoding"), ("行 3", "编码")),
    _broken("cut_inside_a_character", raw((HEADER + "O1,2026-03-01,5,晨光").encode()[:-1]), ("row 2", "byte", "ends in the middle of a character", "send it again"), ("行 2", "字节", "重新传送")),
    _broken("western_bytes", raw(HEADER.encode() + "O1,2026-03-01,5,Caf\xe9 \xff\n".encode("latin-1")), ("row 2", "byte"), ("行 2", "字节")),
    _broken("utf16_without_a_mark", text(HEADER + "O1,2026-03-01,5,C1\n", "utf-16-le"), ("NUL", "declare"), ("NUL", "声明")),
    _broken("utf32", text(HEADER + "O1,2026-03-01,5,C1\n", "utf-32"), ("NUL",), ("NUL",)),
    _broken("declared_otherwise", raw(HEADER.encode("gb18030") + GBK), ("utf-8", "row 1"), ("utf-8", "行 1"), encoding="utf-8"),
    _broken("unclosed_quote", rows('O1,2026-03-01,5,"C1', "O2,2026-03-01,5,C2"), ("row 2", "not closed"), ("行 2", "引号")),
    _broken("unclosed_quote_in_many_rows", _unclosed_in_many_rows, ("row 2", "quotation mark"), ("行 2", "引号")),
    _broken("endless_line", _endless_line, ("row 2", "16777216 bytes"), ("行 2", "16777216")),
    _broken("hundred_thousand_columns", _wide(100_000), ("100000 columns", "2000"), ("100000 列", "2000")),
    _broken("delimiters_only", rows(",,,,", ",,,,", header=",,,,\n"), ("no content",), ("没有内容",)),
    _broken("prose", text("Dear colleague,\nplease find attached the orders of March.\n\nBest regards\n"),
            ("'order_id'", "nearest header", "company.yml"), ("缺少必填列", "表头"), "blocked"),
    _broken("no_date_column", rows("O1,5", header="订单编号,金额\n"), ("'signed_on'", "is missing"), ("签订日期", "缺少必填列"), "blocked"),
    _broken("renamed_amount", rows("O1,2026-03-01,5", header="订单编号,签订日期,金额合记\n"), ("'amount'", "'金额合记'"), ("金额合记",), "blocked"),
    _broken("every_row_bad", rows(*[f"O{n},tomorrow,lots,C" for n in range(40)]),
            ("40 of 40 rows (100.0%)", "last landing stays in force"), ("40 行中有 40 行", "沿用上次的数据"), "blocked"),
]  # fmt: skip


def _lands(case: str, make: Callable[[], bytes], landed: int, *bad: tuple[int, str, str | None, str],
           name: str = CSV, **more: object) -> Hostile:  # fmt: skip
    source = more.pop("source", {})
    return Hostile(case, name, make, Lands(landed, bad, **more), source)  # type: ignore[arg-type]


JINJA = "{{ config.items() }}{% raw %}"
SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
SQL = "'); drop table landed.orders; --"
PATH = "../../../etc/passwd"
ODD = "\u202eevil\u200b\U0001f4a3"

READ = [
    _lands("too_many_fields", rows("O1,2026-03-01,5,C1,x,y", "O2,2026-03-01,6,C2"), 1, (2, "", "2 more fields than the header (after column 4)", "malformed"), keys=("O2",)),
    _lands("stray_quote", rows('O1,2026-03-01,5,"C"1', "O2,2026-03-01,6,C2"), 1, (2, "", "quotes or line ends", "malformed"), keys=("O2",)),
    _lands("short_rows", rows("O1,2026-03-01", "O2,2026-03-01,6,C2"), 1, (2, "amount", None, "missing"), keys=("O2",), note=("short rows", "字段不足")),
    _lands("megabyte_cell", rows("O1,2026-03-01,5," + "客" * 350_000, "O2,2026-03-01,6,C2"), 2, keys=("O1", "O2")),
    _lands("megabyte_header", rows("O1,2026-03-01,5,C1", header="订单编号,签订日期,金额," + "x" * 1_000_000 + "\n"), 1, keys=("O1",)),
    _lands("duplicate_headers", rows("O1,2026-03-01,5,7", header="订单编号,签订日期,金额,金额\n"), 1, note=("occurs twice", "重复"), cells=(("O1", "amount", "5"),)),
    _lands("header_in_row_40", text("说明\n" * 39 + HEADER + "O1,2026-03-01,5,C1\n"), 1, keys=("O1",)),
    _lands("no_number", rows("O1,2026-03-01,12.3.4,C1", "O2,2026-03-01,1/2,C2", "O3,2026-03-01,6,C3"), 1,
           (2, "amount", "12.3.4", "not_a_number"), (3, "amount", "1/2", "not_a_number"), keys=("O3",)),
    _lands("endless_digits", rows("O1,2026-03-01," + "9" * 5_000 + ",C1", "O2,2026-03-01,1e400,C2", "O3,2026-03-01,NaN,C3", "O4,2026-03-01,∞,C4", "O5,2026-03-01,6,C5"), 1,
           (2, "amount", "9" * 200, "not_a_number"), (3, "amount", "1e400", "not_a_number"), (4, "amount", "NaN", "not_a_number"),
           (5, "amount", "∞", "not_a_number"), keys=("O5",)),
    _lands("two_readings_of_a_date", rows("O1,3/5/2024,5,C1", "O2,2024-03-05,6,C2"), 1, (2, "signed_on", "3/5/2024", "ambiguous_date"), keys=("O2",)),
    _lands("impossible_dates", rows("O1,2026-02-30,5,C", "O2,0000-00-00,5,C", "O3,99999-01-01,5,C", "O4,2026-13-01,5,C", "O5,2026-02-28,6,C"), 1,
           (2, "signed_on", "2026-02-30", "not_a_date"), (3, "signed_on", "0000-00-00", "not_a_date"),
           (4, "signed_on", "99999-01-01", "not_a_date"), (5, "signed_on", "2026-13-01", "not_a_date"), keys=("O5",)),
    _lands("ids_that_excel_cut", rows("1.23E+15,2026-03-01,5,C1", "O2,2026-03-01,6,C2"), 1, (2, "order_id", "1.23E+15", "digits_lost"), keys=("O2",)),
    _lands("error_cells", rows("O1,2026-03-01,#REF!,C1", "O2,#N/A,5,C2", "O3,2026-03-01,6,C3"), 1,
           (2, "amount", "#REF!", "error_cell"), (3, "signed_on", "#N/A", "error_cell"), keys=("O3",)),
    _lands("missing_cells", rows(",2026-03-01,5,C1", "O2,,5,C2", "O3,2026-03-01,,C3", "O4,2026-03-01,6,C4"), 1,
           (2, "order_id", None, "missing"), (3, "signed_on", None, "missing"), (4, "amount", None, "missing"), keys=("O4",)),
    _lands("same_key_twice", rows("O1,2026-03-01,5,C1", "O1,2026-03-01,6,C1"), 1, (2, "order_id", "O1", "superseded"), cells=(("O1", "amount", "6"),)),
    _lands("html_and_jinja", rows(f'O1,2026-03-01,5,"{SCRIPT}"', f'O2,2026-03-01,6,"{JINJA}"'), 2,
           cells=(("O1", "account_id", SCRIPT), ("O2", "account_id", JINJA))),
    _lands("formulas_and_sql", rows(f"O1,2026-03-01,5,{FORMULA}", f'O2,2026-03-01,6,"{SQL}"', f"O3,2026-03-01,7,{PATH}"), 3,
           cells=(("O1", "account_id", FORMULA), ("O2", "account_id", SQL), ("O3", "account_id", PATH))),
    _lands("sql_in_headers", rows("O1,2026-03-01,5,x", header="订单编号,签订日期,金额,\"\"\"'); drop table typed; --{{ x }}\"\n"), 1, keys=("O1",)),
    _lands("odd_characters", rows(f"O1,2026-03-01,5,{ODD}"), 1, keys=("O1",)),
    _lands("carriage_returns_only", text((HEADER + "O1,2026-03-01,5,C1\n").replace("\n", "\r")), 1, keys=("O1",)),
    _lands("name_like_a_pattern", rows("O1,2026-03-01,5,C1"), 1, name="or'ders[1]*?;$(x)_20260302.csv", keys=("O1",)),
    _lands("name_like_a_path", rows("O1,2026-03-01,5,C1"), 1, name="%2e%2e%2fetc\\passwd\n_20260302.csv", keys=("O1",)),
    _lands("name_of_250_bytes", rows("O1,2026-03-01,5,C1"), 1, name="n" * 236 + "_20260302.csv", keys=("O1",)),
]  # fmt: skip
CASES = REFUSED + READ
