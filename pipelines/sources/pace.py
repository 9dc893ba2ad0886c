"""Keep below a service's limit of calls: evenly spaced, one pace per service and process."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

# Clocks on two machines differ a little, and a call takes its own time to arrive.
SHARE_OF_LIMIT = 0.9


class Pace:
    """Space calls evenly, so that no window of any service ever holds too many."""

    def __init__(
        self,
        calls: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = seconds / (calls * SHARE_OF_LIMIT)
        self._clock, self._sleep = clock, sleep
        self._next = 0.0

    def wait(self) -> None:
        """Wait until the next call may go out."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
            now = self._next
        self._next = now + self._gap


@cache
def pace_of(service: str, calls: int, seconds: float) -> Pace:
    """Return the one pace that all sources of a service share."""
    return Pace(calls, seconds)
