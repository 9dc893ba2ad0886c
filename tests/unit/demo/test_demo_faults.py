"""Every fault that the truth lists stands where it says, and few enough to hold nothing."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise

import openpyxl
from written_company import GBK

KINDS = {
    "bad_amount",
    "bad_date",
    "bad_share",
    "exact_duplicate",
    "missing_key",
    "missing_required",
    "same_key_other_content",
    "subtotal_row",
    "unknown_kind",
    "unknown_stage",
}


def raw(company, file):
    path = company.folder / file
    if path.suffix == ".xlsx":
        rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [["" if cell is None else str(cell) for cell in row] for row in rows]
    stem = path.relative_to(company.inbox).as_posix().rsplit("_", 1)[0]
    with path.open(encoding="gbk" if stem in GBK else "utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


def test_every_kind_of_fault_is_planted(full):
    assert set(full.truth["fault_counts"]) == KINDS
    assert Counter(f["kind"] for f in full.truth["faults"]) == full.truth["fault_counts"]


def test_each_fault_stands_where_the_truth_says(company):
    for fault in company.truth["faults"]:
        rows = raw(company, fault["file"])
        row = rows[fault["row"] - 1]
        if fault["column"]:
            assert row[rows[0].index(fault["column"])] == fault["value"]
        if fault["kind"] == "exact_duplicate":
            assert rows.count(row) == 2
        if fault["kind"] == "same_key_other_content":
            key = rows[0].index("商机编号" if "opportunities" in fault["file"] else "回款编号")
            assert sum(other[key] == row[key] for other in rows) == 2


def test_bad_rows_stay_under_five_percent_and_twenty_per_file(company):
    bad = Counter(f["file"] for f in company.truth["faults"] if f["expected"] == "quarantined")
    for file, count in bad.items():
        assert count < 20
        assert count < 0.05 * (len(raw(company, file)) - 1), file


def test_no_fault_reuses_a_key_of_the_ledger(full):
    real = set(full.last("crm/stage_events")["商机编号"])
    assert not any(key.startswith("OPF") for key in real)


def test_a_column_comes_and_another_is_missing_for_a_day(full):
    added, dropped = full.truth["drift"]["added_column"], full.truth["drift"]["dropped_column"]
    for path in full.files("crm/opportunities"):
        is_later = path.stem[-8:] >= added["from"].replace("-", "")
        assert (added["column"] in full.read(path).columns) == is_later
    for path in full.files("crm/accounts"):
        is_that_day = path.stem[-8:] == dropped["on"].replace("-", "")
        assert (dropped["column"] not in full.read(path).columns) == is_that_day


def test_no_snapshot_falls_by_more_than_a_few_rows(company):
    for stem in ("crm/opportunities", "crm/accounts", "erp/orders", "hr/people"):
        keys = [set(company.read(path).iloc[:, 0]) for path in company.files(stem)]
        gone = [
            {key for key in before - after if key.isalnum()} for before, after in pairwise(keys)
        ]
        assert max(len({key for key in lost if "F" not in key}) for lost in gone) <= 2


def test_snapshots_change_by_one_or_two_percent_a_workday(full):
    frames = [full.read(path).drop_duplicates() for path in full.files("crm/opportunities")[33:53]]
    shares = []
    for before, after in pairwise(frames):
        same = set(map(tuple, before.iloc[:, :18].values)) & set(
            map(tuple, after.iloc[:, :18].values)
        )
        shares.append(1 - len(same) / len(after))
    assert 0.004 < max(shares) < 0.04


def test_amounts_and_phones_come_in_several_styles(full):
    deals = full.last("crm/opportunities").set_index("商机编号")["预计金额"]
    for number, style in full.truth["styled_amounts"].items():
        assert style in deals[number]
    phones = full.last("crm/accounts").drop_duplicates("客户编号").set_index("客户编号")["电话"]
    for number, phone in full.truth["styled_phones"].items():
        assert phones[number] == phone["written"]
        digits = "".join(c for c in phones[number] if c.isdigit())
        assert digits.removeprefix("86") == phone["digits"]


def test_duplicates_share_the_key_that_the_truth_names(full):
    accounts = full.last("crm/accounts").drop_duplicates("客户编号").set_index("客户编号")
    for group in full.truth["duplicate_customers"]:
        first, twin = (accounts.loc[number] for number in group["account_ids"])
        if group["matched_by"] == "credit_code":
            assert first["统一社会信用代码"] == twin["统一社会信用代码"] != ""
        elif group["matched_by"] == "phone":
            assert "".join(c for c in twin["电话"] if c.isdigit()).endswith(first["电话"])
        elif group["matched_by"] == "normalised_name":
            assert twin["客户名称"].replace("\u3000", "") == first["客户名称"]
        else:
            assert twin["统一社会信用代码"] == "" and twin["电话"] == ""


def test_otherwise_no_two_customers_share_a_code_a_phone_or_a_name(full):
    accounts = full.last("crm/accounts").drop_duplicates("客户编号")
    twins = {number for g in full.truth["duplicate_customers"] for number in g["account_ids"][1:]}
    accounts = accounts[~accounts["客户编号"].isin(twins)]
    for column in ("统一社会信用代码", "电话", "客户名称"):
        values = accounts[column][accounts[column] != ""]
        assert not values.duplicated().any()
