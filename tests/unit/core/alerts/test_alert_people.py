"""Who answers for whom."""

import pytest

from pipelines.core.alerts.people import Directory, Person
from pipelines.core.alerts.routing import DATA_TEAM
from tests.unit.core.alerts.alert_world import MONDAY, PEOPLE, Nights, finding, told


def test_the_chain_goes_from_owner_to_manager_to_director():
    assert PEOPLE.chain("rep") == {"owner": "rep", "manager": "lead", "director": "head"}
    assert PEOPLE.chain("head") == {"owner": "head", "manager": "boss"}
    assert PEOPLE.chain("boss") == {"owner": "boss"}


@pytest.mark.parametrize(
    ("person", "role"),
    [("rep", "rep"), ("lead", "manager"), ("head", "director"), ("boss", "director")],
)
def test_a_role_is_read_from_who_reports_to_whom(person, role):
    assert PEOPLE.role_of(person) == role


@pytest.mark.parametrize(
    ("scope", "head"),
    [
        (("team", "华东一队"), "lead"),
        (("region", "华东"), "head"),
        (("company", "company"), "boss"),
    ],
)
def test_a_unit_is_led_by_the_one_whose_manager_is_outside_it(scope, head):
    assert PEOPLE.head_of(*scope) == head


def test_of_two_who_report_outside_the_one_with_reports_leads():
    people = dict(PEOPLE.people)
    people["assistant"] = Person("assistant", "孙", "head", "/c/r/t/", "华东一队", "华东")
    assert Directory(people, PEOPLE.unit_paths).head_of("team", "华东一队") == "lead"


def test_who_left_leads_nobody_and_counts_as_nobodys_report():
    people = dict(PEOPLE.people)
    people["lead"] = Person("lead", "王芳", "head", "/c/r/t/", "华东一队", "华东", is_here=False)
    # Both who are left report outside the team: the lower id.
    assert Directory(people, PEOPLE.unit_paths).head_of("team", "华东一队") == "rep"
    people = dict(PEOPLE.people)
    people["gone"] = Person("gone", "钱七", "rep2", "/c/r/t/", "华东一队", "华东", is_here=False)
    assert Directory(people, PEOPLE.unit_paths).role_of("rep2") == "rep"


def test_an_unknown_unit_has_no_head():
    assert PEOPLE.head_of("team", "火星队") is None


def test_a_leavers_matters_go_to_his_manager():
    assert told(Nights().run(MONDAY, finding(owner="gone"))) == [("lead", "owner")]


def test_what_is_about_a_person_goes_to_that_person():
    about = finding(owner=None, scope_type="person", scope_id="rep2")
    assert told(Nights().run(MONDAY, about)) == [("rep2", "owner")]


def test_a_manager_who_left_is_stepped_over():
    people = dict(PEOPLE.people)
    people["lead"] = Person("lead", "王芳", "head", "/c/r/t/", "华东一队", "华东", is_here=False)
    assert Directory(people, PEOPLE.unit_paths).manager_of("rep") == "head"


def test_people_who_manage_each_other_have_no_manager_beyond_the_ring():
    ring = Directory(
        {
            "a": Person("a", "a", "b", "/", None, None),
            "b": Person("b", "b", "a", "/", None, None),
        },
        {("company", "company"): "/"},
    )
    assert ring.manager_of("a") == "b"
    assert ring.chain("a") == {"owner": "a", "manager": "b", "director": "a"}
    assert told(Nights(people=ring).run(MONDAY, finding(owner="a"))) == [("a", "owner")]


def test_what_nobody_owns_goes_to_the_data_team():
    new = Nights().run(MONDAY, finding(owner=None, scope_type="customer"))
    assert told(new) == [(DATA_TEAM, "owner")]


def test_a_product_line_that_nobody_answers_for_is_told_to_whoever_leads_the_company():
    new = Nights().run(MONDAY, finding(owner=None, scope_type="product_line", scope_id="影像"))
    assert told(new) == [("boss", "owner")]
