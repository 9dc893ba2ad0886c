"""Spark's own servers on this machine, for the length of a test: a master with workers, a Connect server."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.spark.nights import SMALL

START_SECONDS = 120


@dataclass(frozen=True)
class Master:
    """Where a running master listens, and where its workers tell what they ran."""

    url: str
    page: int
    worker_pages: tuple[int, ...]

    def executors(self) -> int:
        """Return how many workers ran an executor by now."""
        ran = [_read(page) for page in self.worker_pages]
        return sum(bool(worker["finishedexecutors"] or worker["executors"]) for worker in ran)


@contextlib.contextmanager
def standalone_master(logs: Path, workers: int) -> Iterator[Master]:
    """Start a master and its workers, one core each, and end them however the test ends."""
    logs.mkdir(parents=True)
    port, page, *pages = (_free_port() for _ in range(2 + workers))
    url = f"spark://127.0.0.1:{port}"
    with contextlib.ExitStack() as started:
        at = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
        started.enter_context(_process(logs / "master", "master.Master", at))
        for number, worker_page in enumerate(pages):
            place = logs / f"worker-{number}"
            size = ["--host", "127.0.0.1", "--cores", "1", "--memory", "900m"]
            where = ["--webui-port", str(worker_page), "--work-dir", str(place)]
            started.enter_context(_process(place, "worker.Worker", [*size, *where, url]))
        _wait_until(
            lambda: _read(page)["aliveworkers"] == workers, f"the master had not {workers} workers"
        )
        yield Master(url, page, tuple(pages))


@contextlib.contextmanager
def connect_server(logs: Path) -> Iterator[str]:
    """Start a Spark Connect server with a session in its own process; yield its address."""
    port = _free_port()
    logs.mkdir(parents=True)
    conf = {
        **dict(pair.split("=") for pair in SMALL["GAPWISE_SPARK_CONF"].split()),
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
    }
    settings = [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]
    server = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    arguments = ["--master", "local[2]", *settings, *server, "spark-internal"]
    # Spark's launcher takes this server for a daemon, and its memory from there.
    with _process(logs / "connect", "SparkSubmit", arguments, memory="1200m"):
        _wait_until(lambda: _is_open(port), "the Connect server did not listen")
        yield f"sc://127.0.0.1:{port}"


@contextlib.contextmanager
def _process(place: Path, role: str, arguments: list[str], memory: str = "256m") -> Iterator[None]:
    import pyspark

    home = Path(pyspark.__file__).parent
    place.mkdir()
    environment = {
        **os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": memory, "JDK_JAVA_OPTIONS": SMALL["JDK_JAVA_OPTIONS"],
    }  # fmt: skip
    with (place / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}", *arguments],
            env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_until(is_so: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if is_so():
                return
        time.sleep(0.5)
    raise TimeoutError(f"{otherwise} after {START_SECONDS} seconds")


def _is_open(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def _read(page: int) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=10) as answer:
        return json.load(answer)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
