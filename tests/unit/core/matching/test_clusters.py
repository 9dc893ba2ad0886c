"""Clusters of customer records: decisions first, certain evidence next, nothing against either."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.matching.clusters import CODES_DIFFER, KEPT_APART, RULES, Clusters, Pair

RECORDS = [f"C{n}" for n in range(8)]


def joined(*pairs, codes=None, apart=()):
    clusters = Clusters(codes or {}, apart)
    refused = clusters.join_all(pairs)
    return {record: m.cluster for record, m in clusters.memberships().items()}, refused


def test_records_that_share_a_third_are_one_customer():
    found, refused = joined(Pair("C3", "C2", "phone"), Pair("C2", "C1", "name"))
    assert found == {"C1": "C1", "C2": "C1", "C3": "C1"}
    assert refused == []


def test_a_record_without_a_partner_is_not_mentioned():
    found, _ = joined(Pair("C1", "C2", "phone"))
    assert "C3" not in found


def test_kept_apart_holds_by_whatever_way_round():
    # C1 and C3 are kept apart; C2 looks like both, and its phone is the stronger evidence.
    found, refused = joined(
        Pair("C1", "C2", "phone"), Pair("C2", "C3", "name"), apart=[("C1", "C3")]
    )
    assert found == {"C1": "C1", "C2": "C1"}
    assert refused == [(Pair("C2", "C3", "name"), KEPT_APART)]


def test_kept_apart_is_inherited_by_what_joins_later():
    # 4 joins 3, which is kept apart from 1: 4 and 2 (with 1) stay apart as well.
    found, refused = joined(
        Pair("C1", "C2", "credit_code"),
        Pair("C3", "C4", "credit_code"),
        Pair("C2", "C4", "phone"),
        apart=[("C1", "C3")],
    )
    assert found == {"C1": "C1", "C2": "C1", "C3": "C3", "C4": "C3"}
    assert refused == [(Pair("C2", "C4", "phone"), KEPT_APART)]


def test_a_decision_to_merge_does_not_beat_a_decision_to_keep_apart():
    pairs = [Pair("C1", "C2", "decision"), Pair("C2", "C3", "decision")]
    found, refused = joined(*pairs, apart=[("C1", "C3")])
    assert found == {"C1": "C1", "C2": "C1"}
    assert refused == [(pairs[1], KEPT_APART)]


def test_no_automatic_join_brings_two_credit_codes_together():
    found, refused = joined(
        Pair("C1", "C2", "phone"), Pair("C2", "C3", "phone"), codes={"C1": "X", "C3": "Y"}
    )
    assert found == {"C1": "C1", "C2": "C1"}
    assert refused == [(Pair("C2", "C3", "phone"), CODES_DIFFER)]


def test_a_person_may_join_two_credit_codes_and_what_has_either_follows():
    found, refused = joined(
        Pair("C1", "C2", "decision"),
        Pair("C2", "C3", "credit_code"),
        codes={"C1": "X", "C2": "Y", "C3": "Y"},
    )
    assert set(found.values()) == {"C1"}
    assert refused == []


def test_a_record_remembers_what_joined_it_first():
    clusters = Clusters({})
    clusters.join_all([Pair("C1", "C2", "probability", 0.9995), Pair("C2", "C3", "credit_code")])
    found = clusters.memberships()
    assert (found["C2"].rule, found["C2"].other) == ("credit_code", "C3")
    assert (found["C1"].rule, found["C1"].other, found["C1"].probability) == (
        "probability", "C2", 0.9995,
    )  # fmt: skip


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(RECORDS),
        st.sampled_from(RECORDS),
        st.sampled_from(RULES),
        st.sampled_from([None, 0.9991, 0.9999]),
    ).filter(lambda t: t[0] != t[1]),
    max_size=16,
).map(lambda rows: [Pair(*row) for row in rows])
APART = st.lists(
    st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)).filter(lambda t: t[0] != t[1]),
    max_size=5,
)
CODES = st.dictionaries(st.sampled_from(RECORDS), st.sampled_from("XYZ"))


@given(PAIRS, APART, CODES)
def test_two_records_kept_apart_never_stand_in_one_cluster(pairs, apart, codes):
    found, _ = joined(*pairs, codes=codes, apart=apart)
    for left, right in apart:
        assert found.get(left, left) != found.get(right, right)


@given(PAIRS, APART, CODES)
def test_a_cluster_without_decisions_holds_one_credit_code(pairs, apart, codes):
    automatic = [pair for pair in pairs if pair.rule != "decision"]
    found, _ = joined(*automatic, codes=codes, apart=apart)
    for cluster in set(found.values()):
        assert len({codes[r] for r, c in found.items() if c == cluster and r in codes}) <= 1


@given(PAIRS, APART, CODES, st.integers())
def test_the_order_of_the_rows_changes_nothing(pairs, apart, codes, seed):
    mixed = pairs[:]
    random.Random(seed).shuffle(mixed)
    assert (
        joined(*mixed, codes=codes, apart=apart[::-1])[0]
        == joined(*pairs, codes=codes, apart=apart)[0]
    )


@given(PAIRS, APART, CODES)
def test_a_pair_is_joined_or_refused_with_its_reason(pairs, apart, codes):
    found, refused = joined(*pairs, codes=codes, apart=apart)
    left_out = {pair for pair, _ in refused}
    for pair in pairs:
        same = found.get(pair.left, pair.left) == found.get(pair.right, pair.right)
        assert same or pair in left_out
