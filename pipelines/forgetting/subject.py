"""Find out who is meant by a name, a phone, an e-mail or an id, and what is known about them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.core.sql_text import parquet_rows, quote_name
from pipelines.forgetting.eraser import digits_of
from pipelines.settings import CompanyFolder, ConfigurationError

Kind = Literal["person", "customer", "contact", "lead"]

# Entity → kind, id, names, everything else that is personal. Names may be borne by others too.
PERSONAL: dict[str, tuple[Kind, str, tuple[str, ...], tuple[str, ...]]] = {
    "people": ("person", "person_id", ("name",), ("email", "wecom_id", "dingtalk_id")),
    "accounts": ("customer", "account_id", ("name",), ("phone", "email", "credit_code")),
    "contacts": ("contact", "contact_id", ("name",), ("phone", "email")),
    "leads": ("lead", "lead_id", ("name", "company"), ("phone", "wechat_id")),
}
_LINKS = {"contacts": "account_id", "leads": "converted_account_id"}


@dataclass(frozen=True)
class Fact:
    """One value that was ever delivered. Grain: entity, record, column, value."""

    entity: str
    record_id: str
    column: str
    value: str
    linked_id: str | None

    @property
    def is_name(self) -> bool:
        """Whether others may bear the same value."""
        return self.column in PERSONAL[self.entity][2]


@dataclass(frozen=True)
class Subject:
    """Who is to be forgotten: a person, a customer with its contacts and leads, or one of those."""

    kind: Kind
    records: frozenset[tuple[str, str]]
    label: str


def read_facts(folder: CompanyFolder) -> list[Fact]:
    """Return every personal value that any delivery ever carried.

    Raises:
        ConfigurationError: nothing has landed, so nobody can be found by name.
    """
    con = duckdb.connect()
    facts: list[Fact] = []
    for entity, (_, key, names, others) in PERSONAL.items():
        files = sorted((folder.landing / entity).glob("*/*.parquet"))
        if not files:
            continue
        link = quote_name(_LINKS[entity]) if entity in _LINKS else "null"
        for column in (*names, *others):
            rows = con.execute(
                f"select distinct {quote_name(key)}, {quote_name(column)}, {link} "
                f"from {parquet_rows(files, 'union_by_name = true')} "
                f"where {quote_name(key)} is not null and trim({quote_name(column)}) <> ''"
            ).fetchall()
            facts += [Fact(entity, str(row[0]), column, str(row[1]), row[2]) for row in rows]
    con.close()
    if not facts:
        raise ConfigurationError(
            f"nothing has landed in {folder.landing}; run `gapwise nightly` first, so that the "
            "records of whom you name can be found"
        )
    return facts


def find_subjects(folder: CompanyFolder, facts: Iterable[Fact], asked: str) -> list[Subject]:
    """Return everybody whom an id, name, phone or e-mail may mean, customers first.

    A contact or lead of a customer that is meant itself is part of that customer.
    """
    known = list(facts)
    hits = {
        (fact.entity, fact.record_id)
        for fact in known
        if _plain(asked) in (_plain(fact.value), _plain(fact.record_id))
        or (
            digits_of(asked)
            and len(digits_of(asked)) >= 7
            and digits_of(asked) == digits_of(fact.value)
        )
    }
    same, customer_of_lead = _customers(folder.build_file)
    subjects: list[Subject] = []
    taken: set[tuple[str, str]] = set()
    for entity in ("accounts", "people", "contacts", "leads"):
        for record in sorted(record for record in hits if record[0] == entity):
            if record in taken:
                continue
            whole = _whole(record, known, same, customer_of_lead)
            taken |= whole
            subjects.append(Subject(PERSONAL[entity][0], frozenset(whole), _label(record, known)))
    return subjects


def _whole(
    record: tuple[str, str],
    facts: list[Fact],
    same: Mapping[str, frozenset[str]],
    customer_of_lead: Mapping[str, str],
) -> set[tuple[str, str]]:
    """Return a record with all that is known of the same customer."""
    if record[0] != "accounts":
        return {record}
    accounts = same.get(record[1], frozenset({record[1]}))
    names = {
        _plain(f.value)
        for f in facts
        if f.entity == "accounts" and f.record_id in accounts and f.is_name
    }
    return {("accounts", account) for account in accounts} | {
        (fact.entity, fact.record_id)
        for fact in facts
        if fact.linked_id in accounts
        or (
            fact.entity == "leads"
            and (
                customer_of_lead.get(fact.record_id) in accounts
                or (fact.column == "company" and _plain(fact.value) in names)
            )
        )
    }


def _customers(build_file: Path) -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """Return account → all accounts of the same customer, and lead → customer, as last matched."""
    if not build_file.is_file():
        return {}, {}
    with duckdb.connect(str(build_file), read_only=True) as con:
        there = con.execute(
            "select count(*) from duckdb_tables() where schema_name = 'matching' "
            "and table_name in ('customer_record', 'lead_customer')"
        ).fetchall()
        if there[0][0] < 2:
            return {}, {}
        records = con.execute(
            "select account_id, customer_id from matching.customer_record"
        ).fetchall()
        leads = con.execute("select lead_id, customer_id from matching.lead_customer").fetchall()
    accounts: dict[str, set[str]] = {}
    for account, customer in records:
        accounts.setdefault(customer, set()).add(account)
    same = {account: frozenset(accounts[customer]) for account, customer in records}
    first = {customer: min(members) for customer, members in accounts.items()}
    return same, {lead: first.get(customer, customer) for lead, customer in leads}


def _label(record: tuple[str, str], facts: Iterable[Fact]) -> str:
    """Return how a record is shown to whoever decides: its id and its names."""
    names = sorted({f.value for f in facts if (f.entity, f.record_id) == record and f.is_name})
    return f"{record[1]} {' / '.join(names)}".strip()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "").casefold()
