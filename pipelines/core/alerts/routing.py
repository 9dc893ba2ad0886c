"""Who is told tonight: the ladder from owner to director, each person once per occurrence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pipelines.core.alerts.model import ROLES, Alert, KindRule
from pipelines.core.alerts.people import Directory

DATA_TEAM = "data_team"
# Good news that is older when it is first found is no news: a first night would tell a year's.
NEWS_DAYS = 7


@dataclass(frozen=True)
class Notice:
    """One alert for one person on one night.

    Attributes:
        alert: the alert.
        recipient: person id, or `data_team` where nobody can be named.
        role: in which role: owner, manager or director.
        responsible: who has to act: person id or `data_team`.
        is_retraction: takes back what was told.
    """

    alert: Alert
    recipient: str
    role: str
    responsible: str
    is_retraction: bool = False


def notices(
    alerts: Iterable[Alert],
    rules: Mapping[str, KindRule],
    directory: Directory,
    as_of: date,
    workdays_since: Callable[[date], int],
) -> list[Notice]:
    """Return what has to be told after the night of D.

    Args:
        alerts: the state of D, each with who has to act.
        rules: by kind.
        directory: the people on D.
        as_of: D.
        workdays_since: workdays after a day, up to D.

    Laws: nobody is told twice of one occurrence; a role is told only after its workdays; what did
    not fire on D is not told, except that good news is taken back from whom it was told to.
    """
    found: list[Notice] = []
    for alert in alerts:
        if alert.is_retracted and alert.cleared_on == as_of:
            found += [Notice(alert, who, role, who, True) for who, role in alert.told.items()]
        elif alert.is_open and alert.last_fired_on == as_of:
            found += _to_tell(alert, rules[alert.finding.kind], directory, as_of, workdays_since)
    return found


def with_responsible(alert: Alert, directory: Directory) -> Alert:
    """Return an alert that names who has to act and whom that person reports to."""
    finding = alert.finding
    owner = directory.responsible(finding.owner_id, finding.scope_type, finding.scope_id)
    manager = directory.manager_of(owner) if owner else None
    return replace(alert, responsible_id=owner, manager_id=manager)


def with_told(alert: Alert, new: Iterable[Notice]) -> Alert:
    """Return an alert that knows whom tonight's notices tell."""
    told = {n.recipient: n.role for n in new if not n.is_retraction}
    return replace(alert, told={**alert.told, **told}) if told else alert


def _to_tell(
    alert: Alert,
    rule: KindRule,
    directory: Directory,
    as_of: date,
    workdays_since: Callable[[date], int],
) -> list[Notice]:
    finding, owner = alert.finding, alert.responsible_id
    if finding.is_good_news:
        is_old = finding.since_on is None or finding.since_on <= as_of - timedelta(days=NEWS_DAYS)
        if is_old and not alert.told:
            return []
        chain = {"owner": owner or DATA_TEAM}
        gone = 0
    else:
        chain = directory.chain(owner) if owner else {"owner": DATA_TEAM}
        gone = workdays_since(alert.first_fired_on)
    told = dict(alert.told)
    found: list[Notice] = []
    for role in ROLES:
        after = rule.after_workdays(role)
        who = chain.get(role)
        if who is not None and who not in told and after is not None and gone >= after:
            told[who] = role
            found.append(Notice(alert, who, role, chain["owner"]))
    return found
