"""Secrets: where they come from, and that nothing shows them."""

from __future__ import annotations

import pickle

import pytest

from pipelines.settings.secrets import Secret, SecretUnavailable, resolve_secret

URL = "postgresql://reader:p%40ss-W0rd@db.example/erp"


def secrets_file(folder, text, mode=0o600):
    path = folder / "secrets.env"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def test_a_secret_comes_from_the_environment_first(tmp_path, monkeypatch):
    monkeypatch.setenv("ERP_URL", "from-environment")
    secrets_file(tmp_path, "ERP_URL=from-file\n")
    assert resolve_secret("env:ERP_URL", tmp_path).reveal() == "from-environment"


@pytest.mark.parametrize(
    "line", ["KEY=a b=c", "export KEY=a b=c", "KEY = 'a b=c'", '  KEY="a b=c"', "# x\n\nKEY=a b=c"]
)
def test_a_secret_comes_from_a_line_of_the_file(tmp_path, monkeypatch, line):
    monkeypatch.delenv("KEY", raising=False)
    secrets_file(tmp_path, line + "\n")
    assert resolve_secret("env:KEY", tmp_path).reveal() == "a b=c"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_file_that_others_may_read_is_refused_with_the_fix(tmp_path, monkeypatch, mode):
    monkeypatch.delenv("KEY", raising=False)
    secrets_file(tmp_path, "KEY=hidden-value\n", mode)
    with pytest.raises(SecretUnavailable, match="chmod 600") as refused:
        resolve_secret("env:KEY", tmp_path)
    assert "chmod 600" in refused.value.message_zh
    assert "hidden-value" not in str(refused.value)


def test_a_secret_that_is_nowhere_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    with pytest.raises(SecretUnavailable, match="secret NOT_SET is not set") as refused:
        resolve_secret("env:NOT_SET", tmp_path)
    assert "NOT_SET" in refused.value.message_zh


def test_an_empty_secret_counts_as_none(tmp_path, monkeypatch):
    monkeypatch.setenv("KEY", "")
    with pytest.raises(SecretUnavailable):
        resolve_secret("env:KEY", tmp_path)


def test_nothing_that_shows_an_object_shows_its_secret():
    secret = Secret(URL, "env:ERP_URL")
    for shown in (repr(secret), str(secret), f"{secret}", f"{[secret]}"):
        assert shown.strip("[]") == "Secret(env:ERP_URL)"
    with pytest.raises(TypeError, match="must not be written down"):
        pickle.dumps(secret)


def test_a_message_loses_url_and_password_in_every_spelling():
    secret = Secret(URL, "env:ERP_URL")
    text = f"cannot open {URL}: FATAL password p@ss-W0rd / p%40ss-W0rd of reader"
    assert secret.scrub(text) == "cannot open ***: FATAL password *** / *** of reader"
