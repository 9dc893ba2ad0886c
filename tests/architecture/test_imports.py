"""Imports point one way; each rule is also shown to fail on a small sample that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import import_rules as rules

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def modules() -> dict[str, str]:
    return rules.read_modules(ROOT)


def test_every_module_of_the_package_is_read(modules):
    on_disk = list((ROOT / "pipelines").rglob("*.py"))
    assert len(modules) == len(on_disk) > 50


def test_every_module_has_a_place_in_the_table(modules):
    assert rules.unplaced_modules(modules) == []


def test_imports_point_one_way(modules):
    assert rules.wrong_directions(modules) == []


def test_no_exception_outlives_its_use(modules):
    assert rules.unused_exceptions(modules) == []


def test_core_stays_pure(modules):
    assert rules.forbidden_in_core(modules) == []


def test_no_two_modules_need_each_other_to_load(modules):
    assert rules.import_cycles(modules) == []


def test_the_command_line_starts_without_anything_heavy(modules):
    assert rules.heavy_at_start(modules) == []


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("pipelines.core.funnel", "from pipelines.landing.log import LandingLog"),
        ("pipelines.core.funnel", "from pipelines.settings import CompanyFolder"),
        ("pipelines.core.funnel", "def late():\n    import pipelines.publish.files"),
        ("pipelines.landing.store", "from pipelines.assets import landed"),
        ("pipelines.landing.store", "from pipelines.publish.manifest import Manifest"),
        ("pipelines.publish.links", "from pipelines.operations.marts import operations_marts"),
        ("pipelines.assets.landed", "from pipelines.checks.sources import source_checks"),
        ("pipelines.assets.landed", "from pipelines.definitions import defs"),
        ("pipelines.tell.board", "from pipelines.publish.layout import PublishedFolder"),
        ("pipelines.settings", "from pipelines.core.names import normal"),
        ("pipelines.demo.world", "from pipelines.landing.contract import load_entities"),
        ("pipelines.landing.store", "from pipelines.demo.world import World"),
        ("pipelines.landing.store", "from ..assets import landed"),
    ],
)
def test_an_import_against_the_direction_is_found(importer, source):
    modules = {"pipelines.assets.landed": ""} | {importer: source}
    [problem] = rules.wrong_directions(modules)
    assert problem.startswith(f"{importer}, line ")


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("pipelines.definitions", "from pipelines.assets import landed"),
        ("pipelines.checks.sources", "from pipelines.assets.sources import SOURCES"),
        ("pipelines.assets.landed", "from pipelines.core.calendar import build_calendar"),
        ("pipelines.landing.log", "from pipelines.publish.files import replace_file_atomically"),
        ("pipelines.landing.land", "from pipelines.sources.files import read"),
        ("pipelines.landing.land", "from pipelines.settings import CompanySettings"),
        ("pipelines.core.allocation", "from pipelines.core.exact import Integers"),
        ("pipelines.cli", "def demo():\n    from pipelines.demo import write_demo_company"),
        ("pipelines.core.calendar", "import pandas"),
    ],
)
def test_an_import_along_the_direction_is_accepted(importer, source):
    assert rules.wrong_directions({importer: source}) == []


def test_a_module_without_a_place_is_found():
    assert rules.unplaced_modules({"pipelines.helpers.strings": ""}) == ["helpers"]


def test_an_exception_without_use_is_found():
    modules = {"pipelines.landing.log": "from pipelines.publish.files import remove_path"}
    unused = rules.unused_exceptions(modules)
    assert ("landing", "publish.files") not in unused
    assert ("sources.presets", "landing.contract") in unused


@pytest.mark.parametrize("package", ["dagster", "duckdb", "requests", "urllib.request"])
def test_reaching_out_of_core_is_found(package):
    [problem] = rules.forbidden_in_core({"pipelines.core.match": f"def f():\n    import {package}"})
    assert problem == (f"pipelines.core.match, line 2: core is pure and must not import {package}")


def test_the_same_import_outside_core_is_no_matter_of_core():
    assert rules.forbidden_in_core({"pipelines.publish.links": "import duckdb"}) == []


def test_a_cycle_of_modules_is_found_and_an_import_inside_a_function_is_none():
    one, two = "pipelines.publish.one", "pipelines.publish.two"
    in_function = "def f():\n    from pipelines.publish.one import x"
    assert rules.import_cycles({one: f"import {two}", two: f"import {one}"}) == [one, two]
    assert rules.import_cycles({one: f"import {two}", two: in_function}) == []


def test_a_heavy_import_is_found_behind_another_module():
    modules = {
        "pipelines.cli": "from pipelines.commands.console import show",
        "pipelines.commands.console": "if True:\n    import pandas as pd",
    }
    assert rules.heavy_at_start(modules) == [
        "pipelines.cli → pipelines.commands.console imports pandas in line 2"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def command():\n    import dagster",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import dagster",
        "import click",
    ],
)
def test_a_heavy_import_that_waits_until_it_is_needed_is_accepted(source):
    assert rules.heavy_at_start({"pipelines.cli": source}) == []
