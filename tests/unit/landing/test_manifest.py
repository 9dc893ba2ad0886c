"""What the manifest remembers of published nights decides what an older day may use."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pipelines.landing.manifest import Delivery, Manifest, Night, cutoff_for, frozen_cutoff

AT = datetime(2026, 3, 10, tzinfo=UTC)


def delivered(manifest, *seqs):
    for seq in seqs:
        manifest.append(Delivery(seq, "crm", f"deals_{seq}.csv", f"{seq:064x}", 10, AT, seq))


def test_only_an_older_published_day_is_frozen(tmp_path):
    manifest = Manifest(tmp_path)
    for day, cutoff in ((8, 5), (9, 7)):
        manifest.append(Night(date(2026, 3, day), cutoff, "run", "v", AT))
    assert frozen_cutoff(manifest, date(2026, 3, 8)) == 5
    assert frozen_cutoff(manifest, date(2026, 3, 9)) is None
    assert frozen_cutoff(manifest, date(2026, 3, 7)) is None


def test_a_day_uses_what_is_there_unless_it_was_published_and_a_later_one_was_too(tmp_path):
    manifest = Manifest(tmp_path)
    assert cutoff_for(manifest, date(2026, 3, 8)) == 0
    delivered(manifest, 1, 2)
    manifest.append(Night(date(2026, 3, 8), 2, "run", "v", AT))
    delivered(manifest, 3)
    assert cutoff_for(manifest, date(2026, 3, 8)) == 3  # the newest takes what is new
    manifest.append(Night(date(2026, 3, 9), 3, "run", "v", AT))
    delivered(manifest, 4)
    assert cutoff_for(manifest, date(2026, 3, 8)) == 2
    assert cutoff_for(manifest, date(2026, 3, 7)) == 4  # never published


def test_the_last_of_two_nights_of_a_day_says_what_it_knew(tmp_path):
    manifest = Manifest(tmp_path)
    for day, cutoff in ((8, 5), (9, 7), (8, 6)):
        manifest.append(Night(date(2026, 3, day), cutoff, "run", "v", AT))
    assert frozen_cutoff(manifest, date(2026, 3, 8)) == 6
