"""How likely a deal is won within some workdays, given how long it has stood in its stage."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NEVER = 1_000_000
LEAST_AT_RISK = 20
POOLED = "pooled_stages"
NO_HISTORY = "insufficient_history"


@dataclass(frozen=True)
class Stays:
    """Past and present stays of deals in open stages. Grain: one element per deal and stay.

    Attributes:
        stage: code of pipeline and stage.
        entered: workday index of entering the stage.
        seen: workday index from which on the deal was watched (left truncation); never seen before
            entering: the index of entering.
        left: workday index of leaving the stage, NEVER while it stands there.
        ended: workday index on which the deal was won or lost, NEVER while it is open.
        won: whether that end was a win.
    """

    stage: Ints
    entered: Ints
    seen: Ints
    left: Ints
    ended: Ints
    won: Flags

    def known_on(self, today: int) -> Stays:
        """Return what could be known at the end of a workday: later leaving and ending is open."""
        known = (self.entered <= today) & (self.seen <= today)
        left, ended = self.left[known], self.ended[known]
        return Stays(
            stage=self.stage[known],
            entered=self.entered[known],
            seen=np.maximum(self.seen[known], self.entered[known]),
            left=np.where(left <= today, left, NEVER),
            ended=np.where(ended <= today, ended, NEVER),
            won=self.won[known] & (ended <= today),
        )

    def of_stage(self, stage: int) -> Stays:
        """Return the stays in one stage."""
        own = self.stage == stage
        return Stays(
            self.stage[own], self.entered[own], self.seen[own], self.left[own], self.ended[own],
            self.won[own],
        )  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """Chance of having been won by each of the coming workdays.

    Attributes:
        incidence: element u: won within u workdays (element 0 is 0; it never falls).
        n_at_risk: deals that stood in the stage at that age and were followed on.
        reason: NULL, or why it is not the stage's own figure.
    """

    incidence: Floats
    n_at_risk: int
    reason: str | None = None


def landmark_curve(stays: Stays, age: int, today: int, horizon: int) -> Curve:
    """Return how deals that still stood in their stage at an age were won from then on.

    Landmark Aalen–Johansen (Putter and Spitoni 2018): of the deals that stood there at that age,
    [F_won(age + u) − F_won(age)] ÷ Ŝ(age), lost as the competing event, open deals censored today,
    events before censorings at ties. No assumption of what happens between stages.

    Args:
        stays: stays in one stage, as known today.
        age: workdays in the stage.
        today: workday index of the day that the question is asked.
        horizon: greatest number of workdays ahead.

    Returns:
        One element per workday ahead, 0 to horizon.
    """
    stood = (
        (stays.left - stays.entered > age)
        & (today - stays.entered >= age)
        & (stays.seen - stays.entered <= age)
    )
    entered, ended = stays.entered[stood], stays.ended[stood]
    has_ended = ended < NEVER
    after = np.where(has_ended, ended, today) - entered - age
    after = np.clip(after, 0, horizon + 1)
    size = horizon + 2
    wins = np.bincount(after[has_ended & stays.won[stood]], minlength=size)[: horizon + 1]
    ends = np.bincount(after[has_ended], minlength=size)[: horizon + 1]
    gone = np.bincount(after, minlength=size)[: horizon + 1]
    at_risk = len(after) - np.concatenate(([0], np.cumsum(gone)[:-1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(at_risk > 0, ends / at_risk, 0.0)
        winning = np.where(at_risk > 0, wins / at_risk, 0.0)
    survival = np.concatenate(([1.0], np.cumprod(1.0 - hazard)[:-1]))
    return Curve(np.cumsum(survival * winning), len(after))


@dataclass
class WinCurves:
    """The curves of one day: by stage and age, pooled where a stage's own history is short."""

    stays: Stays
    today: int
    horizon: int
    least: int = LEAST_AT_RISK
    _kept: dict[tuple[int, int], Curve | None] = field(default_factory=dict)
    _stages: dict[int, tuple[Stays, Ints]] = field(default_factory=dict)

    def curve(self, stage: int, age: int) -> Curve | None:
        """Return the curve for a stage and age; None if even all stages together are too few.

        Under `least` deals at that age, the highest younger age with so many speaks; a stage
        without any such age is answered by all stages pooled.
        """
        key = (stage, age)
        if key not in self._kept:
            self._kept[key] = self._own(stage, age) or self._pooled(age)
        return self._kept[key]

    def _own(self, stage: int, age: int) -> Curve | None:
        if stage not in self._stages:
            own = self.stays.of_stage(stage)
            self._stages[stage] = (own, risk_counts(own, self.today))
        own, counts = self._stages[stage]
        spoken = spoken_age(counts, age, self.least)
        return None if spoken is None else landmark_curve(own, spoken, self.today, self.horizon)

    def _pooled(self, age: int) -> Curve | None:
        if -1 not in self._stages:
            self._stages[-1] = (self.stays, risk_counts(self.stays, self.today))
        spoken = spoken_age(self._stages[-1][1], age, self.least)
        if spoken is None:
            return None
        curve = landmark_curve(self.stays, spoken, self.today, self.horizon)
        return Curve(curve.incidence, curve.n_at_risk, POOLED)


def risk_counts(stays: Stays, today: int) -> Ints:
    """Count, for each age, the deals that stood in their stage at that age and were watched."""
    first = np.maximum(stays.seen - stays.entered, 0)
    last = np.minimum(np.where(stays.left < NEVER, stays.left - 1, today), today) - stays.entered
    valid = last >= first
    if not valid.any():
        return np.zeros(1, dtype=np.int64)
    size = int(last[valid].max()) + 2
    steps = np.bincount(first[valid], minlength=size) - np.bincount(last[valid] + 1, minlength=size)
    return np.cumsum(steps)[:-1].astype(np.int64)


def spoken_age(counts: Ints, age: int, least: int) -> int | None:
    """Return the highest age, up to the given one, at which enough deals stood; None if never."""
    enough = np.flatnonzero(counts[: age + 1] >= least)
    return int(enough[-1]) if len(enough) else None
