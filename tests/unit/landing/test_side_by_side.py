"""Sources land two at a time: the same rows and the same manifest as one after the other."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pipelines.landing import side_by_side
from pipelines.landing.mapping import Vocabulary
from pipelines.landing.side_by_side import SourcesLanding
from pipelines.settings import CompanyFolder, load_company

SEEN_AT = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
NAMES = ("accounts", "broken", "contacts", "rates")


@pytest.fixture
def company(tmp_path):
    """Make companies of four sources; the file of `broken` is cut off."""

    def make(name: str) -> CompanyFolder:
        home = tmp_path / name
        (home / "inbox").mkdir(parents=True)
        (home / "company.yml").write_text(
            "company: {name: T}\nsources:\n"
            "  - {name: rates, entity: fx_rates, kind: file, path: 'inbox/rates_*', preset: excel}\n"
            "  - {name: accounts, entity: accounts, kind: file, path: 'inbox/accounts_*', preset: excel}\n"
            "  - {name: broken, entity: people, kind: file, path: 'inbox/people.xlsx', preset: excel}\n"
            "  - {name: contacts, entity: contacts, kind: file, path: 'inbox/contacts_*', preset: excel}\n",
            encoding="utf-8",
        )
        for day in ("20260301", "20260302"):
            (home / "inbox" / f"rates_{day}.csv").write_text(
                f"currency,valid_on,rate\nUSD,2026-03-01,7.1{day[-1]}\n", encoding="utf-8"
            )
            (home / "inbox" / f"accounts_{day}.csv").write_text(
                f"account_id,name\nA1,晨光{day[-1]}\nA2,远景\n", encoding="utf-8"
            )
            (home / "inbox" / f"contacts_{day}.csv").write_text(
                f"contact_id,account_id,name\nC{day[-1]},A1,张三\n", encoding="utf-8"
            )
        (home / "inbox" / "people.xlsx").write_bytes(b"PK\x03\x04 cut off")
        return CompanyFolder(home)

    return make


def landing_of(folder: CompanyFolder, ahead: bool) -> SourcesLanding:
    settings = load_company(folder)
    sources = sorted(settings.sources, key=lambda source: source.name)
    return SourcesLanding(folder, settings, Vocabulary(), SEEN_AT, sources if ahead else ())


def landed(folder: CompanyFolder, ahead: bool) -> dict[str, list[tuple[object, ...]]]:
    landing = landing_of(folder, ahead)
    try:
        found = {
            name: landing.land(load_company(folder).source(name), pulls=True) for name in NAMES
        }
    finally:
        landing.close()
    return {
        name: [(r.seq, r.name, r.status, r.counts, r.live_keys) for r in one.records]
        for name, one in found.items()
    }


def test_sources_landed_ahead_are_those_landed_in_turn(company):
    apart, together = company("one_by_one"), company("side_by_side")

    expected = landed(apart, ahead=False)

    assert landed(together, ahead=True) == expected
    assert [status for _, _, status, *_ in expected["broken"]] == ["unreadable"]
    assert [counts.landed for *_, counts, _ in expected["accounts"]] == [2, 1]
    assert _manifest(together) == _manifest(apart)


def test_a_source_that_fails_fails_in_its_own_turn_only(company, monkeypatch):
    folder = company("failing")
    real = side_by_side.admit_inbox

    def admit(folder, source, archive, seen_at):
        if source.name == "contacts":
            raise MemoryError("no room for contacts")
        return real(folder, source, archive, seen_at)

    monkeypatch.setattr(side_by_side, "admit_inbox", admit)
    landing, settings = landing_of(folder, ahead=True), load_company(folder)
    try:
        assert landing.land(settings.source("accounts"), pulls=True).records
        with pytest.raises(MemoryError, match="no room for contacts"):
            landing.land(settings.source("contacts"), pulls=True)
        # asked again, as a retry does, it lands
        assert len(landing.land(settings.source("contacts"), pulls=True).records) == 2
        assert len(landing.land(settings.source("rates"), pulls=True).records) == 2
    finally:
        landing.close()


def test_a_large_source_waits_for_its_turn_and_all_the_memory(company, monkeypatch):
    folder = company("large")
    monkeypatch.setattr(side_by_side, "SMALL_BYTES", 60)
    turns = []
    real = side_by_side.land_source

    def land(folder, settings, source, *rest, **more):
        turns.append(source.name)
        return real(folder, settings, source, *rest, **more)

    monkeypatch.setattr(side_by_side, "land_source", land)

    found = landed(folder, ahead=True)

    # two days of rates and accounts are more than 60 bytes, the cut-off workbook is not
    assert turns == ["accounts", "contacts", "rates"]
    assert [counts.landed for *_, counts, _ in found["rates"]] == [1, 1]


def _manifest(folder: CompanyFolder) -> list[tuple[object, ...]]:
    lines = (folder.archive / "manifest.jsonl").read_text("utf-8").splitlines()
    return [(d["seq"], d["source"], d["name"], d["sha256"]) for d in map(json.loads, lines)]
