"""A build file with customer records, leads and decisions, and what matching makes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.core.rules.tables import arrow_tables, default_rows
from pipelines.landing.contract import load_entities
from pipelines.landing.state import build_landed_table
from pipelines.steps.matching import run_matching_step

ENTITIES = ("accounts", "contacts", "leads")
DECISION = ("record_a", "record_b", "decision", "decided_by", "rules_version")


class Matched:
    """What the step wrote."""

    def __init__(self, file: Path, counts: dict[str, int]) -> None:
        self.counts = counts
        with duckdb.connect(str(file), read_only=True) as con:
            self.customer = dict(
                con.execute(
                    "select account_id, customer_id from matching.customer_record"
                ).fetchall()
            )
            self.rule = dict(
                con.execute(
                    "select account_id, matched_by from matching.customer_record"
                ).fetchall()
            )
            self.review = {
                (a, b): (evidence, objection)
                for a, b, evidence, objection in con.execute(
                    "select account_a, account_b, evidence, objection from matching.review_pair"
                ).fetchall()
            }
            self.leads = {
                lead: (customer, rule)
                for lead, customer, rule in con.execute(
                    "select lead_id, customer_id, matched_by from matching.lead_customer"
                ).fetchall()
            }
            self.problems = con.execute(
                "select record_a, record_b, problem, message_en, message_zh from matching.decision_problem"
            ).fetchall()

    @property
    def groups(self) -> set[frozenset[str]]:
        """Customers with more than one record."""
        members: dict[str, set[str]] = defaultdict(set)
        for account, customer in self.customer.items():
            members[customer].add(account)
        return {frozenset(each) for each in members.values() if len(each) > 1}


def account(key: str, name: str, **values: Any) -> dict[str, Any]:
    """A customer record; created in the order of the keys unless told otherwise."""
    number = int("".join(c for c in key if c.isdigit()) or 0)
    born = datetime(2025, 1, 1 + number % 28)
    return {"account_id": key, "name": name, "created_at": born} | values


def matched(
    folder: Path,
    accounts: Iterable[Mapping[str, Any]],
    *,
    contacts: Iterable[Mapping[str, Any]] = (),
    leads: Iterable[Mapping[str, Any]] = (),
    decisions: Iterable[tuple[str, str, str]] = (),
) -> Matched:
    """Run the step over these rows, all of them from source crm unless they say otherwise."""
    file = folder / "build.duckdb"
    file.unlink(missing_ok=True)
    given = {"accounts": accounts, "contacts": contacts, "leads": leads}
    with duckdb.connect(str(file)) as con:
        entities = load_entities()
        for name in ENTITIES:
            build_landed_table(con, entities[name], [], folder, datetime(2026, 1, 1).date())
            for row in given[name]:
                values = {"source": "crm", "source_kind": "crm"} | dict(row)
                con.execute(
                    f"insert into landed.{name} ({', '.join(values)}) "
                    f"values ({', '.join('?' for _ in values)})",
                    list(values.values()),
                )
        con.execute("create schema rules")
        tables = arrow_tables(default_rows(), "v1")
        for name in ("decisions", "decisions_settings"):
            con.register("rows_now", tables[name])
            con.execute(f"create table rules.{name} as from rows_now")
            con.unregister("rows_now")
        for one, two, decision in decisions:
            con.execute(
                f"insert into rules.decisions ({', '.join(DECISION)}) values (?, ?, ?, 'Chen', 'v1')",
                [one, two, decision],
            )
    return Matched(file, run_matching_step(file))
