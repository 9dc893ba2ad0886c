"""company.yml: each kind of source, and what is refused without repeating a secret."""

from __future__ import annotations

import pytest
import yaml

from pipelines.settings import (
    CompanyFolder,
    CompanySettings,
    ConfigurationError,
    company_json_schema,
    load_company,
)


def load(tmp_path, **entry):
    body = {
        "company": {"name": "晨光医疗"},
        "sources": [{"name": "one", "entity": "orders", **entry}],
    }
    (tmp_path / "company.yml").write_text(
        yaml.safe_dump(body, allow_unicode=True), encoding="utf-8"
    )
    return load_company(CompanyFolder(tmp_path)).sources[0]


DATABASE = {"kind": "database", "url": "env:ERP_URL"}


def test_an_entry_without_kind_is_a_file(tmp_path):
    assert load(tmp_path, path="inbox/*.csv").kind == "file"


def test_a_cursor_makes_a_delta_and_its_absence_a_snapshot(tmp_path):
    assert load(tmp_path, **DATABASE, table="orders", cursor="updated_at").load == "delta"
    assert load(tmp_path, **DATABASE, table="orders").load == "snapshot"
    assert load(tmp_path, **DATABASE, table="orders", load="append").load == "append"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({**DATABASE}, "either `table:` or `query:`"),
        ({**DATABASE, "table": "a", "query": "select 1"}, "either `table:` or `query:`"),
        ({**DATABASE, "table": "a", "cursor": "u", "load": "snapshot"}, "load: delta"),
        ({**DATABASE, "table": "a", "cursor": "u", "load": "append"}, "load: delta"),
        ({**DATABASE, "table": "a", "path": "x"}, "Extra inputs"),
        ({"kind": "oracle"}, "kind must be one of file, database"),
        ({"kind": "google_sheets"}, "either `published:` or `spreadsheet:`"),
        ({"kind": "google_sheets", "spreadsheet": "x"}, "key: env:NAME"),
        ({"kind": "google_sheets", "published": "http://docs.example/x"}, "https://"),
        (
            {
                "kind": "jiandaoyun",
                "app": "a",
                "form": "f",
                "key": "env:K",
                "address": "http://a.cn",
            },
            "https://",
        ),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_expected(tmp_path, entry, told):
    with pytest.raises(ConfigurationError, match=r"sources\.0") as wrong:
        load(tmp_path, **entry)
    assert told in str(wrong.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "database", "table": "a", "url": "mysql://u:top-secret@h/d"},
        {"kind": "database", "table": "a", "url": "postgresql://h/d?password=top-secret"},
        {"kind": "jiandaoyun", "app": "a", "form": "f", "key": "top-secret"},
        {"kind": "fxiaoke", "object": "AccountObj", "app_id": "a", "user": "u",
         "app_secret": "top-secret", "permanent_code": "env:C"},
        {"kind": "google_sheets", "spreadsheet": "s", "key": "top-secret"},
    ],
)  # fmt: skip
def test_a_secret_written_into_company_yml_is_refused_and_not_repeated(tmp_path, entry):
    with pytest.raises(ConfigurationError, match="env:NAME") as wrong:
        load(tmp_path, **entry)
    assert "top-secret" not in str(wrong.value)


def test_an_address_without_a_password_may_stand_in_company_yml(tmp_path):
    assert (
        load(tmp_path, kind="database", table="a", url="sqlite:///erp.db").url == "sqlite:///erp.db"
    )


def test_a_dump_of_the_settings_holds_names_of_secrets_only(tmp_path, monkeypatch):
    monkeypatch.setenv("ERP_URL", "postgresql://u:top-secret@h/d")
    source = load(tmp_path, **DATABASE, table="orders")
    shown = f"{source!r} {source.model_dump_json()} {source.origin}"
    assert "env:ERP_URL" in shown
    assert "top-secret" not in shown


def test_the_schema_for_editors_knows_every_kind():
    sources = company_json_schema()["$defs"].values()
    kinds = {
        body["properties"]["kind"]["const"]
        for body in sources
        if "kind" in body.get("properties", {})
    }
    assert kinds == {"file", "database", "jiandaoyun", "fxiaoke", "google_sheets"}


def test_every_key_says_what_it_is_for():
    schema = company_json_schema()
    parts = {**schema["$defs"], "CompanySettings": schema}
    silent = [
        f"{part}.{key}"
        for part, body in parts.items()
        for key, said in body.get("properties", {}).items()
        if not said.get("description")
    ]
    assert silent == []


def test_two_sources_of_any_kind_never_share_a_name():
    entry = {"name": "one", "entity": "orders", **DATABASE, "table": "a"}
    with pytest.raises(ValueError, match="two sources share a name: one"):
        CompanySettings.model_validate({"company": {"name": "x"}, "sources": [entry, entry]})


def test_a_column_may_be_called_no_or_2026_and_a_constant_may_be_a_day(tmp_path):
    (tmp_path / "company.yml").write_text(
        "company: {name: T}\nsources:\n"
        "  - {name: one, entity: orders, path: 'inbox/*', columns: {order_id: No, amount: 2026, line_no: [Yes]},\n"
        "     constants: {signed_on: 2024-06-01}, where: {On: [true]}, required: true, has_header: false}\n",
        encoding="utf-8",
    )
    source = load_company(CompanyFolder(tmp_path)).sources[0]
    assert source.columns == {"order_id": "No", "amount": "2026", "line_no": ["Yes"]}
    assert (source.constants, source.where) == ({"signed_on": "2024-06-01"}, {"On": ["true"]})
    assert (source.required, source.has_header) == (True, False)
