"""Hostile archives, documents and binary files: bombs, locks, nesting, wrong names, cut ends."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.hostile.case import HEADER, Hostile, Lands, Refused, raw, text
from tests.hostile.workbook_files import orders_book

CSV = (HEADER + "O1,2026-03-01,5,C1\n").encode()
ONE = Lands(1, keys=("O1",))


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Write a zip with Python's own writer."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _locked() -> bytes:
    """Lock a zip with the password option of the `zip` tool."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.csv").write_bytes(CSV)
        subprocess.run(["zip", "-q", "-P", "secret", "a.zip", "a.csv"], cwd=folder, check=True)
        return Path(folder, "a.zip").read_bytes()


def _linked() -> bytes:
    """Keep a symbolic link as a link, as the `zip` tool does with -y."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.csv").symlink_to("/etc/passwd")
        subprocess.run(["zip", "-q", "-y", "a.zip", "a.csv"], cwd=folder, check=True)
        return Path(folder, "a.zip").read_bytes()


def _nested(kind: str, depth: int) -> Callable[[], bytes]:
    def make() -> bytes:
        content = CSV
        for _ in range(depth):
            content = gzip.compress(content) if kind == "gz" else zipped({"orders.zip": content})
        return content

    return make


def _bomb(megabytes: int) -> bytes:
    return zipped({"orders.csv": HEADER.encode() + b"0" * (megabytes << 20)})


def _gz_bomb() -> bytes:
    stream = io.BytesIO()
    with gzip.open(stream, "wb") as packed:
        packed.write(HEADER.encode())
        for _ in range(300):
            packed.write(b"0" * (1 << 20))
    return stream.getvalue()


def _lying_directory() -> bytes:
    """Write a zip whose directory says 100 bytes where 300 MB come out."""
    content = bytearray(_bomb(300))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(content)


def _parquet(**columns: list[object]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def _orders_parquet() -> bytes:
    return _parquet(订单编号=["O1"] * 500, 签订日期=["2026-03-01"] * 500, 金额=["5"] * 500)


def _deep_json() -> bytes:
    return b'[{"a":' * 10_000 + b"1" + b"}]" * 10_000


def _json(*orders: object) -> bytes:
    return json.dumps(orders, ensure_ascii=False).encode()


def _order(**more: object) -> dict[str, object]:
    return {"订单编号": "O1", "签订日期": "2026-03-01", "金额": 5, **more}


def _case(case: str, suffix: str, make: Callable[[], bytes], *en: str, zh: str = "",
          status: str = "unreadable") -> Hostile:  # fmt: skip
    name = f"orders_20260302{suffix}"
    return Hostile(case, name, make, Refused((name, *en), (name, zh), status))


def _reads(case: str, suffix: str, make: Callable[[], bytes], end: Lands = ONE) -> Hostile:
    return Hostile(case, f"orders_20260302{suffix}", make, end)


CASES = [
    _case("zip_cut_off", ".zip", lambda: zipped({"orders.csv": CSV * 999})[:-90], "damaged or cut off", "send it again", zh="损坏"),
    _case("zip_bomb", ".zip", lambda: _bomb(300), "unpacks to too much", ":1", zh="解开后过大"),
    _case("zip_that_lies_about_its_size", ".zip", _lying_directory, "damaged or cut off", zh="损坏"),
    _case("zip_with_a_password", ".zip", _locked, "locked with a password", "remove the password", zh="密码"),
    _case("zip_of_five_zips", ".zip", _nested("zip", 5), "nested too deep", zh="套得太深"),
    _case("zip_of_20000_members", ".zip", lambda: zipped({f"{n}.csv": CSV for n in range(20_000)}), "20000 members", zh="过大"),
    _case("zip_of_1500_members", ".zip", lambda: zipped({f"{n}.csv": CSV for n in range(1_500)}), "too many files", zh="文件太多"),
    _case("zip_of_nothing", ".zip", lambda: zipped({}), "no file in the archive", zh="没有文件"),
    _case("zip_of_a_link", ".zip", _linked, "'order_id'", zh="缺少必填列", status="blocked"),
    _reads("zip_with_path_like_names", ".zip", lambda: zipped({"../../../hostile_escaped.csv": CSV, "/abs/x.csv": b"n,m\n1,2\n", "C:\\w.csv": b"n,m\n1,2\n"})),
    _case("gz_cut_off", ".csv.gz", lambda: gzip.compress(CSV * 999)[:-20], "damaged or cut off", zh="损坏"),
    _case("gz_with_rubbish_behind", ".csv.gz", lambda: gzip.compress(CSV) + b"rubbish" * 9, "damaged or cut off", zh="损坏"),
    _case("gz_bomb", ".csv.gz", _gz_bomb, "compression ratio is suspicious", zh="压缩比异常"),
    _case("gz_in_five_gz", ".gz", _nested("gz", 5), "nested too deep", zh="套得太深"),
    _reads("xlsx_in_zip_in_gz", ".zip.gz", lambda: gzip.compress(zipped({"orders.xlsx": orders_book()}))),
    _case("pdf_called_csv", ".csv", raw(b"%PDF-1.7\n%\xe2\xe3"), "the content is pdf", "export it as CSV", zh="内容是PDF"),
    _case("picture_called_xlsx", ".xlsx", raw(b"\x89PNG\r\n\x1a\n" + b"\0" * 500), "the content is image", zh="图片"),
    _case("login_page_called_xls", ".xls", text("<!DOCTYPE html><html><body>Login</body></html>"), "the content is html", zh="网页"),
    _case("rich_text_called_csv", ".csv", raw(b"{\\rtf1 orders}"), "the content is rtf", zh="RTF"),
    _case("rar", ".rar", raw(b"Rar!\x1a\x07\x01\0" + b"\1" * 99), "the content is rar", zh="RAR"),
    _case("seven_zip", ".7z", raw(b"7z\xbc\xaf\x27\x1c" + b"\1" * 99), "the content is 7z", zh="7Z"),
    _case("program_called_csv", ".csv", raw(b"MZ\x90\0\3\0\0\0" * 400), "NUL", zh="NUL"),
    _case("noise_called_csv", ".csv", raw(bytes((n * n * 7 + n) % 255 + 1 for n in range(9_999))), "neither UTF-8", "declare the encoding", zh="既不是 UTF-8"),
    _reads("workbook_called_csv", ".csv", orders_book),
    _reads("csv_called_xlsx", ".xlsx", raw(CSV)),
    _case("json_cut_off", ".json", lambda: _json(*[_order()] * 99)[:-40], "cut off or has a syntax error", zh="不完整"),
    _case("json_10000_deep", ".json", _deep_json, "'order_id'", zh="缺少必填列", status="blocked"),
    _reads("json_10000_deep_in_a_cell", ".json", lambda: _json(_order())[:-2] + b', "x": ' + _deep_json() + b"}]"),
    _case("json_of_numbers", ".json", raw(b"[1, 2, 3]"), "no object", zh="不是对象"),
    _case("json_of_50000_keys", ".json", lambda: _json({f"k{n}": n for n in range(50_000)}), "50000 keys", "2000", zh="50000 个字段"),
    _case("json_lines_with_a_broken_one", ".jsonl", lambda: _json(_order())[1:-1] + b'\n{"a": \n', "syntax error", zh="语法错误"),
    _reads("json_with_a_nul", ".json", lambda: _json(_order(客户编号="C\0x"))),
    _reads("json_with_a_list_for_a_cell", ".json", lambda: _json(_order(金额=[1, 2]), _order(订单编号="O2")),
           Lands(1, ((1, "amount", "[1,2]", "not_a_number"),), keys=("O2",))),
    _case("parquet_cut_off", ".parquet", lambda: _orders_parquet()[:-200], "Parquet", zh="Parquet"),
    _case("parquet_of_rubbish", ".parquet", raw(b"PAR1" + b"\7" * 5_000 + b"PAR1"), "Parquet", zh="Parquet"),
    _case("parquet_of_pictures", ".parquet", lambda: _parquet(图=[b"\x89PNG\0\xff"], 名=["x"]), "'order_id'", zh="缺少必填列", status="blocked"),
]  # fmt: skip
