"""Ten companies nightly in one Dagster on PostgreSQL, two at a time, one failing: the others publish."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.servers.databases import Server, postgres
from tests.small_world import write_small_world

pytestmark = pytest.mark.deep(topic="servers")
ROOT = Path(__file__).parents[2]
DAY = "2026-02-28"
COMPANIES = [f"company_{number:02d}" for number in range(1, 11)]
BROKEN = "company_04"
MINUTES = 180


@contextlib.contextmanager
def process(log: Path, *command: str, **environment: str) -> Iterator[None]:
    """Run a server of Dagster for the length of a test."""
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield
        finally:
            running.terminate()
            try:
                running.wait(timeout=5)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def is_open(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def wait(until: object, what: str, minutes: float = 10) -> None:
    end = time.monotonic() + minutes * 60
    while not until():  # type: ignore[operator]
        assert time.monotonic() < end, f"waited {minutes} minutes for {what}"
        time.sleep(1)


def make_tables(instance: dict[str, str]) -> None:
    """Make Dagster's tables once, as deploy/companies does: ten servers that start at once would race."""
    subprocess.run(
        [sys.executable, "-m", "dagster", "instance", "migrate"],
        cwd=ROOT, env={**os.environ, **instance}, check=True, capture_output=True,
    )  # fmt: skip


def write_companies(root: Path) -> None:
    """Write ten folders with the same files; in one of them nothing can be published."""
    for name in COMPANIES:
        write_small_world(root / name)
    (root / BROKEN / "published").write_text("a file where a folder must be", encoding="utf-8")


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[tuple[Path, Server, int]]:
    """Start PostgreSQL, ten code servers, daemon and web server as deploy/companies does."""
    pytest.importorskip("dagster_postgres", reason="the extra `deploy` is not installed")
    write_companies(tmp_path)
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(ROOT / "deploy" / "companies" / "dagster.yaml", home)
    ports = {name: free_port() for name in COMPANIES}
    page = free_port()
    locations = [
        {"grpc_server": {"host": "127.0.0.1", "port": port, "location_name": name}}
        for name, port in ports.items()
    ]
    workspace = home / "workspace.yaml"
    workspace.write_text(yaml.safe_dump({"load_from": locations}), encoding="utf-8")
    with contextlib.ExitStack() as running:
        server = running.enter_context(postgres(tmp_path / "pg"))
        url = server.url.replace("postgresql+psycopg://", "postgresql+psycopg2://")
        instance = {"DAGSTER_HOME": str(home), "DAGSTER_POSTGRES_URL": url}
        make_tables(instance)
        for name, port in ports.items():
            own = {"GAPWISE_HOME": str(tmp_path / name), "GAPWISE_COMPANY_KEY": name}
            serve = ["api", "grpc", "--module-name", "pipelines.definitions", "--host", "127.0.0.1"]
            running.enter_context(
                process(
                    home / f"{name}.log", "dagster", *serve, "--port", str(port), **instance, **own
                )
            )
        wait(lambda: all(map(is_open, ports.values())), "the code servers", 30)
        where = ["--workspace", str(workspace)]
        running.enter_context(
            process(home / "web.log", "dagster_webserver", *where, "--port", str(page), **instance)
        )
        wait(lambda: is_open(page), "the web server")
        running.enter_context(
            process(home / "daemon.log", "dagster._daemon", "run", *where, **instance)
        )
        yield tmp_path, server, page


def count(server: Server, *statuses: str) -> int:
    named = ", ".join(f"'{status}'" for status in statuses)
    return int(server.scalar(f"select count(*) from runs where status in ({named})"))  # type: ignore[call-overload]


def test_ten_companies_run_two_at_a_time_and_one_that_fails_stops_no_other(deployment) -> None:
    from dagster_graphql import DagsterGraphQLClient

    root, server, page = deployment
    client = DagsterGraphQLClient("127.0.0.1", port_number=page)
    for name in COMPANIES:
        client.submit_job_execution(
            "nightly",
            repository_location_name=name,
            repository_name="__repository__",
            tags={"dagster/partition": DAY},
        )
    most = 0
    end = time.monotonic() + MINUTES * 60
    while count(server, "SUCCESS", "FAILURE", "CANCELED") < len(COMPANIES):
        most = max(most, count(server, "STARTING", "STARTED", "CANCELING"))
        assert time.monotonic() < end, f"the nights took more than {MINUTES} minutes"
        time.sleep(1)
    assert most == 2, "two at a time: neither one after the other nor all at once"
    assert (count(server, "SUCCESS"), count(server, "FAILURE")) == (9, 1)
    for name in COMPANIES:
        published = root / name / "published" / "manifest.json"
        assert published.is_file() == (name != BROKEN), name
    as_of = {
        json.loads((root / name / "published" / "manifest.json").read_text("utf-8"))["as_of"]
        for name in COMPANIES
        if name != BROKEN
    }
    assert as_of == {DAY}
    # Nobody's records stand under another's name.
    keys = "select count(distinct split_part(asset_key, '\"', 2)) from asset_keys"
    assert server.scalar(keys) == len(COMPANIES)
