"""From one night to the next: what fires, what lasts, what is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from pipelines.core.alerts.model import Alert, Finding, KindRule

# What is over stays in sight this long, so that people see that it was cleared.
KEPT_DAYS = 90


def next_state(
    before: Mapping[str, Alert],
    findings: Iterable[Finding],
    rules: Mapping[str, KindRule],
    as_of: date,
) -> dict[str, Alert]:
    """Say of every matter where it stands on day D.

    A kind that the workbook does not list, or lists as off, counts as not found.

    Args:
        before: the state after the last night before D, by key.
        findings: what D found.
        rules: by kind.
        as_of: D.

    Returns:
        One alert per key; those that were cleared more than 90 days ago are left out.

    Laws: an alert that is found is open; found again before it was cleared it is the same
    occurrence, so nobody is told again; with equal arguments the result is equal.
    """
    found = {f.key: f for f in findings if _is_on(rules, f.kind)}
    state = {key: _fired(before.get(key), finding, as_of) for key, finding in found.items()}
    for key, alert in before.items():
        if key in found:
            continue
        after = _missed(alert, rules, as_of) if alert.is_open else alert
        if after.cleared_on is None or after.cleared_on > as_of - timedelta(days=KEPT_DAYS):
            state[key] = after
    return state


def state_to_start_from(
    earlier: Mapping[str, Alert], same_day: Mapping[str, Alert]
) -> dict[str, Alert]:
    """Return what a rerun of D starts from: the state before D, but nothing is untold.

    Args:
        earlier: the state after the last night before D.
        same_day: the state that an earlier run of D left; empty where there was none.

    Law: without an earlier run of D it is the state before D, unchanged.
    """
    start = dict(earlier)
    for key, alert in same_day.items():
        known = earlier.get(key)
        if known is None or known.first_fired_on != alert.first_fired_on:
            if alert.told:  # told by the earlier run: it must at least be cleared in order
                start[key] = alert
        elif alert.told != known.told:
            start[key] = replace(known, told=alert.told)
    return start


def _is_on(rules: Mapping[str, KindRule], kind: str) -> bool:
    return kind in rules and rules[kind].is_on


def _fired(known: Alert | None, finding: Finding, as_of: date) -> Alert:
    if known is None or not known.is_open:
        return Alert(finding, first_fired_on=as_of, last_fired_on=as_of)
    return replace(known, finding=finding, last_fired_on=as_of, clean_nights=0)


def _missed(alert: Alert, rules: Mapping[str, KindRule], as_of: date) -> Alert:
    """One more clean night; good news that is not found while it could be has been reversed."""
    finding = alert.finding
    clean = replace(alert, clean_nights=alert.clean_nights + 1)
    if finding.is_good_news:
        is_reversed = finding.until_on is not None and as_of <= finding.until_on
        return replace(clean, cleared_on=as_of, is_retracted=is_reversed and bool(alert.told))
    nights = rules[finding.kind].cleared_after_nights if finding.kind in rules else 1
    return replace(clean, cleared_on=as_of) if clean.clean_nights >= nights else clean
