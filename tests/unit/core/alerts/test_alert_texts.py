"""Words of alerts: harmless, readable, within the bytes of a channel, at the right hour."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.alerts.digest import Digest, Line, build_digest, render
from pipelines.core.alerts.quiet import not_before, seconds_past_the_half_hour, seconds_to_wait
from pipelines.core.alerts.text import cut, figure, fit, money, plain
from tests.unit.core.alerts.alert_world import MONDAY, PEOPLE, Nights, finding, good_news

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = (time(21), time(8))


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("晨星医院", "晨星医院"),
        ("<@all>", "＜＠all＞"),
        ("[免费](http://x)", "［免费］（http://x）"),
        ("一行\r\n# 标题", "一行 ＃ 标题"),
        ("**粗**`码`|表", "＊＊粗＊＊｀码｀｜表"),
        ("长" * 61, "长" * 59 + "…"),
    ],
)
def test_a_value_from_a_file_is_words_only(raw, safe):
    assert plain(raw) == safe


@given(st.text())
def test_making_words_harmless_twice_changes_nothing(text):
    assert plain(plain(text)) == plain(text)
    assert not set("<>[]()*`#@|\\\n\r") & set(plain(text))


@pytest.mark.parametrize(
    ("amount", "currency", "language", "said"),
    [
        ("1234567", "CNY", "zh", "123.5 万"),
        ("120000000", "CNY", "zh", "1.2 亿"),
        ("9999.5", "CNY", "zh", "10,000"),
        ("-25000", "USD", "zh", "USD -2.5 万"),
        ("1234567.4", "CNY", "en", "CNY 1,234,567"),
    ],
)
def test_money_is_said_as_people_say_it(amount, currency, language, said):
    assert money(Decimal(amount), currency, language) == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("lag_rate", 0.203, "20.3 %"),
        ("tier", "A", "A"),
        ("days", 12, "12"),
        ("actual", Decimal("1500.50"), "1,500.5"),
        ("actual", Decimal("1000"), "1,000"),
        ("due_on", MONDAY, "2026-03-02"),
        ("due_on", None, "–"),
    ],
)
def test_a_figure_is_said_in_words(name, value, said):
    assert figure(name, value) == said


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("目标落后", 12, "目标落后"),
        ("目标落后", 11, "目标…"),  # 3 bytes a character, 3 for the ellipsis
        ("好👍🏽了", 13, "好…"),  # a skin tone is no character of its own
        ("家👨‍👩‍👧。", 20, "家…"),  # nor is a third of a family
        ("abc", 2, ""),
    ],
)
def test_a_text_is_cut_between_characters(text, limit, kept):
    assert cut(text, limit) == kept


@given(st.text(), st.integers(0, 200))
def test_a_cut_text_fits_and_is_the_beginning(text, limit):
    found = cut(text, limit)
    assert len(found.encode()) <= limit
    assert text.startswith(found.removesuffix("…")) or found == ""


@given(
    st.lists(st.text(min_size=1, max_size=40), max_size=30),
    st.integers(60, 2000),
)
def test_a_digest_fits_and_every_line_is_shown_whole_or_counted(lines, limit):
    lines = [line.replace("\n", " ") for line in lines]
    tails = ["", *(f"+{n}" for n in range(1, len(lines) + 1))]
    text = fit("head", lines, tails, limit)
    assert len(text.encode()) <= limit
    whole = "\n".join(("head", *lines)) if lines else "head"
    if text != whole:
        left_out = int(text.rpartition("+")[2])
        assert text == "\n".join(("head", *lines[: len(lines) - left_out], f"+{left_out}"))


def digest_of(*found, language="zh", recipient="rep"):
    new = [n for n in Nights().run(MONDAY, *found) if n.recipient == recipient]
    return build_digest(
        recipient, new, [], language, MONDAY, "CNY",
        lambda who: PEOPLE.people[who].name, lambda kind: f"https://b/#{kind}" if kind else "https://b/",
    )  # fmt: skip


def test_the_most_valuable_line_stands_first_and_good_news_last():
    digest = digest_of(
        finding("small", value_amount=Decimal(10)), good_news(), finding("none", value_amount=None),
        finding("big", value_amount=Decimal(500)),
    )  # fmt: skip
    keys = [line.alert_key.partition("/")[2] for line in digest.lines]
    assert keys == ["big", "small", "none", "T1"]


def test_a_line_says_what_how_much_since_when_what_to_do_and_where():
    [line] = digest_of(finding(value_amount=Decimal(123456))).lines
    assert line.text == "1. 客户C1 逾期；涉及 12.3 万；自 2026-03-02 起；今天联系"
    assert line.link == "https://b/#followup_overdue"
    [line] = digest_of(finding(value_amount=Decimal(123456)), language="en").lines
    assert line.text == (
        "1. customer C1 overdue; CNY 123,456 at stake; since 2026-03-02; contact it today"
    )


def test_an_escalated_line_names_who_was_told_first():
    nights = Nights()
    for offset in (0, 1):
        nights.run(MONDAY + timedelta(days=offset), finding())
    new = nights.run(MONDAY + timedelta(days=2), finding())
    digest = build_digest(
        "lead", new, [], "zh", MONDAY + timedelta(days=2), "CNY",
        lambda who: PEOPLE.people[who].name, lambda kind: None,
    )  # fmt: skip
    assert "升级：2026-03-02 已提醒负责人李雷" in digest.lines[0].text


def test_a_digest_of_chinese_and_emoji_stays_within_4096_bytes_and_counts_the_rest():
    lines = tuple(Line(f"{n}. 客户👨‍👩‍👧{'很长的名字' * 8}", None, str(n)) for n in range(200))
    text = render(Digest("rep", "zh", "提醒", lines), 4096)
    shown = text.count("\n") - 1
    assert len(text.encode()) <= 4096
    assert text.endswith(f"另有 {200 - shown} 项未列出。")
    assert shown == 27  # 3 + 18 + 120 bytes and the number, 150 a line with its end


ALIKE = Digest("lead", "zh", "提醒", (
    *(Line(f"{n}. 离职遗留 {n}", None, f"o{n}", "leaver_orphan/lead") for n in range(1, 31)),
    Line("31. 目标落后", None, "t", "target_behind/lead"),
    *(Line(f"{n}. 运行失败 {n}", None, f"r{n}") for n in range(32, 34)),
))  # fmt: skip


def test_what_does_not_fit_is_folded_by_kind_and_person_before_anything_is_left_out():
    assert render(ALIKE, 250).split("\n") == [
        "提醒", "1. 离职遗留 1", "2. 离职遗留 2", "3. 离职遗留 3（同类另有 27 项）", "31. 目标落后",
        "32. 运行失败 32", "33. 运行失败 33",
    ]  # fmt: skip


def test_what_is_left_out_after_folding_counts_every_matter():
    assert render(ALIKE, 120).split("\n") == [
        "提醒", "1. 离职遗留 1", "2. 离职遗留 2", "3. 离职遗留 3（同类另有 27 项）", "另有 3 项未列出。",
    ]  # fmt: skip
    assert render(ALIKE, 100).split("\n") == [
        "提醒", "1. 离职遗留 1", "2. 离职遗留 2", "另有 31 项未列出。",
    ]  # fmt: skip


def test_what_fits_is_not_folded_and_a_text_without_a_limit_holds_everything():
    assert render(ALIKE, None).count("\n") == 33
    size = len(render(ALIKE, None).encode())
    assert render(ALIKE, size) == render(ALIKE, None)
    assert "同类另有" in render(ALIKE, size - 1)


def test_a_resent_digest_says_so():
    assert render(Digest("r", "zh", "提醒", ()), None, is_resent=True) == "【重发】提醒"
    assert render(Digest("r", "en", "Alerts", ()), None, is_resent=True) == "[resent] Alerts"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-03-10 20:59:59", "2026-03-10 20:59:59"),
        ("2026-03-10 21:00:00", "2026-03-11 08:00:00"),
        ("2026-03-11 03:05:00", "2026-03-11 08:00:00"),
        ("2026-03-11 08:00:00", "2026-03-11 08:00:00"),
    ],
)
def test_quiet_hours_last_from_nine_in_the_evening_to_eight(now, then):
    assert not_before(local(now), *NIGHT, SHANGHAI) == local(then)


def test_quiet_hours_within_a_day_and_none_at_all():
    noon = (time(12), time(14))
    assert not_before(local("2026-03-10 12:30:00"), *noon, SHANGHAI) == local("2026-03-10 14:00:00")
    never = (time(9), time(9))
    assert not_before(local("2026-03-10 09:00:00"), *never, SHANGHAI) == local(
        "2026-03-10 09:00:00"
    )


def test_quiet_hours_end_by_the_clock_on_the_wall_on_a_daylight_saving_night():
    berlin = ZoneInfo("Europe/Berlin")  # 29 March 2026: one hour shorter
    now = datetime(2026, 3, 28, 23, 0, tzinfo=berlin)
    assert not_before(now, *NIGHT, berlin) == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))
def test_waiting_out_the_quiet_hours_twice_changes_nothing(moment):
    now = moment.replace(tzinfo=UTC)
    then = not_before(now, *NIGHT, SHANGHAI)
    assert then >= now
    assert not_before(then, *NIGHT, SHANGHAI) == then


def test_the_nineteenth_send_of_a_minute_waits_for_the_first_to_grow_old():
    now = datetime(2026, 3, 10, 1, tzinfo=UTC)
    earlier = [now - timedelta(seconds=59 - i) for i in range(18)]
    assert seconds_to_wait(now, earlier[:17], 18, 60) == 0
    assert seconds_to_wait(now, earlier, 18, 60) == 1


@pytest.mark.parametrize(
    ("moment", "seconds"), [("08:00:00", 60), ("08:30:45", 15), ("08:01:00", 0), ("08:59:59", 0)]
)
def test_feishu_is_left_alone_on_the_full_and_the_half_hour(moment, seconds):
    assert seconds_past_the_half_hour(local(f"2026-03-10 {moment}")) == seconds
