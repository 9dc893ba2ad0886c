"""Companies that share one Dagster: whose asset a record tells of, and what the queue counts by."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
ASK = """
import json
from pipelines.orchestration.asset_keys import RULES, asset_key, own_path, source_key
from pipelines.orchestration.jobs import run_tags
print(json.dumps([source_key("crm").path, list(own_path(source_key("crm"))), RULES.path, run_tags()]))
"""

CHECKS = """
import json
from pipelines.checks.check_list import declared_checks
print(json.dumps(sorted({"/".join(check.asset) for check in declared_checks()})))
"""

JOBS = """
import json
from pathlib import Path
from pipelines.orchestration.jobs import nightly_job, send_alerts_job
from pipelines.settings import CompanyFolder
jobs = nightly_job(), send_alerts_job(CompanyFolder(Path("company")))
print(json.dumps([dict(job.tags) for job in jobs]))
"""


def asked(question: str = ASK, **environment: str) -> list:
    clean = {name: value for name, value in os.environ.items() if name != "GAPWISE_COMPANY_KEY"}
    answer = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, env={**clean, **environment}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return json.loads(answer.stdout)


def test_a_company_by_itself_names_layer_and_asset():
    assert asked() == [["sources", "crm"], ["sources", "crm"], ["reference", "rules"], {}]


def test_a_company_among_others_names_itself_first_and_its_queue():
    assert asked(GAPWISE_COMPANY_KEY="north") == [
        ["north", "sources", "crm"],
        ["sources", "crm"],
        ["north", "reference", "rules"],
        {"gapwise/company": "north", "dagster-celery/queue": "north"},
    ]


def test_nights_and_what_sends_waiting_messages_go_to_the_companys_queue():
    own = {"gapwise/company": "north", "dagster-celery/queue": "north"}
    assert asked(JOBS, GAPWISE_COMPANY_KEY="north") == [own, own]
    assert asked(JOBS) == [{}, {}]


def test_a_check_names_its_asset_without_the_company_which_dagster_is_told_once():
    alone = asked(CHECKS)
    assert "published/board" in alone
    assert asked(CHECKS, GAPWISE_COMPANY_KEY="north") == alone
