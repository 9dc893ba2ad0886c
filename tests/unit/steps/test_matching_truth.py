"""How right the matching is where the truth is known: the demo company, and an invented register."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.demo import names, write_demo_company
from pipelines.landing.archive import Archive
from pipelines.landing.company_rules import company_rules
from pipelines.landing.inputs import build_inputs
from pipelines.landing.source import land_source
from pipelines.settings import CompanyFolder, load_company
from pipelines.steps.matching import run_matching_step
from tests.unit.steps.matching_world import Matched, account, matched

pytestmark = pytest.mark.slow
SEEN_AT = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)


def pairs_of(groups: Iterable[Iterable[str]]) -> set[frozenset[str]]:
    return {frozenset(pair) for group in groups for pair in combinations(sorted(group), 2)}


def precision_and_recall(found: Matched, true: set[frozenset[str]]) -> tuple[float, float]:
    """Precision of automatic merges; recall of merges and pairs put to a person, by customers."""
    merged = pairs_of(found.groups)
    asked = {frozenset((found.customer[a], found.customer[b])) for a, b in found.review}
    reached = {
        pair
        for pair in true
        if pair in merged or frozenset(found.customer[record] for record in pair) in asked
    }
    return len(merged & true) / len(merged), len(reached) / len(true)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Matched, dict[str, Any]]:
    home = tmp_path_factory.mktemp("demo")
    write_demo_company(home)
    for old in sorted((home / "inbox" / "crm").glob("accounts_*.csv"))[:-1]:
        old.unlink()
    folder = CompanyFolder(home)
    settings = load_company(folder)
    rules = company_rules(settings, Archive(folder.archive), 10**9)
    for source in settings.sources:
        if source.name in ("crm_accounts", "personal_customers"):
            land_source(folder, settings, source, rules.vocabulary(), SEEN_AT)
    folder.build_file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder.build_file)) as con:
        build_inputs(con, folder, settings, rules, date(2026, 3, 10), 10**9)
    truth = json.loads((home / "truth" / "truth.json").read_text("utf-8"))
    return Matched(folder.build_file, run_matching_step(folder.build_file)), truth


def demo_pairs(truth: dict[str, Any]) -> set[frozenset[str]]:
    groups = [group["account_ids"] for group in truth["duplicate_customers"]]
    for number, sheet in enumerate(truth["personal"], start=1):
        groups += [
            [known, f"ZB{number}{at:03d}"] for at, known in enumerate(sheet["known_account_ids"])
        ]
    return pairs_of(groups)


def test_the_demo_companys_duplicates_are_found_and_nothing_else_is_merged(demo):
    found, truth = demo
    true = demo_pairs(truth)
    assert len(true) == 15 + 3 * 4
    precision, recall = precision_and_recall(found, true)
    assert precision >= 0.99
    assert recall >= 0.95


def test_what_only_a_person_can_say_is_put_to_a_person(demo):
    found, truth = demo
    for group in truth["duplicate_customers"]:
        first, twin = group["account_ids"]
        if group["matched_by"] == "candidate":
            assert (first, twin) in found.review
        else:
            assert found.customer[twin] == first


def test_customers_that_the_crm_has_never_seen_stay_customers_of_their_own(demo):
    found, truth = demo
    strangers = [key for sheet in truth["personal"] for key in sheet["only_here"]]
    assert len(strangers) == 21
    assert all(found.customer[key] == key for key in strangers)


WORDS = "仁和康宁博爱同济瑞安惠民广济长青明德润泽新华嘉禾天佑百川恒颐东篱宏慈航云杉北辰朗海棠清源睦金桥启晨曦万福众诚锦程"
CITIES = [city for cities in names.CITIES.values() for city in cities if len(city) == 2]
KINDS = [
    "医疗器械有限公司",
    "健康管理有限公司",
    "生物科技股份有限公司",
    "人民医院",
    "口腔门诊部",
    "药房",
]


def register(seed: int, count: int = 1500):
    """Invent customers, second records of some in all spellings, and neighbours that look alike."""
    rng = random.Random(seed)
    rows, groups, taken = [], [], set()
    while len(rows) < count:
        number = len(rows)
        brand = "".join(rng.sample(WORDS, rng.choice((2, 2, 3))))
        city, kind = rng.choice(CITIES), rng.choice(KINDS)
        if city + brand + kind in taken:
            continue
        taken.add(city + brand + kind)
        values = {
            "phone": names.mobile(number) if rng.random() < 0.8 else None,
            "email": f"m{number}@firm.example" if rng.random() < 0.4 else None,
            "credit_code": names.credit_code(number) if rng.random() < 0.5 else None,
            "region": rng.choice(["华东", "华南", "华北", "西南"]),
            "industry": kind[:2],
        }
        rows.append(account(f"C{number}", city + brand + kind, **values))
        if rng.random() < 0.08:
            twin = second_record(rng, city, brand, kind, values)
            rows.append(account(f"T{number}", **twin))
            groups.append([f"C{number}", f"T{number}"])
        elif rng.random() < 0.08:
            rows.append(account(f"N{number}", **neighbour(rng, city, brand, kind, values)))
    return rows, pairs_of(groups)


def second_record(rng, city, brand, kind, values):
    short = kind.removesuffix("股份有限公司").removesuffix("有限公司")
    spelling = rng.choice(
        [
            f"{city}{brand}{kind}",
            f"{city}市{brand}{kind}",
            f"{brand}{short}({city}){kind.removeprefix(short)}",
            f"{city}{brand}{short}公司",
            f"{city} {brand} {kind}",
            f"{city}{brand}{short[:-1]}" if len(short) > 3 else f"{city}{brand}{short}",
        ]
    )
    kept = {"region": values["region"], "industry": values["industry"]}
    known = [key for key in ("phone", "email", "credit_code") if values[key]]
    for key in rng.sample(known, rng.randrange(len(known) + 1)):
        kept[key] = values[key]
    if values["phone"] and "phone" not in kept and rng.random() < 0.3:
        kept["phone"] = names.mobile(500_000 + rng.randrange(100_000))
    return {"name": spelling} | kept


def neighbour(rng, city, brand, kind, values):
    """Another customer that looks like this one: other place, number, trade, or in the same house."""
    same = {"region": values["region"], "industry": values["industry"]}
    return rng.choice(
        [
            {"name": f"{rng.choice([c for c in CITIES if c != city])}{brand}{kind}", **same},
            {"name": f"{city}{brand}第二{kind}", **same},
            {"name": f"{city}{brand}投资咨询公司", **same},
            {"name": f"{city}{brand[::-1]}{kind}分部3", "phone": values["phone"], **same},
            {"name": f"{rng.choice(CITIES)}{''.join(rng.sample(WORDS, 2))}诊所", "phone": values["phone"], **same},
        ]
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_invented_register_of_spellings_and_neighbours(tmp_path: Path, seed: int):
    rows, true = register(seed)
    assert len(true) > 60
    precision, recall = precision_and_recall(matched(tmp_path, rows), true)
    assert precision >= 0.99
    assert recall >= 0.95
