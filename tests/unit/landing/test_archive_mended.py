"""An archived object that was damaged: stored anew from its original, or a night that says so and publishes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.landing.archive import Archive, ArchiveDamaged
from tests.unit.landing.landing_world import Inbox

DEALS = "opportunity_id,stage,amount\nO1,quoting,100\n"


def pack_other_content(packed: Path) -> None:
    with pa.CompressedOutputStream(str(packed), "zstd") as out:
        out.write(b"other")


# What may befall an object, by what the night says of it.
DAMAGES: dict[str, Callable[[Path], object]] = {
    "cannot be unpacked": lambda packed: packed.write_bytes(b"garbage"),
    "does not hold what its name says": pack_other_content,
    "is missing": Path.unlink,
}


def damaged(inbox: Inbox, said: str) -> tuple[Path, bytes | None]:
    """Damage the only object and forget what was landed of it; give the object and its damaged bytes."""
    [packed] = (inbox.folder.archive / "objects").rglob("*.zst")
    packed.chmod(0o644)
    DAMAGES[said](packed)
    shutil.rmtree(inbox.folder.landing)
    return packed, packed.read_bytes() if packed.exists() else None


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    inbox = Inbox(tmp_path)
    assert inbox.put_and_land("deals_20260310.csv", DEALS).status == "landed"
    return inbox


@pytest.mark.parametrize("said", DAMAGES)
def test_a_damaged_object_is_stored_anew_from_the_file_that_still_lies_in_the_inbox(
    inbox: Inbox, said: str
) -> None:
    packed, bytes_of_it = damaged(inbox, said)

    [record] = inbox.land().records

    assert record.status == "landed"
    assert inbox.known("2026-03-20", "select opportunity_id, amount from rows") == [
        ("O1", Decimal(100))
    ]
    kept = packed.with_name(packed.name + ".damaged")
    assert (kept.read_bytes() if kept.exists() else None) == bytes_of_it


@pytest.mark.parametrize("said", DAMAGES)
def test_without_the_original_nothing_lands_until_it_is_back(inbox: Inbox, said: str) -> None:
    packed, _ = damaged(inbox, said)
    original = inbox.folder.inbox / "deals_20260310.csv"
    original.unlink()

    with pytest.raises(ArchiveDamaged, match=f"{packed.name} {said}.*存档副本"):
        inbox.land()
    assert not list(inbox.folder.landing.rglob("*.json")), "what was lost must not count as landed"

    inbox.put("deals_20260310.csv", DEALS)
    assert [r.status for r in inbox.land().records] == ["landed"]


def test_another_file_under_the_name_of_the_original_mends_nothing(inbox: Inbox) -> None:
    damaged(inbox, "is missing")
    inbox.put("deals_20260310.csv", DEALS + "O2,quoting,2\n")
    with pytest.raises(ArchiveDamaged):
        inbox.land()


def test_a_full_disk_is_not_taken_for_a_damaged_archive(inbox: Inbox) -> None:
    archive = Archive(inbox.folder.archive)
    [delivery] = archive.manifest.deliveries()

    # Damage would put a sound object aside and ask for a backup that nobody needs.
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(OSError, match="No space left"),
    ):
        archive._restore(delivery, full)

    assert archive.object_path(delivery.sha256).is_file()


def test_small_files_are_read_without_leaving_a_copy_anywhere(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(inbox.folder.archive)
    [delivery] = archive.manifest.deliveries()

    def no_folder(*_: object, **__: object) -> None:
        raise AssertionError("what a killed run leaves there, nobody clears up")

    monkeypatch.setattr("tempfile.mkdtemp", no_folder)

    assert archive.read_bytes(delivery) == DEALS.encode()
