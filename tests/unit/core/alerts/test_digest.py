"""One digest per recipient: most valuable first, each line with what to do, the rest folded and counted."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from pipelines.core.alerts.digest import Digest, Line, build_digest, render
from tests.unit.core.alerts.alert_world import MONDAY, PEOPLE, Nights, finding, good_news


def digest_of(*found, language="zh", recipient="rep", standing=()):
    new = [n for n in Nights().run(MONDAY, *found) if n.recipient == recipient]
    return build_digest(
        recipient, new, standing, language, MONDAY, "CNY",
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


def test_of_two_equal_values_the_more_urgent_stands_first():
    low, high = finding("A", severity="low"), finding("B", severity="high")
    keys = [line.alert_key.partition("/")[2] for line in digest_of(low, high).lines]
    assert keys == ["B", "A"]


def test_what_is_taken_back_stands_first_and_asks_for_nothing():
    nights = Nights()
    nights.run(MONDAY, good_news())
    new = nights.run(MONDAY + timedelta(days=1), finding(value_amount=Decimal(10**9)))
    said = {
        language: build_digest(
            "rep", new, [], language, MONDAY, "CNY", lambda who: PEOPLE.people[who].name, lambda kind: None
        ).lines[0].text
        for language in ("zh", "en")
    }  # fmt: skip
    assert said == {
        "zh": "1. 撤回：客户T1 逾期，现已不成立",
        "en": "1. Taken back, it no longer holds: customer T1 overdue",
    }


def test_the_closing_line_counts_what_is_still_open_and_no_good_news():
    nights = Nights()
    nights.run(MONDAY, finding("A", value_amount=Decimal(12_000)), finding("B", value_amount=None),
               finding("C", value_amount=Decimal(5_000)), good_news())  # fmt: skip
    standing = [
        replace(alert, cleared_on=MONDAY) if alert.finding.scope_id == "C" else alert
        for alert in nights.state.values()
    ]
    assert digest_of(standing=standing).closing == "此前已提醒、仍未解除：2 项，涉及 1.2 万。"
    assert digest_of(standing=standing, language="en").closing == (
        "Told before and still open: 2, CNY 12,000 at stake."
    )
    assert digest_of().closing == ""


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
