"""What else happens to a night: full disks, files that change, broken stores, two nights at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.night_world import LAST, Outcome, Undisturbed, run, strike

pytestmark = pytest.mark.deep(topic="blows")

GARBAGE = b"\x00\xffnot what it was\n" * 4096


def source_file(home: Path) -> Path:
    """Return tonight's largest export of the CRM."""
    found = [f for f in (home / "inbox").rglob(f"opportunities_{LAST}*") if f.is_file()]
    return max(found, key=lambda f: f.stat().st_size)


def a_file_grows(home: Path, hook: str) -> str:
    """The export is still being written when the night begins, and is whole before it ends."""
    file = source_file(home)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])

    def write_on() -> None:
        at = len(whole) // 2
        with file.open("ab") as growing:
            while at < len(whole):
                growing.write(whole[at : at + 64])
                growing.flush()
                at += 64

    thread = threading.Timer(4.0, write_on)
    thread.start()
    said = run(home, hook)
    thread.join()
    assert file.read_bytes() == whole
    return str(said["outcome"])


def a_file_vanishes(home: Path, hook: str) -> str:
    """An export is taken away before the night and comes back after it."""
    file = source_file(home)
    aside = home.parent / f"{home.name}-{file.name}"
    shutil.move(file, aside)
    said = run(home, hook)
    shutil.move(aside, file)
    return str(said["outcome"])


def a_file_cannot_be_read(home: Path, hook: str) -> str:
    """An export is a link that leads back to itself: no permission of root helps."""
    file = source_file(home)
    whole = file.read_bytes()
    file.unlink()
    file.symlink_to(file.name)
    said = run(home, hook)
    file.unlink()
    file.write_bytes(whole)
    return str(said["outcome"])


def two_nights_at_once(home: Path, hook: str) -> str:
    """Two runs of the same night begin together: one waits or says so."""
    other = home.parent / f"{home.name}-other"
    other.symlink_to(home.name)  # its notes stand apart, its company is the same
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(run, each, hook) for each in (home, other)]
        said = sorted(str(each.result()["outcome"]) for each in both)
    other.unlink()
    return " and ".join(said)


def another_time_zone(home: Path, hook: str) -> str:
    """The machine's own time zone is on the other side of the date line."""
    return str(run(home, hook, TZ="Pacific/Kiritimati")["outcome"])


def a_broken_build_database(home: Path, hook: str) -> str:
    """The build file of last night is garbage."""
    (home / "warehouse" / "build.duckdb").write_bytes(GARBAGE)
    return str(run(home, hook)["outcome"])


def a_broken_dagster_store(home: Path, hook: str) -> str:
    """Dagster's databases are garbage."""
    for file in (home / "dagster").rglob("*.db"):
        file.write_bytes(GARBAGE)
    return str(run(home, hook)["outcome"])


def a_broken_published_file(home: Path, hook: str) -> str:
    """The published file is cut in half; until the next publish nobody can read it."""
    file = (home / "published" / "marts.duckdb").resolve()
    file.chmod(0o644)
    os.truncate(file, file.stat().st_size // 2)
    return str(run(home, hook)["outcome"])


def a_broken_archive_object(home: Path, hook: str) -> str:
    """An archived export is garbage and what was landed is gone, so that it must be read again."""
    shutil.rmtree(home / "landing")
    objects = [f for f in (home / "archive").rglob("*") if f.is_file() and f.stat().st_size > 2000]
    victim = max((f for f in objects if "manifest" not in f.name), key=lambda f: f.stat().st_size)
    victim.chmod(0o644)
    whole = victim.read_bytes()
    victim.write_bytes(GARBAGE)
    outcome = str(run(home, hook)["outcome"])
    victim.write_bytes(whole)  # what was kept elsewhere is put back
    shutil.rmtree(home / "landing", ignore_errors=True)
    return outcome


BLOWS: tuple[Callable[[Path, str], str], ...] = (
    a_file_grows,
    a_file_vanishes,
    a_file_cannot_be_read,
    two_nights_at_once,
    another_time_zone,
    a_broken_build_database,
    a_broken_dagster_store,
    a_broken_published_file,
    a_broken_archive_object,
)


@pytest.mark.parametrize("blow", BLOWS, ids=lambda blow: blow.__name__)
def test_after_any_blow_the_next_run_publishes_the_night_that_would_have_been(
    blow: Callable[[Path, str], str],
    undisturbed: Undisturbed,
    fault_table: list[str],
    tmp_path: Path,
) -> None:
    found = strike(undisturbed.base, tmp_path / "company", blow.__name__, blow)
    judge(found, undisturbed, fault_table)


def judge(found: Outcome, undisturbed: Undisturbed, fault_table: list[str]) -> None:
    """Enter a blow into the fault table, and hold it against the undisturbed night."""
    due = undisturbed.after.messages.keys()
    lost = due - (found.messages + found.resent).keys()
    fault_table.append(
        f"| {found.blow.replace('_', ' ')} | {found.happened} | {found.published_after} | "
        f"{found.next_outcome} | {len(found.shown)} in {found.reads} reads | {len(lost)} messages |"
    )
    assert found.next_outcome == "published", found.notes
    differing = {m for m, h in undisturbed.after.hashes.items() if found.hashes.get(m) != h}
    assert differing == set()
    assert lost == set()
    assert max((found.messages + found.resent).values(), default=0) <= 1
    if found.blow != "a_broken_published_file":
        assert found.notes == []


def _can_mount(folder: Path) -> bool:
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode == 0:
        subprocess.run(["umount", str(folder)], check=True)
    return made.returncode == 0


@pytest.mark.parametrize("spare_mb", [1, 6, 20, 60])
def test_a_full_disk_loses_nothing(
    undisturbed: Undisturbed, fault_table: list[str], tmp_path: Path, spare_mb: int
) -> None:
    if not _can_mount(tmp_path / "probe"):
        pytest.skip("a small tmpfs needs the right to mount (root): mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    size_mb = 1 + spare_mb + sum(
        f.stat().st_size for f in undisturbed.base.rglob("*") if f.is_file() and not f.is_symlink()
    ) // 2**20  # fmt: skip
    options = ["mount", "-t", "tmpfs", "-o", f"size={size_mb + 8}m", "tmpfs", str(disk)]
    subprocess.run(options, check=True)

    def full(home: Path, hook: str) -> str:
        used = shutil.disk_usage(disk).used // 2**20
        _resize(disk, used + spare_mb)
        outcome = str(run(home, hook)["outcome"])
        _resize(disk, 4096)
        return outcome

    try:
        found = strike(undisturbed.base, disk / "company", f"disk full after {spare_mb} MB", full)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
    judge(found, undisturbed, fault_table)


def _resize(disk: Path, size_mb: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size_mb}m", str(disk)], check=True)
