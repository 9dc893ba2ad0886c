"""Read workbooks (xlsx, xlsm, xlsb, xls, ods) through a worker process that may be killed."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

from pipelines.core.sql_text import parquet_rows
from pipelines.sources.archives import check_directory, kind_of
from pipelines.sources.errors import (
    DamagedFile,
    EmptyFile,
    FileUnreadable,
    LimitExceeded,
    NoSuchSheet,
    Note,
    PasswordProtected,
)
from pipelines.sources.headers import Header, find_header, header_at, title_above
from pipelines.sources.options import Content, FileOptions
from pipelines.sources.tables import RawRows

_PACKAGE_PARENT = Path(__file__).resolve().parents[2]
# Past this the worker is replaced: memory that a big workbook took is not given back.
_REPLACE_ABOVE_MB = 400


class WorkbookWorker:
    """Keep one reading process for many workbooks: a start costs 0.3 s, a small workbook 0.01 s.

    Dies with its parent (its input ends). After a time-out or a crash the next call starts a
    fresh one. Calls from several threads take turns.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._owner = os.getpid()

    def read(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """Send one request and wait for its answer; `problem` says what went wrong."""
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
            except BrokenPipeError:
                return self._gone()
            line = self._line(process, timeout_s)
            if line is None:
                self.close()
                return {"problem": "timeout"}
            if not line:
                return self._gone()
            answer: dict[str, Any] = json.loads(line)
            if answer["resident_mb"] > _REPLACE_ABOVE_MB:
                self.close()
            return answer

    def _running(self) -> subprocess.Popen[bytes]:
        is_ours = self._process is not None and self._owner == os.getpid()
        if not is_ours or self._process is None or self._process.poll() is not None:
            environment = {
                **os.environ,
                "PYTHONPATH": str(_PACKAGE_PARENT),
                # Reserved but unused address space would count against the limit.
                "ARROW_DEFAULT_MEMORY_POOL": "system",
                "MALLOC_ARENA_MAX": "2",
            }
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.sources.workbook_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=tempfile.gettempdir(),
            )
        return self._process

    def _line(self, process: subprocess.Popen[bytes], timeout_s: float) -> bytes | None:
        """Read one line, b'' where the process ended, None where time is up."""
        assert process.stdout is not None
        # The answer is one write, but may fill the pipe several times.
        timer = threading.Timer(timeout_s, process.kill)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(timeout_s):
                return None
        timer.start()
        try:
            return process.stdout.readline()
        finally:
            timer.cancel()

    def _gone(self) -> dict[str, Any]:
        assert self._process is not None
        code = self._process.wait()
        self.close()
        return {"problem": "killed", "value": f"exit {code}"}

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue


# A locked xlsx is no zip but an old container with this stream in it.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_shared = WorkbookWorker()
atexit.register(_shared.close)


def _under_its_own_ending(path: Path, work_dir: Path) -> Path:
    """Reach a workbook by the ending of what it is: the parser believes xls of an xlsx called so."""
    kind = kind_of(path, path.name)
    if kind == "xls" and _ENCRYPTED in path.read_bytes():
        kind = "xlsx"
    link = work_dir / f"{path.stem}_as_it_is.{kind}"
    link.unlink(missing_ok=True)
    link.symlink_to(path.resolve())
    return link


def read_workbook(
    content: Content, work_dir: Path, options: FileOptions, *, worker: WorkbookWorker | None
) -> list[RawRows]:
    """Read the chosen sheets of one workbook into raw rows.

    Raises PasswordProtected, LimitExceeded, DamagedFile, NoSuchSheet, EmptyFile.
    """
    if zipfile.is_zipfile(content.path):
        with zipfile.ZipFile(content.path) as archive:
            check_directory(archive, content.label, options.limits)
    request = {
        "path": str(_under_its_own_ending(content.path, work_dir.resolve())),
        "target": str(work_dir.resolve() / content.path.name),
        "sheet": options.sheet,
        "memory_mb": options.limits.memory_mb,
        "columns": options.limits.columns,
    }
    answer = (worker or _shared).read(request, options.limits.timeout_s)
    if "problem" in answer:
        raise _problem(content, answer, options)
    if not answer["sheets"]:
        raise NoSuchSheet(
            f"没有叫“{options.sheet}”的工作表" if options.sheet else "没有可见的工作表",
            f"no sheet matches “{options.sheet}”" if options.sheet else "no visible sheet",
            file=content.label,
            value=", ".join(answer["names"]),
            fix_zh="请改正来源里的工作表名，或取消隐藏",
            fix_en="correct the sheet name of the source, or unhide the sheet",
        )
    notes = _workbook_notes(answer)
    tables = [
        table
        for sheet in answer["sheets"]
        if sheet["path"] and (table := _raw_rows(content, sheet, answer, notes, options))
    ]
    if not tables:
        raise EmptyFile("工作簿里没有内容", "the workbook has no content", file=content.label)
    return tables


def _workbook_notes(answer: dict[str, Any]) -> list[Note]:
    notes = []
    if answer["hidden"]:
        names = ", ".join(answer["hidden"])
        zh, en = f"未读取隐藏的工作表：{names}", f"hidden sheets not read: {names}"
        notes.append(Note("hidden_sheet", zh, en))
    if answer["is_1904"]:
        notes.append(Note("date1904", "日期从 1904 年起算", "dates count from 1904"))
    return notes


def _sheet_notes(sheet: dict[str, Any]) -> list[Note]:
    notes = []
    if sheet["errors"]:
        count = sheet["errors"]
        notes.append(
            Note("error_cells", f"{count} 个错误单元格（#REF! 等）", f"{count} error cells (#REF!)")
        )
    if sheet["uncached_count"]:
        cells = ", ".join(sheet["uncached"][:5])
        zh = f"{sheet['uncached_count']} 个公式没有计算结果（{cells}），请用 Excel 打开并保存"
        en = (
            f"{sheet['uncached_count']} formulas without a result ({cells}): open in Excel and save"
        )
        notes.append(Note("uncached_formula", zh, en))
    return notes


def _raw_rows(
    content: Content,
    sheet: dict[str, Any],
    answer: dict[str, Any],
    notes: list[Note],
    options: FileOptions,
) -> RawRows | None:
    header = _header(content, sheet, options)
    if header is None:
        return None
    width = sheet["width"]
    texts = header.texts + ("",) * (width - len(header.texts))
    return RawRows(
        content=content,
        sheet=sheet["name"],
        relation=parquet_rows([sheet["path"]]),
        columns=tuple(f"r{i}" for i in range(width)),
        header_texts=texts,
        header_row=header.first + 1 if options.has_header else 0,
        body_from=header.last + 2 if options.has_header else 1,
        notes=(*notes, *_sheet_notes(sheet)),
        is_date1904=answer["is_1904"],
        has_notes_below=True,
        title=title_above(sheet["grid"], header) if options.has_header else "",
    )


def _header(content: Content, sheet: dict[str, Any], options: FileOptions) -> Header | None:
    merges = [tuple(merge) for merge in sheet["merges"]]
    if not options.has_header:
        return Header(0, 0, tuple(f"column_{i + 1}" for i in range(sheet["width"])))
    if options.header_row is None:
        return find_header(sheet["grid"], merges)
    found = header_at(sheet["grid"], options.header_row - 1, merges)
    if found is None:
        raise EmptyFile(
            "声明的表头行是空的",
            "the declared header row is empty",
            file=content.label,
            sheet=sheet["name"],
            row=options.header_row,
            fix_zh="请改正 header_row",
            fix_en="correct header_row",
        )
    return found


def _problem(content: Content, answer: dict[str, Any], options: FileOptions) -> FileUnreadable:
    limits = options.limits
    match answer["problem"]:
        case "password":
            return PasswordProtected(
                "工作簿有密码",
                "the workbook is locked with a password",
                file=content.label,
                fix_zh="请去掉密码再交付",
                fix_en="remove the password",
            )
        case "too_large":
            rows, columns = answer["rows"], answer["columns"]
            return LimitExceeded(
                f"工作表跨 {rows} 行 × {columns} 列，超过限额",
                f"the sheet spans {rows} rows by {columns} columns, more than allowed",
                file=content.label,
                sheet=answer["sheet"],
                fix_zh="请删去数据以外的零散单元格再保存",
                fix_en="delete stray cells far from the data and save again",
            )
        case "timeout":
            zh, en = f"读取超过 {limits.timeout_s:g} 秒", f"took over {limits.timeout_s:g} seconds"
        case "memory" | "killed":
            zh = f"读取所需内存超过 {limits.memory_mb} MB 或解析器崩溃"
            en = f"needs more than {limits.memory_mb} MB of memory, or crashes the parser"
        case _:
            return DamagedFile(
                "工作簿已损坏",
                "the workbook is damaged",
                file=content.label,
                value=answer.get("value"),
                fix_zh="请用 Excel 打开并另存为 xlsx",
                fix_en="open it in Excel and save it as xlsx",
            )
    return LimitExceeded(
        zh,
        en,
        file=content.label,
        value=answer.get("value"),
        fix_zh="请拆分文件或导出为 CSV",
        fix_en="split the file or export it as CSV",
    )
