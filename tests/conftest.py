"""What holds for all tests: which suites are long, and that laws are not judged by the clock.

Long suites run in `make test-deep truths`, so that `make test` stays under 15 minutes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A machine that does other work too is slow for a moment; that says nothing about a law.
settings.register_profile("gapwise", deadline=None)
settings.load_profile("gapwise")

# Each of these runs whole nights or builds of every model; together they take longer than all other tests.
LONG_SUITES = (
    "tests/dbt/",
    "tests/end_to_end/test_customer_decisions.py",
    "tests/end_to_end/test_demo_checks_recorded.py",
    "tests/end_to_end/test_demo_truth_customers.py",
    "tests/end_to_end/test_demo_truth_gap.py",
    "tests/end_to_end/test_demo_truth_ledger.py",
    "tests/end_to_end/test_demo_truth_people_and_files.py",
    "tests/end_to_end/test_demo_truth_process.py",
    "tests/end_to_end/test_demo_truth_targets.py",
    "tests/end_to_end/test_sales_managers_path.py",
    "tests/end_to_end/test_targets_fiscal_company.py",
    "tests/end_to_end/test_targets_small_company.py",
    "tests/end_to_end/test_targets_worked_examples.py",
    "tests/real_data/",
)
STAY_IN_MAKE_TEST = ("tests/real_data/test_maven_crm.py",)
ROOT = Path(__file__).parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of long suites as deep, topic truths."""
    for item in items:
        place = item.path.relative_to(ROOT).as_posix()
        if place.startswith(LONG_SUITES) and not place.startswith(STAY_IN_MAKE_TEST):
            item.add_marker(pytest.mark.deep(topic="truths"))
