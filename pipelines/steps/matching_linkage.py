"""Weigh candidate pairs with the record-linkage library, in a database of bounded memory."""

from __future__ import annotations

import logging

import duckdb

from pipelines.core.matching.model import COLUMNS, linkage_settings

MEMORY_LIMIT = "1GB"


def scored_pairs(con: duckdb.DuckDBPyConnection, at_least: float) -> list[tuple[str, str, float]]:
    """Return (record, record, probability) of the candidates that reach a probability.

    Args:
        con: holds the temp tables match_record and match_candidate.
        at_least: 0 to 1; less likely pairs are left out.
    """
    from splink import DuckDBAPI, Linker

    columns = ", ".join(COLUMNS)
    people = con.sql(
        f"""
        select record_no, {columns} from match_record
        where record_no in (
            select join_key_l from match_candidate union all select join_key_r from match_candidate
        )
        order by record_no
        """
    ).to_arrow_table()
    pairs = con.sql("from match_candidate").to_arrow_table()
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "threads": 2}) as own:
        api = DuckDBAPI(own)
        linker = Linker(api.register(people), linkage_settings(), log_level=logging.WARNING)
        linker.table_management.register_blocked_pairs_for_predict(api.register(pairs))
        scored = linker.inference.predict(
            threshold_match_probability=at_least, warning_mode="never"
        )
        found = own.execute(
            "select record_no_l, record_no_r, round(match_probability, 6) "
            f"from {scored.physical_name} order by all"
        ).fetchall()
    ids = dict(con.execute("select record_no, account_id from match_record").fetchall())
    return [(ids[one], ids[two], probability) for one, two, probability in found]
