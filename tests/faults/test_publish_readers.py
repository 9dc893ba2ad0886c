"""Readers during publishes: no error, no mixture, and nobody waits for anybody."""

from __future__ import annotations

import time

from pipelines.publish.publisher import Publisher
from pipelines.settings import CompanyFolder
from tests.publish_world import (
    locked,
    make_build,
    make_night,
    publish,
    shown_nights,
    start_child,
)

PUBLISHES = 12


def test_readers_see_one_whole_night_each_time_while_twelve_nights_are_published(tmp_path):
    folder = CompanyFolder(tmp_path / "company")
    build, stop = tmp_path / "build.duckdb", tmp_path / "stop"
    with locked(folder):
        publish(folder, build, "n00")
        readers = {
            kind: start_child("read", str(folder.published), kind, str(stop))
            for kind in ("new", "held", "parquet")
        }
        time.sleep(1.5)  # all three are reading before the first night is replaced
        for number in range(1, PUBLISHES + 1):
            version = f"n{number:02d}"
            publish(folder, build, version, keep_versions=3)
            time.sleep(0.3)
    stop.touch()
    answers = {kind: reader.communicate(timeout=30) for kind, reader in readers.items()}
    for kind, reader in readers.items():
        assert reader.returncode == 0, (kind, answers[kind][1])
    counts = {kind: [int(x) for x in answer[0].split()] for kind, answer in answers.items()}
    assert all(reads >= 20 for reads, _ in counts.values()), counts
    assert counts["new"][1] >= 5, counts  # it did see nights change
    assert counts["parquet"][1] >= 5, counts
    assert counts["held"][1] == 1, counts  # an open connection keeps its night
    assert shown_nights(folder) == {"n12"}


def test_a_reader_holding_the_file_open_does_not_delay_the_publish(tmp_path):
    folder = CompanyFolder(tmp_path / "company")
    build, stop = tmp_path / "build.duckdb", tmp_path / "stop"
    with locked(folder):
        publish(folder, build, "n1")
        reader = start_child("read", str(folder.published), "held", str(stop))
        time.sleep(1.0)
        make_build(build, "n2")
        started = time.monotonic()
        Publisher(folder).publish(make_night(build, "n2"))
        seconds = time.monotonic() - started
    assert reader.poll() is None  # still reading while we published
    stop.touch()
    _, errors = reader.communicate(timeout=30)
    assert reader.returncode == 0, errors
    assert seconds < 20  # it would wait for ever (or fail) on a lock
