"""The forecast on demo companies that were not looked at while it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.demo_forecast import SCOPES, build_for_forecast, score_weeks
from tests.real_data.forecast_scores import Called, brier, calibration_error

pytestmark = pytest.mark.deep(topic="nights")
SEEDS = (101, 102)


@pytest.fixture(scope="module", params=SEEDS)
def calls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    home: Path = tmp_path_factory.mktemp("forecast") / "company"
    return score_weeks(build_for_forecast(home, request.param))


@pytest.mark.parametrize("kind", SCOPES)
def test_the_brier_score_is_better_than_both_ways_by_hand(
    calls: dict[str, list[Called]], kind: str
) -> None:
    own = brier(calls[kind], "forecast")
    assert own < brier(calls[kind], "ladder")
    assert own < brier(calls[kind], "extrapolated")


def test_chances_called_for_people_are_near_to_what_came(calls: dict[str, list[Called]]) -> None:
    own = calibration_error(calls["person"])
    assert own < 0.1
    assert own < calibration_error(calls["person"], "ladder")
    assert own < calibration_error(calls["person"], "extrapolated")
