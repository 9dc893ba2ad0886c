"""Files nobody has seen: what is proposed, what is asked, and what the YAML says."""

import pytest
import yaml
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.landing.connection import landing_connection
from pipelines.profiling.profile import profile_file
from pipelines.profiling.render import profile_yaml
from pipelines.settings import FileSource
from pipelines.sources.files import FileOptions


def profiled(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with landing_connection(tmp_path / "db") as con:
        profiles = profile_file(path, con, tmp_path / "read", FileOptions())
    return path, profiles


ORDERS = "订单号,下单日期,销售员,合同金额,备注\n" + "".join(
    f"SO{i:03d},2026-03-{i:02d},张三,{i}00.50,急\n" for i in range(1, 21)
)


def test_a_plain_order_file_is_mapped_and_its_yaml_is_a_source(tmp_path):
    path, (profile,) = profiled(tmp_path, "订单_20260310.csv", ORDERS)
    assert profile.entity == "orders" and not profile.missing
    sure = {match.column.name: match.header for match in profile.matches if match.is_sure}
    assert sure == {
        "order_id": "订单号",
        "signed_on": "下单日期",
        "person_id": "销售员",
        "amount": "合同金额",
    }
    (source,) = yaml.safe_load(profile_yaml(path, [profile]))["sources"]
    assert FileSource.model_validate(source).columns == sure
    assert source["path"] == "inbox/订单_*.csv"


def test_a_headerless_file_is_asked_about_and_nothing_is_guessed(tmp_path):
    path, (profile,) = profiled(
        tmp_path, "x.csv", "1,2026-01-01,3.5\n2,2026-01-02,4.5\n3,2026-01-03,1.5\n"
    )
    assert not profile.has_header and profile.entity == ""
    assert yaml.safe_load(profile_yaml(path, [profile]))["sources"] is None


@pytest.mark.parametrize(("days", "order", "asked"), [(("3/25/2026", "4/1/2026"), "mdy", False), (("3/5/2026", "4/1/2026"), "", True)])  # fmt: skip
def test_the_only_possible_date_order_is_proposed_and_two_are_a_question(
    tmp_path, days, order, asked
):
    text = "order id,order date,amount\n" + "".join(
        f"A{i},{day},10\n" for i, day in enumerate(days)
    )
    _, (profile,) = profiled(tmp_path, "orders.csv", text)
    assert profile.date_order == order
    assert any("date_order" in question.en for question in profile.questions) == asked


def test_two_columns_that_could_be_the_amount_are_a_question(tmp_path):
    text = "order id,order date,sub total,grand total\nA1,2026-01-01,10,12\nA2,2026-01-02,20,24\n"
    _, (profile,) = profiled(tmp_path, "orders.csv", text)
    assert "amount" in profile.missing
    assert any("amount" in question.en for question in profile.questions)


def test_an_order_number_that_reads_as_a_date_is_a_question(tmp_path):
    text = "order id,order date,amount\n2019-07-13,2026-01-01,10\n2019-07-14,2026-01-02,20\n"
    _, (profile,) = profiled(tmp_path, "orders.csv", text)
    assert profile.as_numbers == ("order_id",)
    assert any("as_numbers" in question.en for question in profile.questions)


def test_the_command_prints_both_languages_and_never_overwrites_a_file(tmp_path):
    path, out = tmp_path / "orders.csv", tmp_path / "out.yml"
    path.write_text(ORDERS, encoding="utf-8")
    first = CliRunner().invoke(main, ["profile", str(path), "--output", str(out)])
    assert first.exit_code == 0 and "header row" in first.output and "表头行" in first.output
    before = out.read_text(encoding="utf-8")
    again = CliRunner().invoke(main, ["profile", str(path), "--output", str(out)])
    assert again.exit_code == 2 and out.read_text(encoding="utf-8") == before


def test_a_file_that_is_no_table_gives_its_reason_in_both_languages(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("<html><body>login</body></html>", encoding="utf-8")
    result = CliRunner().invoke(main, ["profile", str(path)])
    assert result.exit_code == 1 and "网页" in result.output and "html" in result.output


DEALS = "商机编号,阶段,预计金额,创建时间\n" + "".join(
    f"D{i},{stage},{i}00,2026-01-{i:02d}\n"
    for i, stage in enumerate(["赢单", "Closed Won", "签约待付", "等老板点头", "no"], start=1)
)


def test_stage_words_are_proposed_where_known_and_asked_where_not(tmp_path):
    path, (profile,) = profiled(tmp_path, "商机.csv", DEALS)
    meant = {each.theirs: (each.ours, each.is_sure, each.is_native) for each in profile.values}
    assert meant["赢单"] == ("won", True, True)
    assert meant["Closed Won"] == ("won", True, False)
    assert meant["等老板点头"] == ("", False, False)
    assert meant["签约待付"][1:] == (False, False)  # alike, so asked
    (question,) = [q for q in profile.questions if "等老板点头" in q.en]
    assert "阶段" in question.zh and "stage" in question.en and "赢单" not in question.en
    text = profile_yaml(path, [profile])
    (source,) = yaml.safe_load(text)["sources"]
    assert source["values"] == {"stage": {"Closed Won": "won"}}
    assert "# ? 等老板点头: ?" in text and '# ? "no": ?' in text
    assert FileSource.model_validate(source).values["stage"] == {"Closed Won": "won"}


def test_kinds_of_contact_are_read_by_what_presets_know_and_two_meanings_are_none(tmp_path):
    text = "record id,activity type,activity date,owner id\n" + "".join(
        f"A{i},{kind},2026-01-{i:02d},P1\n"
        for i, kind in enumerate(["WHATS_APP", "call", "Divination"], start=1)
    )
    _, (profile,) = profiled(tmp_path, "activities.csv", text)
    meant = {each.theirs: each.ours for each in profile.values if each.column == "kind"}
    assert meant == {"WHATS_APP": "message", "call": "call", "Divination": ""}


def test_a_column_called_state_whose_words_are_no_states_is_asked_about(tmp_path):
    text = "account id,account name,state,created at\n" + "".join(
        f"C{i},客户{i},{state},2026-01-{i:02d}\n"
        for i, state in enumerate(["Texas", "Ohio"], start=1)
    )
    _, (profile,) = profiled(tmp_path, "accounts.csv", text)
    assert [match.is_sure for match in profile.matches if match.column.name == "state"] == [False]
    assert any(question.en.startswith("Is 'state' the state?") for question in profile.questions)


def test_a_wide_target_sheet_needs_no_line_for_period_and_value(tmp_path):
    path, (profile,) = profiled(
        tmp_path, "销售目标.csv", "大区,2026年1月(万元),2026年2月(万元)\n华东,100,90\n华南,50,60\n"
    )
    assert profile.entity == "targets" and profile.missing == ()
    (source,) = yaml.safe_load(profile_yaml(path, [profile]))["sources"]
    assert source["columns"] == {"region": "大区"}
