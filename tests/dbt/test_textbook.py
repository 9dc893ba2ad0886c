"""The slow implementation against figures of scikit-survival 0.28 and lifelines 0.30, kept as literals."""

import math

import pytest

from tests.dbt.textbook import Member, incidence, interval

EVENTS = {0: "open", 1: "advanced", 2: "lost"}
TIMES = [14, 9, 10, 13, 9, 11, 12, 4, 1, 5, 4, 13, 13, 1, 7, 12, 2, 12, 2, 7, 12, 5, 5, 4]
KINDS = [0, 1, 1, 1, 2, 2, 1, 2, 0, 0, 1, 0, 0, 1, 1, 2, 1, 1, 1, 0, 0, 0, 2, 0]
TIED = [Member(t, EVENTS[k]) for t, k in zip(TIMES, KINDS, strict=True)]
# time → incidence, low and high of cumulative_incidence_competing_risks(var_type="Dinse_Approx", conf_type="log-log")
SCIKIT_SURVIVAL = {
    1: (0.041666666667, 0.002990092764, 0.175932726011),
    2: (0.128787878788, 0.03229248036, 0.29414428421),
    4: (0.172348484848, 0.053893869148, 0.347000261252),
    7: (0.225060478737, 0.080945233501, 0.412819572839),
    10: (0.339269798829, 0.148157722734, 0.542301252192),
    12: (0.45347911892, 0.228454112006, 0.65470222539),
    14: (0.524859943978, 0.277699569496, 0.723009761486),
}


@pytest.mark.parametrize("time", SCIKIT_SURVIVAL)
def test_incidence_with_ties_is_that_of_scikit_survival(time):
    expected, low, high = SCIKIT_SURVIVAL[time]
    estimate, variance = incidence(TIED, time)
    assert estimate == pytest.approx(expected, abs=1e-11)
    # That package transforms by ln(−ln F): from its interval back to the variance.
    z = 1.959963984540054
    width = (math.log(-math.log(low)) - math.log(-math.log(high))) / (2 * z)
    assert variance == pytest.approx((width * expected * math.log(expected)) ** 2, abs=1e-10)


def test_late_entries_are_at_risk_only_after_they_were_first_seen_as_in_lifelines():
    times = [3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20]
    kinds = [1, 2, 1, 0, 1, 2, 2, 1, 0, 1, 2, 1]
    entries = [0, 0, 2, 4, 0, 7, 7, 10, 1, 10, 0, 12]
    members = [Member(t, EVENTS[k], e) for t, k, e in zip(times, kinds, entries, strict=True)]
    # AalenJohansenFitter(...).fit(..., entry=...).cumulative_density_
    expected = {
        3: 1 / 6,
        6: 0.305555555556,
        9: 0.416666666667,
        14: 0.475925925926,
        20: 0.633950617284,
    }
    for time, value in expected.items():
        assert incidence(members, time)[0] == pytest.approx(value, abs=1e-11)


def test_the_interval_stays_inside_nought_and_one_and_holds_the_estimate():
    low, high = interval(0.3, 0.0004)
    # ln(−ln 0.7) = −1.030930; width 0.02 / (0.7 × 0.356675) = 0.080105; × 1.96 = 0.157003
    assert low == pytest.approx(1 - 0.7 ** math.exp(-0.157003), abs=1e-6)
    assert 0 < low < 0.3 < high < 1
