"""The files of deploy/ name commands, options and settings that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from pipelines.cli import main

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("gapwise-*"))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]


def settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, value = line.split("=", maxsplit=1)
            found.setdefault(name, []).append(value)
    return found


def command_of(words: list[str]) -> click.Command:
    """Return the command of this project or of Dagster that the words start."""
    if words[0] == "gapwise":
        group: click.Command = main
    elif words[0] == "dagster-webserver":
        from dagster_webserver.cli import dagster_webserver

        return dagster_webserver
    elif words[0] == "dagster-daemon":
        from dagster._daemon.cli import create_dagster_daemon_cli

        group = create_dagster_daemon_cli()
    else:
        from dagster._cli import create_dagster_cli

        group = create_dagster_cli()
    for word in words[1:]:
        if isinstance(group, click.Group):
            group = group.commands[word]
    return group


def assert_accepted(words: list[str]) -> None:
    command = command_of(words)
    known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    options = {word for word in words if word.startswith("--")}
    assert options <= known, f"{words[0]} does not know {sorted(options - known)}"


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".service"], ids=lambda u: u.name)
def test_a_unit_starts_a_command_that_exists_as_a_plain_user(unit: Path) -> None:
    found = settings(unit)
    [line] = found["ExecStart"]
    path, *rest = shlex.split(line)
    assert path.startswith("/opt/gapwise/.venv/bin/")
    assert_accepted([Path(path).name, *rest])
    assert found["User"] == ["gapwise"] and found["NoNewPrivileges"] == ["true"]
    assert found["ProtectSystem"] == ["strict"] and found["ReadWritePaths"] == ["/srv/gapwise"]


@pytest.mark.parametrize("unit", [u for u in UNITS if u.suffix == ".timer"], ids=lambda u: u.name)
def test_a_timer_has_its_service_and_catches_up(unit: Path) -> None:
    assert unit.with_suffix(".service") in UNITS
    assert settings(unit)["Persistent"] == ["true"]


def test_systemd_accepts_every_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        # Programs of the target machine stand for themselves; anything else is judged as it is.
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    judged = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    about_us = [line for line in judged.stderr.splitlines() if "gapwise-" in line]
    assert about_us == []


@pytest.mark.parametrize("name", ["code", "webserver", "daemon"])
def test_a_service_of_compose_starts_a_command_that_exists(name: str) -> None:
    service = SERVICES[name]
    assert_accepted([str(word) for word in service["command"]])
    assert service["user"] == "10001:10001" and service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True


def test_nothing_of_compose_is_open_to_other_machines() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:3000:3000"]


@pytest.mark.parametrize("folder", [".", "companies", "celery"])
def test_tables_of_records_are_made_before_servers_that_would_each_make_them(folder: str) -> None:
    services = yaml.safe_load((DEPLOY / folder / "compose.yaml").read_text("utf-8"))["services"]
    assert services["records"]["command"] == ["dagster", "instance", "migrate"]
    assert services["records"]["restart"] == "no"
    assert services["records"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    waits_for = {
        name: service["depends_on"]["records"]["condition"]
        for name, service in services.items()
        if name.startswith("code")
    }
    assert waits_for and set(waits_for.values()) == {"service_completed_successfully"}


def test_compose_mounts_files_that_are_there_and_keeps_no_password() -> None:
    mounts = SERVICES["code"]["volumes"]
    assert all((DEPLOY / m.split(":")[0]).is_file() for m in mounts if m.startswith("./"))
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"PASSWORD[^\n]*?(\$\{[A-Z_]+)", text)) == {"${DAGSTER_POSTGRES_PASSWORD"}


def test_the_workspace_points_at_the_code_server() -> None:
    [location] = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())["load_from"]
    command = SERVICES["code"]["command"]
    assert location["grpc_server"]["host"] == "code"
    assert str(location["grpc_server"]["port"]) == command[command.index("--port") + 1]


def test_the_image_is_locked_by_hash_and_runs_as_nobody_special() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements-deploy.txt" in text
    assert "fonts-noto-cjk" in text, "pictures of alerts name teams in Chinese"
    assert re.findall(r"^USER (.+)$", text, flags=re.MULTILINE) == ["10001:10001"]
    copied = [
        w for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE) for w in line.split()[:-1]
    ]
    assert copied and all((ROOT / name).exists() for name in copied)


def test_the_lock_of_the_image_holds_the_lock_of_the_night() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(), flags=re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-deploy.txt")
    assert any(pin.startswith("dagster-postgres==") for pin in pins("requirements-deploy.txt"))


INSTANCES = {
    "companies": (DEPLOY / "companies" / "dagster.yaml").read_text(encoding="utf-8"),
    "celery": (DEPLOY / "celery" / "dagster.yaml").read_text(encoding="utf-8"),
    "kubernetes": next(
        document["data"]["dagster.yaml"]
        for document in yaml.safe_load_all(
            (DEPLOY / "kubernetes" / "gapwise.yaml").read_text(encoding="utf-8")
        )
        if document["kind"] == "ConfigMap"
    ),
}
LAUNCHERS = {"companies": None, "celery": "dagster_celery", "kubernetes": "dagster_k8s"}


@pytest.mark.parametrize("name", INSTANCES)
def test_an_instance_of_several_companies_runs_one_night_of_each_at_a_time(name: str) -> None:
    runs = yaml.safe_load(INSTANCES[name])["concurrency"]["runs"]
    assert runs["tag_concurrency_limits"] == [
        {"key": "gapwise/company", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
    ]


@pytest.mark.parametrize("name", INSTANCES)
def test_dagster_accepts_an_instance_of_several_companies(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if LAUNCHERS[name]:
        pytest.importorskip(LAUNCHERS[name], reason=f"{LAUNCHERS[name]} is not installed")
    pytest.importorskip("dagster_postgres", reason="the extra `deploy` is not installed")
    from dagster._core.instance.ref import InstanceRef

    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql+psycopg2://nobody@127.0.0.1:1/none")
    (tmp_path / "dagster.yaml").write_text(INSTANCES[name], encoding="utf-8")
    reference = InstanceRef.from_dir(str(tmp_path))
    assert reference.settings["concurrency"] == yaml.safe_load(INSTANCES[name])["concurrency"]


@pytest.mark.parametrize("folder", ["companies", "celery"])
def test_code_servers_of_several_companies_stand_in_their_workspace(folder: str) -> None:
    services = yaml.safe_load((DEPLOY / folder / "compose.yaml").read_text("utf-8"))["services"]
    workspace = yaml.safe_load((DEPLOY / folder / "workspace.yaml").read_text("utf-8"))
    located = {
        location["grpc_server"]["host"]: location["grpc_server"]["location_name"]
        for location in workspace["load_from"]
    }
    named = {
        name: service["environment"]["GAPWISE_COMPANY_KEY"]
        for name, service in services.items()
        if name.startswith("code-")
    }
    assert located == named
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:3000:3000"]
    for service in services.values():
        if service.get("image") != "postgres:17-alpine" and "command" in service:
            words = [str(word) for word in service["command"]]
            if words[0] != "dagster-celery":
                assert_accepted(words)
