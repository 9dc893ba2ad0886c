"""Lists of stages that change over time: every list that was in force is known, with its first day."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

from pipelines.landing.company_rules import _stage_versions
from pipelines.landing.rules import parse_rules_workbook
from tests.unit.landing.rules_books import cell_of, template, with_cells

SETTINGS = SimpleNamespace(sources=())


def reading(data, day):
    return parse_rules_workbook(data, "rules.xlsx", datetime(2026, 1, day, tzinfo=UTC))


def versions(*readings):
    table = _stage_versions(SETTINGS, readings, readings[-1] if readings else None)
    return [
        (r["pipeline_version"], r["known_on"], r["stage"], r["stage_order"])
        for r in table.to_pylist()
    ]


def test_a_company_without_a_workbook_has_one_list():
    rows = versions()
    assert {(version, known_on) for version, known_on, *_ in rows} == {(1, None)}
    assert [stage for *_, stage, _ in rows][:2] == ["initial_contact", "needs_confirmed"]


def test_a_workbook_that_leaves_the_stages_alone_is_no_new_version():
    rows = versions(reading(template(), 5), reading(with_cells({}), 9))
    assert {(version, known_on) for version, known_on, *_ in rows} == {(1, date(2026, 1, 5))}


def test_a_changed_list_is_a_version_from_the_day_it_arrived():
    days = cell_of("阶段", "报价中", "停留工作日上限")
    rows = versions(reading(template(), 5), reading(with_cells({("阶段", days): 12}), 9))
    assert {(version, known_on) for version, known_on, *_ in rows} == {
        (1, date(2026, 1, 5)),
        (2, date(2026, 1, 9)),
    }
