"""Find the records of one customer before dbt begins: decisions, exact keys, a linkage model."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.core.matching.clusters import CODES_DIFFER, KEPT_APART, RULES, Clusters, Pair
from pipelines.settings import BUILD_CONFIG
from pipelines.steps.cascade_inputs import records
from pipelines.steps.matching_tables import TABLES, write_table

# More records than this with one phone or name: a switchboard, a filler, 散客.
MOST_SHARING = 5
# Pairs grow with the square of a block: a larger one is left out, so that memory stays bounded.
MOST_IN_BLOCK = 20

Row = dict[str, Any]


def run_matching_step(build_file: Path) -> dict[str, int]:
    """Give every account, and every lead that shows one, its customer.

    Reads `landed.accounts, contacts, leads` and `rules.decisions, decisions_settings` of the
    build file and writes schema `matching`: `customer_record` (account → customer),
    `lead_customer`, `review_pair` (for a person to decide) and `decision_problem`. The same
    inputs give the same rows.

    Returns:
        Row count by table, and the number of pairs that the linkage model weighed.
    """
    with duckdb.connect(str(build_file), config=BUILD_CONFIG) as con:
        _run(con, "matching_records.sql")
        _run(con, "matching_pairs.sql", most_sharing=MOST_SHARING)
        decisions, problems = _decisions(con)
        clusters = _decided(con, decisions, problems)
        asked = _join_exact(con, clusters)
        weighed, likely = _weigh(con, clusters)
        asked += likely
        _write_records(con, clusters)
        write_table(con, "review_pair", _review(con, clusters, asked))
        write_table(con, "decision_problem", problems)
        write_table(con, "lead_customer")
        _run(con, "matching_leads.sql")
        counts = {
            f"matching.{t}": int(con.execute(f"select count(*) from matching.{t}").fetchall()[0][0])
            for t in TABLES
        }
    return counts | {"pairs_weighed": weighed}


def _run(con: duckdb.DuckDBPyConnection, name: str, **limits: int) -> None:
    """Run every statement of one SQL file; the limits are its parameters."""
    text = resources.files("pipelines.steps").joinpath(name).read_text("utf-8")
    for statement in con.extract_statements(text):
        own = {key: value for key, value in limits.items() if key in statement.named_parameters}
        con.execute(statement, own)


def _decisions(con: duckdb.DuckDBPyConnection) -> tuple[list[Row], list[Row]]:
    """Return the decisions with the accounts they mean, and those that name an unknown record."""
    found = records(
        con,
        """
        with known as (
            select account_id, account_id as written from landed.accounts
            union all
            select account_id, concat(source, ':', account_id) from landed.accounts
        )
        select decisions.*, one.account_id as one, two.account_id as two
        from rules.decisions
        left join known as one on replace(trim(decisions.record_a), '：', ':') = one.written
        left join known as two on replace(trim(decisions.record_b), '：', ':') = two.written
        order by decisions.record_a, decisions.record_b
        """,
    )
    usable = [row for row in found if row["one"] and row["two"] and row["one"] != row["two"]]
    problems = []
    for row in found:
        missing = [
            row[at] for at, id_ in (("record_a", "one"), ("record_b", "two")) if not row[id_]
        ]
        if missing:
            named = ", ".join(missing)
            problems.append(
                _problem(
                    row,
                    "unknown_record",
                    f"decisions: no customer record is called {named}; write source:customer id "
                    "as in dim_customer_record",
                    f"合并决定：没有名为 {named} 的客户记录；"
                    "请按 dim_customer_record 写“来源:客户编号”",
                )
            )
    return usable, problems


def _problem(row: Row, problem: str, en: str, zh: str) -> Row:
    named = {key: row[key] for key in ("record_a", "record_b", "decision")}
    return {**named, "problem": problem, "message_en": en, "message_zh": zh}


def _decided(con: duckdb.DuckDBPyConnection, decisions: list[Row], problems: list[Row]) -> Clusters:
    """Begin with what people decided: keeping apart is stronger than merging."""
    codes = dict(
        con.execute(
            "select account_id, credit_code from match_record where credit_code is not null"
        ).fetchall()
    )
    apart = [(row["one"], row["two"]) for row in decisions if row["decision"] == "keep_apart"]
    clusters = Clusters(codes, apart)
    merges = {
        Pair(row["one"], row["two"], "decision"): row
        for row in decisions
        if row["decision"] == "merge"
    }
    for pair, _ in clusters.join_all(merges):
        row = merges[pair]
        problems.append(
            _problem(
                row,
                "contradicts_keep_apart",
                f"decisions: {row['record_a']} and {row['record_b']} are not merged, because "
                "other rows keep records of theirs apart; change one of the rows",
                f"合并决定：{row['record_a']} 与 {row['record_b']} 未合并，"
                "因为其他行要求把相关记录分开；请修改其中一行",
            )
        )
    return clusters


def _join_exact(con: duckdb.DuckDBPyConnection, clusters: Clusters) -> list[Row]:
    """Join what shares an exact key; return the pairs that something speaks against."""
    found = records(con, "select * from match_exact order by one, two, rule")
    plain = [Pair(row["one"], row["two"], row["rule"]) for row in found if not row["objection"]]
    refused = clusters.join_all(plain)
    asked = [
        {"one": pair.left, "two": pair.right, "evidence": pair.rule, "objection": CODES_DIFFER}
        for pair, reason in refused
        if reason == CODES_DIFFER
    ]
    asked += [row | {"evidence": row["rule"]} for row in found if row["objection"]]
    return asked


def _weigh(con: duckdb.DuckDBPyConnection, clusters: Clusters) -> tuple[int, list[Row]]:
    """Let the linkage model weigh the candidates; return their number and those to ask about."""
    _write_clusters(con, clusters)
    _run(con, "matching_candidates.sql", most_in_block=MOST_IN_BLOCK)
    [(candidates,)] = con.execute("select count(*) from match_candidate").fetchall()
    if not candidates:
        return 0, []
    from pipelines.steps.matching_linkage import scored_pairs

    [bounds] = records(con, "select * from rules.decisions_settings")
    merge, ask = float(bounds["merge_probability"]), float(bounds["review_probability"])
    pairs = [Pair(one, two, "probability", p) for one, two, p in scored_pairs(con, ask)]
    sure = {pair for pair in pairs if (pair.probability or 0.0) >= merge}
    asked: list[tuple[Pair, str | None]] = [(pair, None) for pair in pairs if pair not in sure]
    asked += clusters.join_all(sure)
    return int(candidates), [
        {
            "one": pair.left,
            "two": pair.right,
            "evidence": pair.rule,
            "objection": objection,
            "match_probability": pair.probability,
        }
        for pair, objection in asked
    ]


def _write_clusters(con: duckdb.DuckDBPyConnection, clusters: Clusters) -> None:
    """Write temp table match_cluster: one row per record that was joined with another."""
    found = clusters.memberships()
    table = pa.table(
        {
            "account_id": pa.array(found, pa.string()),
            "cluster_id": pa.array([m.cluster for m in found.values()], pa.string()),
            "matched_by": pa.array([m.rule for m in found.values()], pa.string()),
            "matched_with": pa.array([m.other for m in found.values()], pa.string()),
            "match_probability": pa.array([m.probability for m in found.values()], pa.float64()),
        }
    )
    con.register("clusters_now", table)
    con.execute("create or replace temp table match_cluster as from clusters_now")
    con.unregister("clusters_now")


def _write_records(con: duckdb.DuckDBPyConnection, clusters: Clusters) -> None:
    """Name each customer after its oldest record of the CRM; a record alone is a customer."""
    _write_clusters(con, clusters)
    write_table(con, "customer_record")
    con.execute(
        """
        insert into matching.customer_record
        select
            accounts.account_id,
            first_value(accounts.account_id) over (
                partition by coalesce(joined.cluster_id, accounts.account_id)
                order by
                    accounts.source_kind = 'personal',
                    accounts.created_at nulls last,
                    accounts.account_id
            ),
            coalesce(joined.matched_by, 'alone'),
            joined.matched_with,
            joined.match_probability,
            match_record.credit_code
        from landed.accounts
        inner join match_record on accounts.account_id = match_record.account_id
        left join match_cluster as joined on accounts.account_id = joined.account_id
        order by accounts.account_id
        """
    )


def _review(con: duckdb.DuckDBPyConnection, clusters: Clusters, asked: list[Row]) -> list[Row]:
    """Return each pair of customers once, with its best evidence, unless it is decided already."""
    written = dict(
        con.execute(
            "select account_id, concat(source, ':', account_id) from landed.accounts"
        ).fetchall()
    )
    open_pairs: dict[tuple[str, str], Row] = {}
    for row in sorted(asked, key=_urgency):
        between = tuple(sorted((clusters.cluster(row["one"]), clusters.cluster(row["two"]))))
        pair = Pair(row["one"], row["two"], "probability")
        if between[0] == between[1] or clusters.refusal(pair) == KEPT_APART:
            continue
        names = {"account_a": row["one"], "account_b": row["two"]}
        names |= {"record_a": written[row["one"]], "record_b": written[row["two"]]}
        facts = {key: row.get(key) for key in ("evidence", "objection", "match_probability")}
        open_pairs.setdefault((between[0], between[1]), names | facts)
    return list(open_pairs.values())


def _urgency(row: Row) -> tuple[int, float, str, str]:
    """Sort key of a pair to ask about: the strongest evidence first, ties by id."""
    probability = row.get("match_probability") or 0.0
    return (RULES.index(row["evidence"]), -probability, row["one"], row["two"])
