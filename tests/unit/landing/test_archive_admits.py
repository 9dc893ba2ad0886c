"""What is taken out of the inbox: finished files, once per content, and again when the content comes back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.landing.archive import Archive
from pipelines.landing.source import inbox_files
from pipelines.settings import load_company
from tests.unit.landing.landing_world import Inbox

HEAD = "opportunity_id,stage,amount\n"
NAME = "deals_20260310.csv"


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def deliveries(inbox: Inbox) -> list[str]:
    return [delivery.name for delivery in Archive(inbox.folder.archive).manifest.deliveries()]


def test_a_file_that_grows_while_it_is_read_waits_for_the_next_night(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.put(NAME, HEAD + "O1,quoting,1\n")
    store = Archive._store

    def growing(archive: Archive, file: Path) -> str:
        stored = store(archive, file)
        with file.open("a", encoding="utf-8") as more:
            more.write("O2,quoting,2\n")
        return stored

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "_store", growing)
        first = inbox.land()
    assert first.records == ()
    [(english, chinese)] = first.problems
    assert f"inbox/{NAME} changed while it was being read" in english
    assert NAME in chinese and "留到下一晚" in chinese

    [record] = inbox.land().records
    assert record.counts.landed == 2


def test_a_file_that_was_only_touched_is_no_new_delivery(inbox: Inbox) -> None:
    inbox.put_and_land(NAME, HEAD + "O1,quoting,1\n")
    os.utime(inbox.folder.inbox / NAME, ns=(1, 1))
    assert inbox.land().new_records == ()
    assert deliveries(inbox) == [f"inbox/{NAME}"]


def test_a_content_that_comes_back_under_its_name_is_a_delivery_again(inbox: Inbox) -> None:
    for amount in (1, 2, 1):
        inbox.put_and_land(NAME, HEAD + f"O1,quoting,{amount}\n")
    assert deliveries(inbox) == [f"inbox/{NAME}"] * 3
    assert inbox.known("2026-03-10", "select amount::int from rows") == [(1,)]


def test_locks_and_hidden_and_half_written_files_are_nobodys_delivery(inbox: Inbox) -> None:
    for name in (
        "deals.csv", "~$deals.xlsx", ".~lock.deals.csv#", ".deals.csv", "deals.csv.tmp", "deals.csv.part",
        "deals.csv.partial", "deals.csv.crdownload", "deals.csv.filepart", "parts.csv",
    ):  # fmt: skip
        inbox.put(name, HEAD)
    (inbox.folder.inbox / "folder.csv").mkdir()
    source = load_company(inbox.folder).source("deals")
    found = [path.name for path in inbox_files(inbox.folder, source)]
    assert found == ["deals.csv", "parts.csv"]
