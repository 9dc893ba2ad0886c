"""Load the SQL macros that type a text cell."""

from __future__ import annotations

from importlib import resources

import duckdb


def create_cell_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Teach a database what the cells of real files mean: 1,500万, 2024年3月5日, √.

    The macros belong to its database: cell_given, cell_text, cell_name, cell_id, cell_currency,
    cell_money(t, factor), cell_number(t, factor), cell_integer, cell_boolean,
    cell_date(t, ord, is_1904, tz), cell_date_is_ambiguous(t, ord),
    cell_timestamp(t, ord, tz, is_1904), cell_has_time, cell_phone, cell_email, and the questions
    cell_is_blank, cell_is_error, cell_phone_is_wellformed, cell_email_is_wellformed.

    Law: NULL in, NULL out; a cell that is not understood is NULL though it is not blank.
    """
    con.execute(resources.files("pipelines.landing").joinpath("cells.sql").read_text("utf-8"))
