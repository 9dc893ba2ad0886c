"""The sales manager's path: LibreOffice, rules.xlsx, the night, the marts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipelines.sources.rules_template import write_rules_template
from tests.libreoffice import needs_libreoffice, type_into
from tests.nights import marts, night, operations
from tests.small_world import TARGETS, deliver, write_small_world

pytestmark = [pytest.mark.slow, needs_libreoffice]


def cell_beside(book: Path, sheet: str, row_text: str, header: str) -> tuple[str, str]:
    """Find the cell in the row that says `row_text`, under `header`."""
    page = openpyxl.load_workbook(book)[sheet]
    cells = [cell for row in page.iter_rows() for cell in row]
    [column] = {c.column for c in cells if str(c.value).rstrip("*") == header}
    row = next(c.row for c in cells if str(c.value) == row_text)
    return sheet, page.cell(row, column).coordinate


def season_cell(book: Path, number: int) -> tuple[str, str]:
    """Find the weight of one quarter."""
    page = openpyxl.load_workbook(book)["季节权重"]
    for row in page.iter_rows():
        values = [cell.value for cell in row]
        if "季度" in values and number in values:
            weight = next(c for c in row if c.column > 1 and isinstance(c.value, float))
            return "季节权重", weight.coordinate
    raise AssertionError(f"no weight of quarter {number}")


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company on the shipped rules; then the manager changes a weight, a name and a limit."""
    home = write_small_world(tmp_path_factory.mktemp("manager") / "company=north")
    deliver(home, "targets", TARGETS + "2026,回款额,5000\n", "20260228")
    book = home / "rules.xlsx"
    write_rules_template(book, "zh")
    assert night(home).outcome == "published"
    return home


def quarters(home: Path) -> list[tuple[str, Decimal]]:
    return marts(
        home,
        "select period_label, target from mart_target_attainment where metric = 'collected_amount' "
        "and level = 'base' and scenario = 'base' and scope_type = 'company' "
        "and period_type = 'quarter' and period_label in ('2026-Q3', '2026-Q4') order by 1",
    )


def february(home: Path) -> tuple[str, str]:
    [row] = marts(
        home,
        "select status, rules_version from mart_target_attainment where metric = 'signed_amount' "
        "and level = 'base' and scenario = 'base' and scope_type = 'company' "
        "and period_label = '2026-02'",
    )
    return row


def in_force(home: Path) -> tuple[str, str, datetime]:
    [row] = marts(
        home,
        "select rules_version, saved_by, saved_at from dim_rules_version where is_in_force",
    )
    return row


def stages(home: Path) -> list[str]:
    return [
        name for (name,) in marts(home, "select stage_name_zh from dim_stage order by stage_order")
    ]


def test_what_is_changed_in_libreoffice_is_seen_in_the_marts_with_version_who_and_when(
    walked: Path,
) -> None:
    before = february(walked)
    assert before[0] == "behind"
    assert quarters(walked) == [
        ("2026-Q3", Decimal("15000000.00")),
        ("2026-Q4", Decimal("10000000.00")),
    ]
    shipped = in_force(walked)
    assert before[1] == shipped[0]

    book = walked / "rules.xlsx"
    started = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    type_into(
        book,
        {
            season_cell(book, 3): "35%",
            season_cell(book, 4): "15%",
            cell_beside(book, "阶段", "谈判中", "阶段"): "商务谈判",
            cell_beside(book, "阶段", "谈判中", "别名"): "谈判中",
            cell_beside(book, "红黄绿灯", "红灯落后率", "设置值"): "75%",
        },
        "陈经理",
    )
    assert night(walked).outcome == "published"

    assert quarters(walked) == [
        ("2026-Q3", Decimal("17500000.00")),
        ("2026-Q4", Decimal("7500000.00")),
    ]
    assert "商务谈判" in stages(walked) and "谈判中" not in stages(walked)
    [(stage,)] = marts(walked, "select stage from fct_opportunity where opportunity_id = 'S1'")
    assert stage == "商务谈判"
    version, saved_by, saved_at = in_force(walked)
    assert february(walked) == ("watch", version)
    assert version != shipped[0]
    assert saved_by == "陈经理"
    assert saved_at >= started
    # Each night names its version: it made every mart's rows, and what `_history` keeps of that night.
    assert operations(
        walked, "select outcome, rules_version from marts.mart_run order by started_at"
    ) == [("published", shipped[0]), ("published", version)]


def test_a_mistyped_cell_is_named_and_the_last_good_version_stays_in_force(walked: Path) -> None:
    version, *_ = in_force(walked)
    book = walked / "rules.xlsx"
    sheet, cell = cell_beside(book, "红黄绿灯", "红灯落后率", "设置值")
    type_into(book, {(sheet, cell): "四分之一"}, "陈经理")
    result = night(walked)
    assert result.outcome == "published"

    assert in_force(walked)[0] == version
    assert february(walked)[0] == "watch"
    [row] = [r for r in result.checks_failed if r["check_name"] == "newest_workbook_is_in_force"]
    assert row["severity"] == "warn"
    [wrong] = json.loads(row["sample"])
    assert (wrong["sheet"], wrong["cell"], wrong["value"]) == (sheet, cell, "四分之一")
    assert wrong["message_zh"].startswith(
        f"rules.xlsx《红黄绿灯》{cell}（红灯落后率）：“四分之一”不可用。允许："
    )
    assert wrong["message_en"].startswith(
        f'rules.xlsx, sheet 红黄绿灯, cell {cell} (Behind above): "四分之一" is not allowed. Allowed: '
    )
    kept = operations(
        walked,
        "select figures from marts.mart_data_quality "
        "where check_name = 'newest_workbook_is_in_force' and not passed",
    )
    assert [json.loads(figures)["in_force"] for (figures,) in kept] == [version]
    refused = marts(walked, "select is_usable, error_count from dim_rules_version where not is_in_force "
                            "and arrived_at = (select max(arrived_at) from dim_rules_version)")  # fmt: skip
    assert refused == [(False, 1)]
