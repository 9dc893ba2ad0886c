"""What the READMEs say is so: links lead somewhere, commands exist, the example is accepted."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from pipelines.cli import main
from pipelines.settings import CompanySettings

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "README.zh-CN.md"]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md") if path.is_file()
)
DOCUMENTS = [*READMES, "CONTRIBUTING.md", "CHANGELOG.md", *PAGES]
# Files of other codebases, and of the folder that `gapwise bi` writes.
ELSEWHERE = {"transform/ferc1.py", "defs/dbt/assets.py", "sql/measures.sql"}
# What a page calls by the path inside its folder.
FOLDERS = ("", "pipelines", "dbt_project", "dbt_project/models", "docs", "docs/methods", "tests")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_to_a_file_leads_to_one(name):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", read(name))
    missing = [target for target in targets if not ((ROOT / name).parent / target).exists()]
    # Reports are written by `make test-deep TOPIC`: a checkout has those of the topics that were run.
    assert [target for target in missing if "reports/" not in target] == []


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_commands_is_the_list_of_commands(name):
    named = set(re.findall(r"^\| `gapwise (\w+)", read(name), flags=re.MULTILINE))
    assert named == set(main.commands)


@pytest.mark.parametrize("name", READMES)
def test_every_option_of_a_command_stands_beside_it(name):
    """`--home`, which every command on a company has, is said once over the table."""
    rows = dict(re.findall(r"^\| `gapwise (\w+)(.*)$", read(name), flags=re.MULTILINE))
    said = {command: set(re.findall(r"--[a-z-]+", row)) for command, row in rows.items()}
    options = {
        command: {
            name
            for parameter in declared.params
            for name in parameter.opts
            if name.startswith("--") and name != "--home"
        }
        for command, declared in main.commands.items()
    }
    assert said == options


@pytest.mark.parametrize("name", READMES)
def test_the_example_of_company_yml_is_accepted(name):
    [example] = re.findall(r"```yaml\n(.+?)```", read(name), flags=re.DOTALL)
    settings = CompanySettings.model_validate(yaml.safe_load(example))
    assert [source.name for source in settings.sources] == [
        "crm_opportunities",
        "erp_orders",
        "targets",
    ]
    assert settings.source("crm_opportunities").columns["amount"] == "预计金额(万元)"


def test_the_examples_of_sources_that_are_asked_for_their_rows_are_accepted():
    [example] = re.findall(r"```yaml\n(sources:.+?)```", read("docs/presets.md"), flags=re.DOTALL)
    settings = CompanySettings.model_validate({"company": {"name": "T"}, **yaml.safe_load(example)})
    kinds = ["database", "jiandaoyun", "fxiaoke", "google_sheets"]
    assert [source.kind for source in settings.sources] == kinds


def test_both_readmes_have_the_same_shape():
    def shape(name: str) -> list[str]:
        return re.findall(r"^(#+ |```\w*|\| `[^`]+`|\| |\d\. )", read(name), flags=re.MULTILINE)

    def leads_to(name: str) -> set[str]:
        return set(re.findall(r"\]\(([^)]+)\)", read(name))) - set(READMES)

    assert shape(READMES[0]) == shape(READMES[1])
    assert leads_to(READMES[0]) == leads_to(READMES[1])


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", *PAGES])
def test_every_file_that_a_page_names_is_there(name):
    """Decisions are of their day; what they call by name may have moved since."""
    if "/adr/0" in name or "/reports/" in name:
        return
    named = re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|sql|yml|sh))`", read(name))
    gone = {
        path for path in named if not any((ROOT / folder / path).exists() for folder in FOLDERS)
    }
    assert gone - ELSEWHERE == set()


def test_every_make_goal_that_documents_name_exists():
    goals = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    for name in DOCUMENTS:
        named = set(re.findall(r"(?:`|^)make ([a-z-]+)", read(name), flags=re.MULTILINE))
        assert named <= goals, name


def test_every_direct_dependency_has_a_decision():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    requirements = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = [re.split(r"[^\w.-]", requirement)[0] for requirement in requirements]
    decisions = "\n".join(
        path.read_text(encoding="utf-8").lower() for path in (ROOT / "docs/adr").glob("0*.md")
    )
    assert len(wanted) > 25
    # As a word: a decision that says "clicked" decides nothing about `click`.
    unsaid = [
        n for n in wanted if not re.search(rf"(?<![\w-]){re.escape(n.lower())}(?![\w-])", decisions)
    ]
    assert unsaid == []


def test_every_decision_stands_once_in_the_index_in_order():
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\)", read("docs/adr/README.md"), flags=re.MULTILINE)
    files = sorted(path.name for path in (ROOT / "docs" / "adr").glob("0*.md"))
    assert [name for _, name in listed] == files
    assert all(name.startswith(f"{number}-") for number, name in listed)
