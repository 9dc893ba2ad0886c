"""How often a service may be asked."""

import pytest

from pipelines.sources import pace


@pytest.mark.parametrize(("calls", "seconds"), [(30, 1.0), (100, 20.0), (10, 60.0)])
def test_a_pace_never_puts_more_calls_into_any_window_than_allowed(calls, seconds):
    now = [0.0]
    times = []

    def sleep(length: float) -> None:
        now[0] += length

    paced = pace.Pace(calls, seconds, clock=lambda: now[0], sleep=sleep)
    for number in range(3 * calls):
        paced.wait()
        times.append(now[0])
        now[0] += seconds / calls * (number % 3) / 2  # some calls take long
    for start in times:
        assert sum(start <= at < start + seconds for at in times) <= calls
