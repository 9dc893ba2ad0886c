"""Maven replayed weekly over 2017-Q3 and Q4 against the two forecasts that a manager makes by hand.

The event: bookings reach 0.8, 0.9, 1.0, 1.1 and 1.2 times the quarter before.
"""

from __future__ import annotations

import pytest

from tests.real_data.forecast_scores import Called, brier, calibration_error, reliability
from tests.shared_data import needs_shared_data

pytestmark = needs_shared_data
SCOPES = ("company", "regional_office", "manager", "sales_agent")


@pytest.fixture(scope="module")
def calls() -> dict[str, list[Called]]:
    from tests.real_data.maven_replay import replay

    return replay()


def test_every_sunday_of_both_quarters_is_called_at_every_threshold(
    calls: dict[str, list[Called]],
) -> None:
    # 13 Sundays in each quarter, 5 thresholds; the company, 3 offices, 6 managers and 30 agents.
    assert [len(calls[kind]) for kind in SCOPES] == [130, 390, 780, 3900]


@pytest.mark.parametrize("kind", SCOPES)
def test_the_brier_score_is_better_than_both_ways_by_hand(
    calls: dict[str, list[Called]], kind: str
) -> None:
    own = brier(calls[kind], "forecast")
    assert own < brier(calls[kind], "extrapolated")
    assert own < brier(calls[kind], "ladder")
    # Better than always saying how often it came.
    came = sum(c.came for c in calls[kind]) / len(calls[kind])
    assert own < came * (1 - came)


@pytest.mark.parametrize("kind", SCOPES)
def test_chances_are_nearer_to_what_came_than_both_ways_by_hand(
    calls: dict[str, list[Called]], kind: str
) -> None:
    own = calibration_error(calls[kind])
    assert own < calibration_error(calls[kind], "extrapolated")
    assert own < calibration_error(calls[kind], "ladder")


def test_deciles_of_agents_come_true_as_often_as_called(calls: dict[str, list[Called]]) -> None:
    for decile, count, called, came in reliability(calls["sales_agent"]):
        assert count > 100, decile
        assert abs(called - came) < 0.1, decile
