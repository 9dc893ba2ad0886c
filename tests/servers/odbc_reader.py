"""Read the marts through psqlODBC while nights publish, as Excel, Power BI and Tableau do.

Usage: odbc_reader.py DSN STOP ANSWERS QUESTION. Each round asks one question, then its parts one after the
other in one transaction, which must say the same.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pyodbc


def settings(dsn: Path) -> str:
    lines = [line for line in dsn.read_text(encoding="utf-8").splitlines() if "=" in line]
    return ";".join(line if not line.startswith("DRIVER") else f"DRIVER={{{line[7:]}}}" for line in lines)  # fmt: skip


def main(dsn: Path, stop: Path, answers: Path, question: str) -> None:
    seen: dict[str, int] = {}
    errors: list[str] = []
    loops = 0
    versions = ""
    while loops == 0 or not stop.exists():
        try:
            with pyodbc.connect(settings(dsn), timeout=30) as con:
                con.autocommit = False
                driver = con.getinfo(pyodbc.SQL_DRIVER_VER)
                server = con.getinfo(pyodbc.SQL_DBMS_VER)
                versions = f"pyodbc {pyodbc.version}, psqlODBC {driver}, PostgreSQL {server}"
                con.set_attr(pyodbc.SQL_ATTR_TXN_ISOLATION, pyodbc.SQL_TXN_REPEATABLE_READ)
                cursor = con.cursor()
                whole = [str(value) for value in cursor.execute(question).fetchone()]
                time.sleep(0.3)
                again = [str(value) for value in cursor.execute(question).fetchone()]
                if whole != again:
                    errors.append(f"one transaction saw {whole} and {again}")
                con.rollback()
            seen[json.dumps(whole)] = seen.get(json.dumps(whole), 0) + 1
        except pyodbc.Error as error:
            errors.append(str(error)[:2000])
        loops += 1
        time.sleep(0.3)
    found = {"versions": versions, "loops": loops, "seen": seen, "errors": errors}
    answers.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), question=sys.argv[4])
