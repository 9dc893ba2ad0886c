"""A file of expectations that is wrong says which file, which entry and what to write."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from pipelines.checks.expectation_suites import (
    ExpectationError,
    load_suite,
    resolve_kwargs,
)
from pipelines.checks.subjects import landed_subjects

FX_RATES = landed_subjects()["fx_rates"]
BETWEEN = {
    "name": "rates_are_positive",
    "expect": "expect_column_values_to_be_between",
    "kwargs": {"column": "rate", "min_value": 0},
    "severity": "critical",
    "description": {"en": "Rates are positive", "zh": "汇率为正数"},
}


def write(tmp_path, *expectations, **others):
    folder = tmp_path / "expectations" / "landed"
    folder.mkdir(parents=True)
    content = {"entity": "fx_rates", "expectations": list(expectations)} | others
    (folder / "fx_rates.yml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return folder.parent


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"severity": "error"}, "severity: Input should be 'critical' or 'warning'"),
        ({"name": "Rates!"}, "name: String should match pattern"),
        ({"expect": "expect_rates"}, "expect: Input should be"),
        ({"description": {"en": "Rates are positive"}}, "description.zh: Field required"),
        ({"tolerance": 1}, "tolerance: Extra inputs are not permitted"),
        ({"kwargs": {"column": "rates", "min_value": 0}}, "no column 'rates'; there are currency"),
        ({"kwargs": {"column": "rate"}}, "give min_value, max_value or both"),
        ({"kwargs": {"min_value": 0}}, r"lacks ['column'], does not know []"),
        ({"kwargs": {"column": "rate", "min": 0}}, r"lacks [], does not know ['min']"),
        ({"kwargs": {"column": "rate", "min_value": "{as_of+1y}"}}, "write {as_of}, {as_of+365d}"),
        ({"kwargs": {"column": "rate", "min_value": 0, "mostly": 90}}, "write 0.9 for 90 %"),
        (
            {
                "expect": "expect_column_values_to_match_regex",
                "kwargs": {"column": "currency", "regex": r"^\w{3}$"},
            },
            "write [0-9] or [A-Za-z] in regex",
        ),
        (
            {
                "expect": "expect_table_columns_to_match_set",
                "kwargs": {"column_set": "contract", "exact_match": True},
                "condition": "rate > 0",
            },
            "drop the condition",
        ),
    ],
)
def test_a_wrong_entry_is_named_by_file_number_and_name(tmp_path, changed, words):
    entry = BETWEEN | changed
    with pytest.raises(ExpectationError) as caught:
        load_suite(FX_RATES, write(tmp_path, BETWEEN | {"name": "all_is_well"}, entry))
    message = str(caught.value)
    assert message.startswith(f"expectations/landed/fx_rates.yml: expectation 2 ({entry['name']})")
    assert words in message


@pytest.mark.parametrize(
    ("expectations", "others", "words"),
    [
        ([BETWEEN, BETWEEN], {}, "expectation 2 (rates_are_positive): that name stands twice"),
        ([BETWEEN | {"severity": "warning"}], {}, "no expectation is critical"),
        ([BETWEEN], {"entity": "market"}, "entity is 'market', write 'fx_rates'"),
        ([BETWEEN], {"computed": {"rate": "1"}}, "computed ['rate'] are columns already"),
        ([BETWEEN], {"computed": {"idle": "1"}}, "computed ['idle'] are used by no expectation"),
        ([], {}, "expectations: List should have at least 1 item"),
    ],
)
def test_a_wrong_file_is_named_with_the_fix(tmp_path, expectations, others, words):
    with pytest.raises(ExpectationError) as caught:
        load_suite(FX_RATES, write(tmp_path, *expectations, **others))
    assert str(caught.value).startswith("expectations/landed/fx_rates.yml")
    assert words in str(caught.value)


def test_a_file_that_is_no_yaml_or_missing_is_named(tmp_path):
    folder = write(tmp_path, BETWEEN)
    (folder / "landed" / "fx_rates.yml").write_text("entity: [", "utf-8")
    with pytest.raises(ExpectationError, match=r"landed/fx_rates.yml is not YAML"):
        load_suite(FX_RATES, folder)
    with pytest.raises(ExpectationError, match=r"landed/market.yml is missing"):
        load_suite(landed_subjects()["market"], folder)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("{as_of}", date(2026, 3, 10)),
        ("{as_of+365d}", date(2027, 3, 10)),
        ("{as_of-10d}", date(2026, 2, 28)),
    ],
)
def test_placeholders_count_from_the_day_of_the_night(tmp_path, written, day):
    entry = BETWEEN | {"kwargs": {"column": "valid_on", "max_value": written}}
    suite = load_suite(FX_RATES, write(tmp_path, entry))
    resolved = resolve_kwargs(suite.expectations[0], suite.subject, date(2026, 3, 10))
    assert resolved == {"column": "valid_on", "max_value": day}


def test_contract_stands_for_landed_columns_and_lineage():
    suite = load_suite(FX_RATES)
    resolved = resolve_kwargs(suite.expectations[0], suite.subject, date(2026, 3, 10))
    assert resolved["column_set"] == [
        "currency", "valid_on", "rate",
        "source", "source_kind", "source_row", "landed_at", "landed_on", "is_reconstructed",
        "extra",
    ]  # fmt: skip
