"""Turn raw rows in DuckDB into a text table: data rows apart from titles, subtotals and notes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.sources.errors import Note
from pipelines.sources.headers import unique_headers
from pipelines.sources.options import Content, Skipped, TextTable
from pipelines.sources.repeated_headers import first_header_sql, repeated_header_sql
from pipelines.sources.scans import CsvScan

_numbers = itertools.count(1)
_SAMPLE = 20
_TOTAL_WORDS = ("合计", "小计", "总计", "共计", "总和", "汇总")
_TOTAL_ENGLISH = ("total", "grand total", "subtotal", "sub total", "sub-total")
_TOTAL_PARTS = ("计", "总", "otal", "OTAL")
_TOTAL_END = r"^.{0,30}(合计|小计|总计|\s(sub|grand )?total)$"
_MAYBE_TOTAL_LABEL = rf"(^|\x1f)[ \x{{3000}}]*({'|'.join((*_TOTAL_WORDS, *_TOTAL_ENGLISH))})[:： \x{{3000}}]*(\x1f|$)"
_MAYBE_TOTAL_END = r"(合计|小计|总计|total)[:： \x{3000}]*$"
_NOTE_LETTERS = "'注','备','说','附','数','制','填','审','n','N','s','S','*','-','=','_'"
_NOTE_START = (
    r"^(注[:：0-9]|注释|备注|说明|附注|数据来源|制表|填表|审核|note[:s]|source:|\*|[-=_]{5,}\s*$)"
)
_LABEL_COLUMNS = 4
_FOOTER_ROWS, _WIDE_COLUMNS = 3, 8
_NO_MALFORMED = (
    "(select null::bigint as _row, null::varchar as reason_zh, null::varchar as reason_en,"
    " null::varchar as sample where false)"
)


@dataclass(frozen=True)
class RawRows:
    """Rows as they lie in a file, before it is known which of them are data.

    `relation` is SQL text with `_row` and `columns` (all VARCHAR, NULL where empty);
    `body_from` is the number of the first row after the header.
    """

    content: Content
    sheet: str
    relation: str
    columns: tuple[str, ...]
    header_texts: tuple[str, ...]
    header_row: int
    body_from: int
    encoding: str | None = None
    malformed: Sequence[tuple[int, str, str, str]] = ()
    malformed_count: int = 0
    notes: tuple[Note, ...] = ()
    is_date1904: bool = False
    # A CSV of which the parser already saw that there is nothing to skip under the header.
    scan: CsvScan | None = None
    # In a sheet, lone cells after the last full row are remarks; in a CSV one of them is damage.
    has_notes_below: bool = False
    # What stands above the header: a sheet's title often names metric, unit and year.
    title: str = ""


def text_table(con: duckdb.DuckDBPyConnection, raw: RawRows) -> TextTable:
    """Register a text table on the connection, with what was skipped counted and located.

    One pass over the rows finds their number and whether there is anything to skip at all; the
    row numbers of what is skipped cost a second pass only where there is something.
    """
    con.execute("set preserve_insertion_order = true")
    if raw.scan is not None:
        return _as_it_lies(raw, raw.scan)
    kept = _used_columns(con, raw)
    survey = _survey(con, raw, kept)
    names, header_notes = unique_headers([raw.header_texts[at] for at in kept])
    relation = f"text_table_{next(_numbers)}"
    cells = "".join(f", {raw.columns[at]} as c{i}" for i, at in enumerate(kept))
    con.execute(
        f"create or replace temp view {relation} as select _row{cells} from {raw.relation}"
        f" where _row >= {raw.body_from} and not {survey.empty_sql}"
        f" and not {survey.subtotal_sql} and not {survey.note_sql}"
    )
    return TextTable(
        file=raw.content.file,
        member=raw.content.member,
        sheet=raw.sheet,
        headers=names,
        relation=relation,
        header_row=raw.header_row,
        encoding=raw.encoding,
        rows_read=survey.rows + raw.malformed_count,
        skipped=survey.skipped,
        malformed=_malformed_relation(con, relation, raw),
        malformed_count=raw.malformed_count,
        notes=(*raw.notes, *header_notes, *survey.notes()),
        is_date1904=raw.is_date1904,
        title=raw.title,
    )


def _as_it_lies(raw: RawRows, scan: CsvScan) -> TextTable:
    """Give the text table of a CSV with nothing to skip: it needs no view and no look at the rows."""
    names, header_notes = unique_headers(raw.header_texts)
    return TextTable(
        file=raw.content.file,
        member=raw.content.member,
        sheet=raw.sheet,
        headers=names,
        relation=scan.relation,
        header_row=raw.header_row,
        encoding=raw.encoding,
        rows_read=scan.records - (scan.body_from - 1),
        skipped=Skipped(),
        malformed=_NO_MALFORMED,
        malformed_count=0,
        notes=(*raw.notes, *header_notes),
        title=raw.title,
        scan=scan,
    )


def _used_columns(con: duckdb.DuckDBPyConnection, raw: RawRows) -> list[int]:
    """Keep columns with a header; one without is kept only where it has a value."""
    bare = [at for at, text in enumerate(raw.header_texts) if not text]
    filled: set[int] = set()
    if bare:
        counts = ", ".join(f"count({raw.columns[at]})" for at in bare)
        found = con.execute(
            f"select {counts} from {raw.relation} where _row >= {raw.body_from}"
        ).fetchone()
        filled = {at for at, count in zip(bare, found or (), strict=True) if count}
    return [at for at, text in enumerate(raw.header_texts) if text or at in filled]


@dataclass(frozen=True)
class _Survey:
    rows: int
    skipped: Skipped
    empty_sql: str
    subtotal_sql: str
    note_sql: str

    def notes(self) -> list[Note]:
        notes = []
        for count, rows, zh, en in (
            (self.skipped.subtotal, self.skipped.subtotal_rows, "合计/小计行", "subtotal rows"),
            (self.skipped.note, self.skipped.note_rows, "备注行", "remark rows"),
        ):
            if count:
                at = ", ".join(map(str, rows[:5])) + ("…" if count > 5 else "")
                text_zh = f"跳过 {count} 个{zh}（第 {at} 行）"
                notes.append(Note("skipped", text_zh, f"skipped {count} {en} (rows {at})"))
        return notes


def _survey(con: duckdb.DuckDBPyConnection, raw: RawRows, kept: list[int]) -> _Survey:
    cells = [raw.columns[at] for at in kept]
    empty, subtotal = _empty_sql(cells), _subtotal_sql(cells)
    note = _note_sql(cells)
    if raw.has_notes_below:
        note = f"({note} or {_below_sql(con, raw, cells)})"
    elif raw.encoding is not None and raw.header_row:
        note = f"({note} or {_footer_sql(con, raw, cells)})"
    if raw.header_row:
        note = f"({note} or {repeated_header_sql(cells, [raw.header_texts[at] for at in kept])})"
    body = f"from {raw.relation} where _row >= {raw.body_from}"
    counts = con.execute(
        f"select count(*), count(*) filter ({empty}), count(*) filter ({subtotal}),"
        f" count(*) filter (not {subtotal} and {note}) {body}"
    ).fetchone()
    assert counts is not None
    total, empties, subtotals, remarks = counts
    note_rows = f"(not {subtotal} and {note})"
    skipped = Skipped(
        empties,
        subtotals,
        remarks,
        _first_rows(con, f"{body} and {subtotal}") if subtotals else (),
        _first_rows(con, f"{body} and {note_rows}") if remarks else (),
    )
    return _Survey(
        total - empties,
        skipped,
        f"({empty})" if empties else "false",
        subtotal if subtotals else "false",
        note_rows if remarks else "false",
    )


def _first_rows(con: duckdb.DuckDBPyConnection, body: str) -> tuple[int, ...]:
    found = con.execute(f"select _row {body} order by _row limit {_SAMPLE}").fetchall()
    return tuple(row for (row,) in found)


def suspicious_count_sql(
    relation: str, cells: list[str], *, by: str, headers: Sequence[Sequence[str]] = ()
) -> str:
    """Give a SELECT of `by`, how many rows there are, and how many may be empty, subtotal or remark.

    Every row that the survey would skip is suspicious, few others are. The survey's own condition
    names each cell many times: planning it for each of some hundred clean files would take longer
    than reading them.
    """
    labels = cells[:_LABEL_COLUMNS]
    may_be_total = " or ".join(f"contains(labels, '{part}')" for part in _TOTAL_PARTS)
    return (
        f"select {by}, count(*), count(*) filter (first_cell is null"
        f" or (({may_be_total}) and (regexp_matches(labels, '{_MAYBE_TOTAL_LABEL}', 'i')"
        f" or regexp_matches(first_label, '{_MAYBE_TOTAL_END}', 'i')))"
        f" or (left(first_cell, 1) in ({_NOTE_LETTERS})"
        f" and regexp_matches(first_cell, '{_NOTE_START}', 'i')))"
        # the header itself is one of the records
        f" + greatest(count(*) filter ({first_header_sql('first_cell', headers)}) - 1, 0)"
        f" from (select {by}, coalesce({', '.join(cells)}, null) as first_cell,"
        f" coalesce({', '.join(labels)}, null) as first_label,"
        f" concat_ws(chr(31), {', '.join(labels)}) as labels from {relation}) group by {by}"
    )


def _empty_sql(cells: list[str]) -> str:
    return f"(coalesce({', '.join(cells)}, null) is null)" if cells else "true"


def _subtotal_sql(cells: list[str]) -> str:
    """Give the condition that a row is a subtotal: a label cell says 合计 or 小计, or Total.

    A customer may be called Total; a row of theirs is full, so English words and names ending
    in one count only where another cell is empty. The cheap test comes first: the whole
    condition on every row of a large file would cost seconds.
    """
    if len(cells) < 2:
        return "false"
    labels = cells[:_LABEL_COLUMNS]
    may_be = " or ".join(f"contains({c}, '{part}')" for c in labels for part in _TOTAL_PARTS)
    first = f"coalesce({', '.join(labels)})"
    is_plain = " or ".join(f"{_trimmed(cell)} in ({_sql_words(_TOTAL_WORDS)})" for cell in labels)
    with_gap = " or ".join(f"{_trimmed(c)} in ({_sql_words(_TOTAL_ENGLISH)})" for c in labels)
    with_gap += f" or regexp_matches({_trimmed(first)}, '{_TOTAL_END}')"
    has_gap = " or ".join(f"{cell} is null" for cell in cells)
    whole = f"({is_plain}) or (({has_gap}) and ({with_gap}))"
    return f"(case when {may_be} then coalesce({whole}, false) else false end)"


def _sql_words(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _trimmed(cell: str) -> str:
    return f"lower(rtrim(trim({cell}, ' \u3000'), ':： \u3000'))"


def _note_sql(cells: list[str]) -> str:
    """Give the condition that a row is a remark: one lone cell that is worded as one."""
    if len(cells) < 3:
        return "false"
    first = f"coalesce({', '.join(cells)})"
    return (
        f"coalesce(left({first}, 1) in ({_NOTE_LETTERS})"
        f" and {_filled_sql(cells)} = 1 and regexp_matches({first}, '{_NOTE_START}', 'i'), false)"
    )


def _filled_sql(cells: list[str]) -> str:
    return "(" + " + ".join(f"({cell} is not null)::int" for cell in cells) + ")"


def _below_sql(con: duckdb.DuckDBPyConnection, raw: RawRows, cells: list[str]) -> str:
    """Give the condition that a lone cell stands below the last full row of a sheet."""
    if len(cells) < 3:
        return "false"
    filled = _filled_sql(cells)
    last = con.execute(
        f"select max(_row) from {raw.relation} where _row >= {raw.body_from} and {filled} > 1"
    ).fetchone()
    after = last[0] if last else None
    return "false" if after is None else f"(_row > {after} and {filled} = 1)"


def _footer_sql(con: duckdb.DuckDBPyConnection, raw: RawRows, cells: list[str]) -> str:
    """Give the condition that a row belongs to the words under a CSV: who made the report, and when.

    One short row at the end is a record that was cut off; three are a footer.
    """
    if len(cells) < 3:
        return "false"
    filled, most = _filled_sql(cells), 1 if len(cells) < _WIDE_COLUMNS else 2
    found = con.execute(
        f"select last_full, (select count(*) from {raw.relation} where _row > last_full and"
        f" {filled} between 1 and {most}) from (select max(_row) as last_full from {raw.relation}"
        f" where _row >= {raw.body_from} and {filled} > {most})"
    ).fetchone()
    if found is None or found[0] is None or found[1] < _FOOTER_ROWS:
        return "false"
    return f"(_row > {found[0]} and {filled} between 1 and {most})"


def _malformed_relation(con: duckdb.DuckDBPyConnection, relation: str, raw: RawRows) -> str:
    if not raw.malformed:
        return _NO_MALFORMED
    name = f"{relation}_malformed"
    con.execute(
        f"create or replace temp table {name}"
        " (_row bigint, reason_zh varchar, reason_en varchar, sample varchar)"
    )
    con.executemany(f"insert into {name} values (?, ?, ?, ?)", list(raw.malformed))
    return name
