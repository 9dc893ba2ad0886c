"""Decide what stands in the place of each value, and keep that until the erasure is complete."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.forgetting.eraser import Eraser, digits_of, masked
from pipelines.forgetting.subject import Fact, Subject
from pipelines.publish.files import replace_file_atomically
from pipelines.settings import CompanyFolder

_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
# No operator was ever given 154, so such a number rings nobody and still looks like one.
_PHONE_START = "154"


@dataclass(frozen=True)
class Plan:
    """An erasure that was begun: what kind, what replaces what, and which deliveries it changed.

    It holds the personal data itself, so it is readable by its owner only and deleted at the end.
    """

    kinds: tuple[str, ...]
    record_count: int
    sure: dict[str, str]
    doubtful: dict[str, str]
    ids: tuple[str, ...]
    longer: tuple[str, ...]
    deliveries: tuple[int, ...] = ()

    @property
    def eraser(self) -> Eraser:
        """What finds and replaces the values."""
        return Eraser(self.sure, self.doubtful, frozenset(self.ids), frozenset(self.longer))


def make_plan(subjects: Iterable[Subject], facts: Iterable[Fact]) -> Plan:
    """Give every value of the subjects a replacement that means nobody.

    All names of one record kind get one replacement, so that what was one customer stays one.
    Phones and credit codes stay well formed, so that counts of valid ones stay.
    """
    chosen, known = list(subjects), list(facts)
    sure: dict[str, str] = {}
    doubtful: dict[str, str] = {}
    ids: set[str] = set()
    for subject in chosen:
        ids |= {record_id for _, record_id in subject.records}
        own = [f for f in known if (f.entity, f.record_id) in subject.records]
        others = {f.value for f in known if (f.entity, f.record_id) not in subject.records}
        company = _name_token()
        tokens: dict[tuple[str, str], str] = {}
        for fact in own:
            if fact.is_name:
                is_firm = (fact.entity, fact.column) in (("accounts", "name"), ("leads", "company"))
                token = (
                    company
                    if is_firm
                    else tokens.setdefault((fact.entity, fact.record_id), _name_token())
                )
            else:
                token = sure.get(fact.value) or _token(fact)
            _place(fact, token, others, sure, doubtful)
    for value, token in list(sure.items()):
        if digits_of(value) and len(digits_of(value)) >= 7:
            # Others' numbers look alike once masked: only in rows of these records.
            doubtful.setdefault(masked(value), masked(token))
    names = {f.value for f in known if f.is_name} - sure.keys() - doubtful.keys()
    longer = {name for name in names if any(value in name for value in (*sure, *doubtful))}
    kinds = tuple(sorted({subject.kind for subject in chosen}))
    records = sum(len(subject.records) for subject in chosen)
    return Plan(kinds, records, sure, doubtful, tuple(sorted(ids)), tuple(sorted(longer)))


def plan_file(folder: CompanyFolder) -> Path:
    """Return where an erasure that is under way is written down."""
    return folder.warehouse / "forget.json"


def write_plan(folder: CompanyFolder, plan: Plan) -> None:
    """Keep the plan until it is carried out, readable by its owner only."""
    text = json.dumps(vars(plan), ensure_ascii=False)
    replace_file_atomically(plan_file(folder), text.encode("utf-8"), 0o600)


def open_plan(folder: CompanyFolder) -> Plan | None:
    """Return an erasure that was cut short; None where none was."""
    path = plan_file(folder)
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    lists = {name: tuple(content[name]) for name in ("kinds", "ids", "longer", "deliveries")}
    return Plan(**{**content, **lists})


def _place(
    fact: Fact, token: str, others: set[str], sure: dict[str, str], doubtful: dict[str, str]
) -> None:
    is_short = len(fact.value) < 2 or (not fact.is_name and len(fact.value) < 5)
    borne_by_others = fact.is_name and fact.value in others
    if is_short or borne_by_others:
        doubtful.setdefault(fact.value, token)
    else:
        sure.setdefault(fact.value, token)


def _token(fact: Fact) -> str:
    if fact.column == "phone":
        digits = digits_of(fact.value) or fact.value
        return (_PHONE_START + _digits(len(digits)))[: max(len(digits), 4)]
    if fact.column == "email":
        return f"{_name_token()}@erased.invalid"
    if fact.column == "credit_code":
        return _credit_code()
    return _name_token()


def _name_token() -> str:
    return f"anon-{secrets.token_hex(4)}"


def _digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))


def _credit_code() -> str:
    """Return a well-formed code of no registry: its district 000000 does not exist."""
    body = "91000000" + "".join(secrets.choice(_CODE_LETTERS) for _ in range(9))
    total = sum(_CODE_LETTERS.index(c) * w for c, w in zip(body, _CODE_WEIGHTS, strict=True))
    return body + _CODE_LETTERS[(31 - total % 31) % 31]
