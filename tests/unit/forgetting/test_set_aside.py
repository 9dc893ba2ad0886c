"""What broke and was set aside holds what it held: it goes when somebody is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipelines.forgetting.folder import drop_derived
from pipelines.landing.archive import Archive
from pipelines.operations.sqlite_files import set_aside_broken
from pipelines.settings import CompanyFolder

NOW = datetime(2026, 3, 10, 1, 2, 3, tzinfo=UTC)


def test_set_aside_copies_are_deleted_and_what_replaced_them_stays(tmp_path: Path) -> None:
    folder = CompanyFolder(tmp_path)
    folder.inbox.mkdir()
    file = folder.inbox / "accounts.csv"
    file.write_text("name\n张三\n", encoding="utf-8")
    archive = Archive(folder.archive)
    delivery = archive.admit("crm", file, "inbox/accounts.csv", NOW)
    packed = archive.object_path(delivery.sha256)
    packed.write_bytes(b"half of it: Zhang San")
    assert archive.mend(delivery, file)
    store = folder.dagster_home / "history" / "runs.db"
    log = folder.warehouse / "operations.sqlite"
    for path in (store, log):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"Zhang San" * 1000)
    assert len(set_aside_broken([store, log], NOW)) == 2

    drop_derived(folder)

    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"accounts.csv", "manifest.jsonl", packed.name}
