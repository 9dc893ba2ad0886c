"""A customer and a salesperson are forgotten: nothing of them is found, and every sum stays."""

from __future__ import annotations

import gzip
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.forgetting.erasure import forget
from pipelines.landing.manifest import Manifest
from pipelines.settings import CompanyFolder
from tests.forgotten_values import places_of
from tests.nights import content_hashes, forget_all_but_archive, marts, night
from tests.small_world import COMPANY, deliver, write_small_world

pytestmark = pytest.mark.deep(topic="nights")

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
EXTRA = """\
  - {name: contacts, entity: contacts, kind: file, path: "inbox/contacts*.xlsx", preset: excel}
  - {name: leads, entity: leads, kind: file, path: "inbox/leads*.csv.gz", preset: excel}
"""
LEADS = """\
线索编号,创建时间,姓名,公司,电话,负责人编号
K1,2026-02-03 09:00,周采购,晨星医院,+86 138-0013-8000,P1
K2,2026-02-04 09:00,吴主任,蓝海诊所,１３９００１３９０００,P2
"""
# 王芳 is the name of salesperson P3, of a contact of C1 and of another contact of C2.
CONTACTS = [
    ["联系人编号", "客户编号", "姓名", "电话", "邮箱"],
    ["N1", "C1", "王芳", "13612340001", "wangfang@chenxing.example"],
    ["N2", "C1", "欧阳采薇", "136 1234 0002", "ouyang@chenxing.example"],
    ["N3", "C2", "王芳", "13612340003", "fang@lanhai.example"],
]
FOLLOWUPS = """\
跟进编号,跟进人编号,跟进时间,跟进方式,客户编号,跟进内容
F1,P1,2026-02-13 10:00,上门拜访,C1,与晨星医院欧阳采薇确认了三月的招标，电话136-1234-0002
F2,P1,2026-02-26 09:00,电话,C1,已联系
F3,P2,2026-02-25 15:30,电话,C2,王芳说下周回复报价中的售后条款
F4,P2,不是日期,电话,C1,晨星医院的这一行进隔离区
"""
CUSTOMER = ["晨星医院", "13800138000", "欧阳采薇", "13612340001", "13612340002", "周采购",
            "wangfang@chenxing.example", "ouyang@chenxing.example"]  # fmt: skip
SUMS = """
    select account_id, person_id, sum(amount), count(*) from fct_booking group by all order by all
"""
ATTAINED = "select scope_type, sum(actual) from mart_target_attainment group by all order by all"


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = write_small_world(tmp_path_factory.mktemp("forget") / "company=north")
    (home / "company.yml").write_text(COMPANY + EXTRA, encoding="utf-8")
    deliver(home, "followups", FOLLOWUPS, "20260228")
    book = openpyxl.Workbook()
    for row in CONTACTS:
        book.active.append(row)
    book.save(home / "inbox" / "contacts_20260228.xlsx")
    (home / "inbox" / "leads_20260228.csv.gz").write_bytes(gzip.compress(LEADS.encode("gb18030")))
    assert night(home).outcome == "published"
    return home


@pytest.fixture
def home(after_a_night: Path, tmp_path: Path) -> Path:
    shutil.copytree(after_a_night, tmp_path / "company", symlinks=True)
    (tmp_path / "company" / "dagster" / "dagster.yaml").unlink()  # names its own folder
    return tmp_path / "company"


def test_a_customer_and_a_salesperson_are_nowhere_and_all_sums_stay(home: Path) -> None:
    sums, attained = marts(home, SUMS), marts(home, ATTAINED)
    deliveries = len(Manifest(home / "archive").deliveries())
    contents = {path for path, _ in places_of(home, CUSTOMER)}
    assert any(path.startswith("archive/") for path in contents), "the search sees what is there"
    assert any(path.startswith("published/versions/marts") for path in contents)

    done = forget(CompanyFolder(home), "晨星医院", NOW)

    assert done.delivery_count >= 4
    assert places_of(home, CUSTOMER) == []
    assert marts(home, SUMS) == sums, "what readers see at once keeps its figures"
    forget(CompanyFolder(home), "李雷", NOW)
    result = night(home)
    assert result.outcome == "published", result.reason_en
    assert len(Manifest(home / "archive").deliveries()) == deliveries, "nothing came in again"
    assert places_of(home, [*CUSTOMER, "李雷"]) == []
    assert marts(home, SUMS) == sums
    assert marts(home, ATTAINED) == attained
    [[name]] = marts(home, "select customer_name from dim_customer where customer_id = 'C1'")
    assert name.startswith("anon-")
    after = content_hashes(home)
    forget_all_but_archive(home)
    assert night(home).outcome == "published"
    assert content_hashes(home) == after, "a rebuild from the archive decides alike"
    assert places_of(home, CUSTOMER) == []


def test_a_name_that_others_bear_stays_with_them(home: Path) -> None:
    forget(CompanyFolder(home), "C1", NOW)
    cells = [
        [cell.value for cell in row]
        for row in openpyxl.load_workbook(home / "inbox" / "contacts_20260228.xlsx").active
    ]
    assert cells[0] == CONTACTS[0] and cells[3] == CONTACTS[3]
    assert cells[1][2].startswith("anon-") and cells[1][:2] == ["N1", "C1"]
    people = (home / "inbox" / "people_20260228.csv").read_bytes().decode("gb18030")
    assert "P3,王芳,华南一队" in people


def test_the_log_says_who_when_and_what_kind_and_names_nobody(home: Path) -> None:
    forget(CompanyFolder(home), "C1", NOW)
    [erasure] = Manifest(home / "archive").erasures()
    assert erasure.erased_at == NOW and erasure.erased_by
    # C1, its two contacts and the lead of its company.
    assert (erasure.subject_kind, erasure.record_count) == ("customer", 4)
    assert erasure.deliveries


@pytest.mark.parametrize("point", ["planned", "archive", "derived", "files"])
def test_an_erasure_cut_short_is_finished_by_the_next(home: Path, point: str) -> None:
    class Killed(BaseException):
        pass

    def kill(at: str) -> None:
        if at == point:
            raise Killed

    with pytest.raises(Killed):
        forget(CompanyFolder(home), "C1", NOW, at=kill)
    plan = home / "warehouse" / "forget.json"
    assert stat.S_IMODE(plan.stat().st_mode) == 0o600
    forget(CompanyFolder(home), None, NOW)
    assert not plan.exists()
    assert places_of(home, CUSTOMER) == []
    [erasure] = Manifest(home / "archive").erasures()
    assert erasure.deliveries, "what was rewritten before the cut is logged too"


def test_a_version_published_before_can_still_be_shown_again(home: Path) -> None:
    [version] = [p.name[9:-5] for p in (home / "published" / "versions").glob("manifest-*.json")]
    forget(CompanyFolder(home), "C1", NOW)
    result = CliRunner().invoke(main, ["rollback", "--home", str(home), version])
    assert result.exit_code == 0, result.output
    assert places_of(home, CUSTOMER) == []


def test_without_yes_everybody_meant_is_listed_and_nothing_changes(home: Path) -> None:
    result = CliRunner().invoke(main, ["forget", "--home", str(home), "王芳"])
    assert result.exit_code == 2
    assert "person     P3" in result.output
    assert "contact    N1" in result.output and "contact    N3" in result.output
    assert places_of(home, ["13612340001"]) != []
    nobody = CliRunner().invoke(main, ["forget", "--home", str(home), "没有此人"])
    assert nobody.exit_code == 2 and "没有此人" not in nobody.output
