"""After a night that used, and failed with, secrets of every kind, no file of the company holds one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forgotten_values import places_of
from tests.nights import night, operations
from tests.small_world import COMPANY, write_small_world

pytestmark = pytest.mark.deep(topic="nights")

PASSWORD, KEY, ROBOT, SIGNING, ENCODED = (
    "pAss-W0rd-7731", "jdy-key-55120", "robot-key-90817", "SEC-signing-4410", "p%40ss-enc-6620",
)  # fmt: skip
SECRETS = {
    "ERP_URL": f"postgresql+psycopg://reader:{PASSWORD}@127.0.0.1:9/erp",
    "CRM_URL": f"mysql+pymysql://reader:{ENCODED}@127.0.0.1:9/crm",
    "JDY_KEY": KEY,
    "WECOM_SALES": f"https://127.0.0.1:9/cgi-bin/webhook/send?key={ROBOT}",
    "DING_URL": f"https://127.0.0.1:9/robot/send?access_token={ROBOT}",
    "DING_SECRET": SIGNING,
}
EXTRA = """\
  - {name: erp_payments, entity: payments, kind: database, url: "env:ERP_URL", table: payments, preset: excel}
  - {name: crm_leads, entity: leads, kind: database, url: "env:CRM_URL", table: leads, preset: excel}
  - {name: jdy_tasks, entity: tasks, kind: jiandaoyun, app: a, form: f, key: "env:JDY_KEY", address: "http://127.0.0.1:9", preset: jiandaoyun}
alerts:
  - {channel: wecom, url: "env:WECOM_SALES", to: manager}
  - {channel: dingtalk, url: "env:DING_URL", secret: "env:DING_SECRET", to: rep}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = write_small_world(tmp_path_factory.mktemp("secrets") / "company")
    (home / "company.yml").write_text(COMPANY + EXTRA, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        result = night(home)
        assert result.outcome == "published", result.reason_en
    return home


def test_no_file_holds_a_secret(home: Path) -> None:
    values = [PASSWORD, KEY, ROBOT, SIGNING, ENCODED, "p@ss-enc-6620"]
    assert places_of(home, values) == []
    assert places_of(home, ["env:ERP_URL"]) != [], "the search would have found one"


def test_the_sources_were_asked_with_their_secrets_and_failed_by_name(home: Path) -> None:
    said = str(operations(home, "from marts.mart_source_health"))
    assert "erp_payments" in said and "jdy_tasks" in said


def test_the_pipeline_writes_nothing_that_every_user_of_the_machine_may_change(home: Path) -> None:
    open_ = [p for p in home.rglob("*") if not p.is_symlink() and p.stat().st_mode & 0o002]
    assert open_ == []
    assert (home / "published" / "marts.duckdb").stat().st_mode & 0o222 == 0
