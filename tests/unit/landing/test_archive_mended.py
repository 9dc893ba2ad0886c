"""An archived object that was damaged: stored anew from its original, or a night that says so and publishes nothing."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.landing.archive import ArchiveDamaged
from tests.unit.landing.landing_world import Inbox

DEALS = "opportunity_id,stage,amount\nO1,quoting,100\n"


def damage(inbox: Inbox) -> Path:
    """Put garbage in the place of the only object, and forget what was landed of it."""
    [packed] = (inbox.folder.archive / "objects").rglob("*.zst")
    packed.chmod(0o644)
    packed.write_bytes(b"garbage")
    shutil.rmtree(inbox.folder.landing)
    return packed


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    inbox = Inbox(tmp_path)
    assert inbox.put_and_land("deals_20260310.csv", DEALS).status == "landed"
    return inbox


def test_it_is_stored_anew_from_the_file_that_still_lies_in_the_inbox(inbox: Inbox) -> None:
    packed = damage(inbox)

    [record] = inbox.land().records

    assert record.status == "landed"
    assert inbox.known("2026-03-20", "select opportunity_id, amount from rows") == [
        ("O1", Decimal(100))
    ]
    assert packed.with_name(packed.name + ".damaged").read_bytes() == b"garbage"


def test_without_the_original_nothing_lands_until_it_is_back(inbox: Inbox) -> None:
    packed = damage(inbox)
    original = inbox.folder.inbox / "deals_20260310.csv"
    original.unlink()

    with pytest.raises(ArchiveDamaged, match=f"{packed.name} cannot be unpacked.*存档副本"):
        inbox.land()
    assert not list(inbox.folder.landing.rglob("*.json")), "what was lost must not count as landed"

    inbox.put("deals_20260310.csv", DEALS)
    assert [r.status for r in inbox.land().records] == ["landed"]
