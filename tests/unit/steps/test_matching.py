"""Which records are one customer: exact keys, what speaks against them, the model, and decisions."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime

import pytest

from tests.unit.steps.matching_world import account, matched

# 91350100M000100Y43 is the example of GB 32100-2015; its last character checks the others.
CODE, MISTYPED = "91350100M000100Y43", "91350100M000100Y44"
OTHER_CODE = "91110000600037341L"
PHONE, OTHER_PHONE = "13912345078", "13687650021"


def pair_of(folder, first, second):
    """What becomes of two records: the rule that joined them, (evidence, objection), or None."""
    found = matched(folder, [account("C1", **first), account("C2", **second)])
    if found.customer["C1"] == found.customer["C2"]:
        return found.rule["C2"]
    return found.review.get(("C1", "C2"))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # One credit code is one customer, whatever the names say.
        ({"name": "晨光医疗", "credit_code": CODE}, {"name": "上海晨光集团", "credit_code": CODE.lower()}, "credit_code"),
        ({"name": "晨光医疗", "credit_code": MISTYPED}, {"name": "远大药业", "credit_code": MISTYPED}, None),
        ({"name": "甲", "credit_code": "000000000000000000"}, {"name": "乙", "credit_code": "000000000000000000"}, None),
        # One phone, names that can be one.
        ({"name": "苏州仁和医院", "phone": PHONE}, {"name": "仁和医院", "phone": PHONE}, "phone"),
        ({"name": "李女士", "phone": PHONE}, {"name": "李梅", "phone": PHONE}, "phone"),
        ({"name": "苏州仁和医院", "phone": PHONE}, {"name": "无锡康宁诊所", "phone": PHONE}, ("phone", "names_differ")),
        # Half of the pairs of letters alike (苏州 州仁 仁和 和医 医院 and 仁和 和医 医所: 2 × 2 of 8), and 2 × 2 of 9.
        ({"name": "苏州仁和医院", "phone": PHONE}, {"name": "仁和医所", "phone": PHONE}, "phone"),
        ({"name": "苏州仁和医院", "phone": PHONE}, {"name": "仁和医所长", "phone": PHONE}, ("phone", "names_differ")),
        ({"name": "仁和第一分店", "phone": PHONE}, {"name": "仁和第二分店", "phone": PHONE}, ("phone", "names_differ")),
        # A phone that nobody has.
        ({"name": "苏州仁和医院", "phone": "13800000000"}, {"name": "仁和医院", "phone": "13800000000"}, None),
        # One name: brackets, spaces, width and capitals do not count.
        ({"name": "晨光(上海)有限公司"}, {"name": "晨光 （上海）有限公司"}, "name"),
        ({"name": "Acme Trading Ltd."}, {"name": "ACME TRADING LTD"}, "name"),
        ({"name": "李女士"}, {"name": "李女士"}, None),
        ({"name": "晨光医疗器械有限公司", "phone": PHONE}, {"name": "晨光医疗器械有限公司", "phone": OTHER_PHONE}, "name"),
        ({"name": "市人民医院", "phone": PHONE}, {"name": "市人民医院", "phone": OTHER_PHONE}, ("name", "phones_differ")),
        ({"name": "市人民医院", "region": "华东"}, {"name": "市人民医院", "region": "西南"}, ("name", "regions_differ")),
        # Two codes are two customers, however much else agrees.
        ({"name": "晨光医疗", "phone": PHONE, "credit_code": CODE}, {"name": "晨光医疗", "phone": PHONE, "credit_code": OTHER_CODE}, ("phone", "credit_codes_differ")),
    ],
)  # fmt: skip
def test_exact_keys_join_unless_something_speaks_against_it(tmp_path, first, second, expected):
    assert pair_of(tmp_path, first, second) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Nothing but the name, in another spelling: a person is asked.
        ({"name": "太原博爱医疗器械有限公司"}, {"name": "太原市博爱医疗器械公司"}, ("probability", None)),
        ({"name": "晨光医疗器械(上海)有限公司", "region": "华东", "industry": "经销商"}, {"name": "上海晨光医疗器械有限公司", "region": "华东", "industry": "经销商"}, ("probability", None)),
        # The same e-mail beside the same name, or the same person to speak to, is enough.
        ({"name": "太原博爱医疗器械有限公司", "email": "a@boai.example"}, {"name": "太原市博爱医疗器械公司", "email": "a@boai.example"}, "probability"),
        # Alike, and not the same.
        ({"name": "上海仁和医院", "region": "华东", "industry": "医院"}, {"name": "杭州仁和医院", "region": "华东", "industry": "医院"}, None),
        ({"name": "苏州第一人民医院", "region": "华东", "industry": "医院"}, {"name": "苏州第二人民医院", "region": "华东", "industry": "医院"}, None),
        ({"name": "苏州仁和健康管理有限公司", "region": "华东"}, {"name": "苏州仁和体检中心", "region": "华东"}, None),
        ({"name": "Customer 1001"}, {"name": "Customer 1002"}, None),
    ],
)  # fmt: skip
def test_the_model_merges_what_is_sure_and_asks_about_the_rest(tmp_path, first, second, expected):
    assert pair_of(tmp_path, first, second) == expected


def test_the_phone_of_the_one_person_to_speak_to_counts_for_the_model(tmp_path):
    found = matched(
        tmp_path,
        [account("C1", "太原博爱医疗器械有限公司"), account("C2", "太原市博爱医疗器械公司", phone=PHONE)],
        contacts=[{"contact_id": "P1", "account_id": "C1", "phone": PHONE}],
    )  # fmt: skip
    assert found.rule == {"C1": "probability", "C2": "probability"}


def test_two_people_to_speak_to_speak_for_nobody(tmp_path):
    found = matched(
        tmp_path,
        [account("C1", "太原博爱医疗器械有限公司"), account("C2", "太原市博爱医疗器械公司", phone=PHONE)],
        contacts=[
            {"contact_id": "P1", "account_id": "C1", "phone": PHONE},
            {"contact_id": "P2", "account_id": "C1", "phone": "13987650021"},
        ],
    )  # fmt: skip
    assert found.groups == set()


def test_what_more_than_twenty_records_share_is_not_weighed(tmp_path):
    def weighed(count):
        names = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌"[:count]
        rows = [
            account(f"C{n}", f"{letter}记", email="info@mail.example")
            for n, letter in enumerate(names)
        ]
        return matched(tmp_path, rows).counts["pairs_weighed"]

    assert (weighed(20), weighed(21)) == (190, 0)  # 20 × 19 ÷ 2


def test_a_phone_that_six_records_share_is_a_switchboard(tmp_path):
    def wards(count):
        return [
            account(f"C{n}", f"仁和医院{'甲乙丙丁戊己'[n]}科", phone=PHONE) for n in range(count)
        ]

    assert len(matched(tmp_path, wards(5)).groups) == 1
    assert matched(tmp_path, wards(6)).groups == set()


def test_a_customer_is_named_after_its_oldest_record_of_the_crm(tmp_path):
    mine = {"source": "my_list", "source_kind": "personal"}
    found = matched(
        tmp_path,
        [
            account("Z1", "苏州仁和医院", phone=PHONE, **mine),
            account("C3", "苏州仁和医院", phone=PHONE, created_at=datetime(2024, 12, 31)),
            account("C2", "苏州仁和医院", phone=PHONE),
            account("C1", "苏州仁和医院", phone=PHONE, created_at=None),
            account("Z9", "无锡康宁诊所", phone=OTHER_PHONE, **mine),
        ],
    )
    assert found.customer == {"Z1": "C3", "C3": "C3", "C2": "C3", "C1": "C3", "Z9": "Z9"}


TWINS = [account("C1", "苏州仁和医院", phone=PHONE), account("C2", "苏州仁和医院", phone=PHONE)]
STRANGER = account("C3", "无锡康宁诊所", phone=OTHER_PHONE)


def test_a_decision_undoes_a_merge_and_is_not_asked_about_again(tmp_path):
    found = matched(tmp_path, TWINS, decisions=[("crm:C1", "crm:C2", "keep_apart")])
    assert (found.groups, found.review, found.problems) == (set(), {}, [])


def test_a_decision_merges_what_nothing_joins(tmp_path):
    found = matched(tmp_path, [*TWINS, STRANGER], decisions=[("C3", "crm：C1", "merge")])
    assert found.groups == {frozenset({"C1", "C2", "C3"})}
    assert found.rule["C3"] == "decision"


def test_kept_apart_holds_against_a_third_record_that_looks_like_both(tmp_path):
    records = [*TWINS, account("C3", "苏州仁和医院", phone=PHONE)]
    found = matched(tmp_path, records, decisions=[("crm:C1", "crm:C3", "keep_apart")])
    assert found.customer["C1"] != found.customer["C3"]
    assert found.review == {}


def test_a_decision_about_an_unknown_record_is_named_and_the_others_hold(tmp_path):
    found = matched(
        tmp_path,
        TWINS,
        decisions=[("crm:C1", "crm:C9", "merge"), ("crm:C1", "crm:C2", "keep_apart")],
    )
    [(_, _, problem, en, zh)] = found.problems
    assert problem == "unknown_record"
    assert "crm:C9" in en and "crm:C9" in zh and "crm:C1" not in en
    assert found.groups == set()


def test_a_merge_that_other_decisions_forbid_is_named(tmp_path):
    found = matched(
        tmp_path,
        [*TWINS, STRANGER],
        decisions=[
            ("C1", "C2", "merge"),
            ("C2", "C3", "merge"),
            ("C1", "C3", "keep_apart"),
        ],
    )
    assert found.groups == {frozenset({"C1", "C2"})}
    assert [(row[0], row[1], row[2]) for row in found.problems] == [
        ("C2", "C3", "contradicts_keep_apart")
    ]


def test_a_pair_of_customers_is_asked_about_once(tmp_path):
    # 1 and 2 are one; 3 looks like either.
    code = {"credit_code": CODE}
    found = matched(
        tmp_path,
        [
            account("C1", "太原博爱医疗器械有限公司", **code),
            account("C2", "太原博爱医疗器械(有限公司)", **code),
            account("C3", "太原市博爱医疗器械公司"),
        ],
    )
    assert found.groups == {frozenset({"C1", "C2"})}
    assert list(found.review) == [("C1", "C3")]


def test_the_order_of_the_rows_changes_nothing(tmp_path):
    records = [
        *TWINS,
        STRANGER,
        account("C4", "太原博爱医疗器械有限公司"),
        account("C5", "太原市博爱医疗器械公司"),
    ]
    one, two = matched(tmp_path, records), matched(tmp_path, records[::-1])
    assert (one.customer, one.review, one.counts) == (two.customer, two.review, two.counts)


def test_nobody_delivers_customers(tmp_path):
    found = matched(tmp_path, [])
    assert found.counts["pairs_weighed"] == 0
    assert (found.customer, found.review, found.leads) == ({}, {}, {})


def test_a_lead_finds_its_customer_by_what_it_became_phone_company_or_person(tmp_path):
    def lead(key, **values):
        return {"lead_id": key} | values

    found = matched(
        tmp_path,
        [
            *TWINS,
            STRANGER,
            account("C4", "太原博爱医疗器械有限公司"),
            account("C5", "市人民医院", region="华东"),
            account("C6", "市人民医院", region="西南"),
        ],
        contacts=[{"contact_id": "P1", "account_id": "C4", "phone": "13600112234"}],
        leads=[
            lead("L1", converted_account_id="C2", phone=OTHER_PHONE),
            lead("L2", phone=OTHER_PHONE, company="苏州仁和医院"),
            lead("L3", company="太原博爱医疗器械(有限公司)"),
            lead("L4", phone="13600112234"),
            lead("L5", company="市人民医院"),  # two customers have that name
            lead("L6", wechat_id="wx1", converted_account_id="C3"),
            lead("L7", wechat_id="wx1"),
            lead("L8", phone="13711119999"),
            lead("L9", phone="13711118888", converted_account_id="C3"),
            lead("L10", phone="13711118888"),
            # L11 and L12 are of one phone and became two customers: L13 may be of either
            lead("L11", phone="13711117777", converted_account_id="C3"),
            lead("L12", phone="13711117777", converted_account_id="C4"),
            lead("L13", phone="13711117777"),
            # L14 is L9's by phone and L15's by WeChat id: the phone comes first
            lead("L14", phone="13711118888", wechat_id="wx2"),
            lead("L15", wechat_id="wx2", converted_account_id="C4"),
        ],
    )
    assert found.leads == {
        "L1": ("C1", "converted"),
        "L2": ("C3", "phone"),
        "L3": ("C4", "company"),
        "L4": ("C4", "phone"),
        "L6": ("C3", "converted"),
        "L7": ("C3", "wechat_id"),
        "L9": ("C3", "converted"),
        "L10": ("C3", "same_phone"),
        "L11": ("C3", "converted"),
        "L12": ("C4", "converted"),
        "L14": ("C3", "same_phone"),
        "L15": ("C4", "converted"),
    }


def test_the_linkage_library_is_not_loaded_where_no_candidate_is_left(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.unit.steps.matching_world import account, matched\n"
        "phone = {'phone': '13912345078'}\n"
        "found = matched(Path(sys.argv[1]), [account('C1', '苏州仁和医院', **phone), "
        "account('C2', '苏州仁和医院', **phone)])\n"
        "assert len(found.groups) == 1 and found.counts['pairs_weighed'] == 0\n"
        "assert 'splink' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=120)
