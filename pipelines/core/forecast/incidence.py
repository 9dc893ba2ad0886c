"""How likely a deal is won within some workdays, given how long it has stood in its stage."""

from __future__ import annotations

from dataclasses import dataclass

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
class Curves:
    """Chances of having been won by each of the coming workdays. Grain: row per question.

    Attributes:
        incidence: column u: won within u workdays (column 0 is 0; a row never falls).
        n_at_risk: deals that stood in the stage at that age and were followed on.
        reasons: NULL, or why a row is not the stage's own figure (NO_HISTORY: it is all 0).
    """

    incidence: Floats
    n_at_risk: Ints
    reasons: tuple[str | None, ...]


def landmark_curves(stays: Stays, ages: Ints, today: int, horizon: int) -> tuple[Floats, Ints]:
    """Return how deals that still stood in their stage at some ages were won from then on.

    Landmark Aalen–Johansen (Putter and Spitoni 2018): of the deals that stood there at an age,
    [F_won(age + u) − F_won(age)] ÷ Ŝ(age), lost as the competing event, open deals censored today,
    events before censorings at ties. No assumption of what happens between stages.

    All ages are answered in one pass: a deal stands in a run of ages, so that it is counted where
    the run begins and taken out where it ends.

    Args:
        stays: stays in one stage, as known today.
        ages: workdays in the stage, ascending, each once, at least one.
        today: workday index of the day that the question is asked.
        horizon: greatest number of workdays ahead.

    Returns:
        Incidence (row per age, column per workday ahead, 0 to horizon) and deals at risk per age.
    """
    last = np.minimum(stays.left - 1, today) - stays.entered
    begin = np.searchsorted(ages, stays.seen - stays.entered)
    end = np.searchsorted(ages, last, side="right")
    stood = end > begin
    has_ended = stays.ended < NEVER
    # Beyond the oldest age's horizon nothing is asked: those days share the last column.
    width = int(ages[-1]) + horizon + 2
    day = np.minimum(np.where(has_ended, stays.ended, today) - stays.entered, width - 1)
    asked = ages[:, None] + np.arange(horizon + 1)

    def counted(chosen: Flags) -> Ints:
        own, size = stood & chosen, (len(ages) + 1) * width
        change = np.bincount(begin[own] * width + day[own], minlength=size)
        change -= np.bincount(end[own] * width + day[own], minlength=size)
        standing = np.cumsum(change.reshape(-1, width)[:-1], axis=0)
        return np.take_along_axis(standing, asked, axis=1)

    gone, ends, wins = (
        counted(np.ones_like(stood)),
        counted(has_ended),
        counted(stays.won & has_ended),
    )
    n_at_risk = np.cumsum(
        np.bincount(begin[stood], minlength=len(ages) + 1)
        - np.bincount(end[stood], minlength=len(ages) + 1)
    )[:-1]
    at_risk = n_at_risk[:, None] - np.cumsum(gone, axis=1) + gone
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(at_risk > 0, ends / at_risk, 0.0)
        winning = np.where(at_risk > 0, wins / at_risk, 0.0)
    survival = np.ones_like(hazard)
    survival[:, 1:] = np.cumprod(1.0 - hazard, axis=1)[:, :-1]
    return np.cumsum(survival * winning, axis=1), n_at_risk.astype(np.int64)


def win_curves(
    stays: Stays,
    stages: Ints,
    ages: Ints,
    today: int,
    horizon: int,
) -> Curves:
    """Return one day's curves for stages and ages, pooled where a stage's own history is short.

    Under LEAST_AT_RISK deals at an age, the highest younger age with so many speaks; a stage without any
    such age is answered by all stages pooled, and if even those are too few, by nothing.

    Args:
        stays: stays in all stages, as known today.
        stages: stage of each question.
        ages: workdays in it of each question.
        today: workday index of the day that the question is asked.
        horizon: greatest number of workdays ahead.
    """
    incidence = np.zeros((len(stages), horizon + 1))
    n_at_risk = np.zeros(len(stages), dtype=np.int64)
    reasons: list[str | None] = [NO_HISTORY] * len(stages)

    def answer(own: Stays, asked: Ints, reason: str | None) -> None:
        spoken = spoken_ages(risk_counts(own, today), ages[asked], LEAST_AT_RISK)
        answered = asked[spoken >= 0]
        if not len(answered):
            return
        distinct, at = np.unique(spoken[spoken >= 0], return_inverse=True)
        curves, counts = landmark_curves(own, distinct, today, horizon)
        incidence[answered], n_at_risk[answered] = curves[at], counts[at]
        for place in answered:
            reasons[place] = reason

    for stage in np.unique(stages):
        answer(stays.of_stage(int(stage)), np.flatnonzero(stages == stage), None)
    unanswered = np.array([r == NO_HISTORY for r in reasons], dtype=bool)
    answer(stays, np.flatnonzero(unanswered), POOLED)
    return Curves(incidence, n_at_risk, tuple(reasons))


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


def spoken_ages(counts: Ints, ages: Ints, least: int) -> Ints:
    """Return for each age the highest one up to it at which enough deals stood; -1 if never."""
    enough = np.where(counts >= least, np.arange(len(counts)), -1)
    highest = np.maximum.accumulate(enough)[np.clip(ages, 0, len(counts) - 1)]
    # Nobody has stood for less than no time: a stay that begins off the calendar is not answered.
    return np.where(ages < 0, -1, highest)
