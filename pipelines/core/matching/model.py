"""How much each agreement speaks for one customer: a Fellegi-Sunter model with fixed weights.

Of a pair of records, `m` is how often it looks so where both are one customer, `u` how often where
they are not. The figures are ours, fixed so that the same records give the same answer on every
night; docs/methods/customer-matching.md says where they come from and what they cannot see.
"""

from __future__ import annotations

from typing import Any

# One in ten thousand pairs that share a block is one customer.
PRIOR = 1e-4

# (condition, m, u), in the order in which they are tried; the last one is everything else.
Level = tuple[str, float, float]
NOT_KNOWN = "{0}_l is null or {0}_r is null"
COMPARISONS: dict[str, tuple[str, list[Level]]] = {
    "core": (
        "core",
        [
            ("core_l = core_r", 0.55, 5e-5),
            ("core_sorted_l = core_sorted_r", 0.12, 1e-4),
            ("{alike} >= 0.8", 0.15, 3e-4),
            ("contains(core_l, core_r) or contains(core_r, core_l)", 0.08, 1e-3),
            ("{alike} >= 0.5", 0.06, 0.05),
            ("ELSE", 0.04, 0.94855),
        ],
    ),
    # 第一 and 第二, shop 12 and shop 13: alike in spelling, different in fact.
    "numbers": ("numbers", [("numbers_l = numbers_r", 0.98, 0.6), ("ELSE", 0.02, 0.4)]),
    "phone": ("phone", [("phone_l = phone_r", 0.6, 1e-5), ("ELSE", 0.4, 0.99999)]),
    "email": ("email", [("email_l = email_r", 0.6, 1e-5), ("ELSE", 0.4, 0.99999)]),
    "credit_code": (
        "credit_code",
        [("credit_code_l = credit_code_r", 0.99, 1e-6), ("ELSE", 0.01, 0.999999)],
    ),
    "region": ("region", [("region_l = region_r", 0.9, 0.25), ("ELSE", 0.1, 0.75)]),
    "industry": ("industry", [("industry_l = industry_r", 0.85, 0.2), ("ELSE", 0.15, 0.8)]),
}
# Share of two-letter pieces that both names have: Chinese has no words to split.
ALIKE = "(2.0 * len(list_intersect(pieces_l, pieces_r)) / (len(pieces_l) + len(pieces_r)))"
COLUMNS = (
    "core", "core_sorted", "pieces", "numbers", "phone", "email", "credit_code", "region",
    "industry",
)  # fmt: skip


def linkage_settings() -> dict[str, Any]:
    """Return the model as the record-linkage library reads it; m and u are given, not trained."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_no",
        "probability_two_random_records_match": PRIOR,
        # The pairs to be judged are handed over; the library wants a rule all the same.
        "blocking_rules_to_generate_predictions": ["l.core = r.core"],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "comparisons": [
            {"output_column_name": name, "comparison_levels": _levels(column, levels)}
            for name, (column, levels) in COMPARISONS.items()
        ],
    }


def _levels(column: str, levels: list[Level]) -> list[dict[str, Any]]:
    unknown = {
        "sql_condition": NOT_KNOWN.format(column),
        "label_for_charts": "not known",
        "is_null_level": True,
    }
    return [
        unknown,
        *(
            {
                "sql_condition": condition.replace("{alike}", ALIKE),
                "label_for_charts": condition,
                "m_probability": m,
                "u_probability": u,
            }
            for condition, m, u in levels
        ),
    ]
