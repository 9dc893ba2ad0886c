"""The metrics sheet taken apart: what is computed, what is compared, and that values stay values."""

from pipelines.core.rules.formulas import MODELLED, control_point_tests, formula_tables
from pipelines.core.rules.tables import default_rules
from pipelines.landing.rules import landed_entity_columns


def tables(conditions=None, aliases=(), **values):
    row = {
        "metric": "m", "entity": "orders", "aggregate": "count", "date_column": "signed_on",
        "value_column": None, "conditions": conditions, "reach_at_least": None, "reach_column": None,
        "window_months": None, "is_enabled": True,
    } | values  # fmt: skip
    return formula_tables([row], aliases, landed_entity_columns())


def compared(conditions, aliases=(), **values):
    found = tables(conditions, aliases, **values)["metric_condition"].to_pylist()
    return [(c["column_name"], c["column_kind"], c["operator"], c["value"]) for c in found]


def test_money_and_percentages_are_plain_numbers():
    assert compared("amount >= 80万") == [("amount", "money", ">=", "800000")]
    assert compared("amount = 1.5万") == [("amount", "money", "=", "15000")]
    assert compared("probability > 50%", entity="opportunities") == [
        ("probability", "number", ">", "0.5")
    ]


def test_a_list_is_one_value_a_row():
    assert compared("region one of 华东、华南") == [
        ("region", "text", "one_of", "华东"),
        ("region", "text", "one_of", "华南"),
    ]


def test_names_in_conditions_go_by_their_alias():
    alias = {"kind": "region", "alias": "东区", "name": "华东"}
    assert compared("region = 东区", [alias]) == [("region", "text", "=", "华东")]
    assert compared("status = 东区", [alias]) == [("status", "text", "=", "东区")]


def test_yes_is_true_in_either_language():
    assert compared("is_tax_included = 是") == [("is_tax_included", "boolean", "=", "true")]
    assert compared("is_tax_included = no") == [("is_tax_included", "boolean", "=", "false")]


def test_a_value_that_cannot_be_of_the_columns_kind_is_compared_as_words():
    assert compared("amount = 很多") == [("amount", "text", "=", "很多")]
    assert compared("signed_on >= 5") == [("signed_on", "text", ">=", "5")]
    assert compared("amount >= 2026-01-01") == [("amount", "text", ">=", "2026-01-01")]


def test_a_column_that_nobody_declared_is_the_companys_own():
    assert compared("科室 = it's") == [("科室", "extra", "=", "it's")]


def test_days_add_up_only_where_no_object_can_count_twice():
    def is_additive(**values):
        return tables(**values)["metric_formula"].to_pylist()[0]["is_additive"]

    assert is_additive()
    assert is_additive(aggregate="sum", value_column="amount")
    assert is_additive(entity="quotes", aggregate="distinct", value_column="quote_id")
    assert not is_additive(aggregate="distinct", value_column="account_id")
    assert not is_additive(aggregate="distinct", value_column="order_id")  # an order has lines
    assert not is_additive(window_months=12)


def test_ratios_disabled_rows_and_metrics_with_a_model_are_left_out():
    assert tables(is_enabled=False)["metric_formula"].num_rows == 0
    assert tables(aggregate="ratio", entity=None)["metric_formula"].num_rows == 0
    assert tables(metric="signed_amount")["metric_formula"].num_rows == 0


def test_every_shipped_metric_is_computed_by_a_formula_a_ratio_or_a_model():
    rules = default_rules()
    found = formula_tables(rules["metrics"].to_pylist(), [], landed_entity_columns())
    computed = set(found["metric_formula"].column("metric").to_pylist())
    shipped = {r["metric"] for r in rules["metrics"].to_pylist() if r["aggregate"] != "ratio"}
    assert computed | MODELLED == shipped
    assert not computed & MODELLED


def checked(**values):
    row = {
        "control_point": "p", "entity": "orders", "column": "amount", "operator": "at_least",
        "value": "5万", "applies_when": None,
    } | values  # fmt: skip
    found = control_point_tests([row], (), landed_entity_columns()).to_pylist()
    return [
        (c["is_scope"], c["column_name"], c["column_kind"], c["operator"], c["value"])
        for c in found
    ]


def test_a_control_point_is_a_test_and_the_records_that_it_asks_it_of():
    assert checked(applies_when="region = 华东") == [
        (False, "amount", "money", ">=", "50000"),
        (True, "region", "text", "=", "华东"),
    ]


def test_a_control_point_that_asks_for_all_of_a_list_has_one_value_a_row():
    several = {"entity": "activities", "column": "content", "operator": "all_of"}
    assert checked(**several, value="预算、决策人") == [
        (False, "content", "text", "all_of", "预算"),
        (False, "content", "text", "all_of", "决策人"),
    ]


def test_a_control_point_on_a_column_of_the_companys_own_compares_as_it_is_written():
    assert checked(column="合同页数", value="5") == [(False, "合同页数", "extra", ">=", "5")]
    assert checked(column="合同页数", operator="filled", value=None) == [
        (False, "合同页数", "extra", "filled", "")
    ]
