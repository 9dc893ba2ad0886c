"""The board of a company worked out on paper: its pages, its figures, its texts, its hold."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from pipelines.tell.board.write import Hold, show_hold, write_board
from tests.board_figures import (
    all_pages,
    figures_of,
    is_read_as,
    misread_figures,
    read_page,
    wrong_figures,
)
from tests.board_world import FORMULA, HOSTILE_NAME, content_of, empty_marts, small_marts

PERSON = "person-P1-fbeae7c1"
TEAM = "team-______etc__passwd_-446b10c8"
LISTS = {"people", "leaderboard", "stalled", "customers", "meetings", "health", "definitions"}
HELD = Hold("held", "2026-03-11", "订单金额为负 <b>", "orders are negative <b>")


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("small") / "board"
    write_board(target, content_of(small_marts()), ["zh", "en"], "CNY")
    return target


def text(board: Path, page: str) -> str:
    return (board / page).read_text(encoding="utf-8")


def bytes_of(board: Path) -> dict[str, str]:
    return {p: hashlib.sha256((board / p).read_bytes()).hexdigest() for p in all_pages(board)}


def test_company_regions_teams_and_people_have_a_page_and_their_rows_in_both_languages(
    board: Path,
) -> None:
    scopes = {"index", "region-华东", "team-一队", TEAM, PERSON, "person-p1"}
    expected = {f"{name}.html" for name in scopes | LISTS | {f"{s}-rows" for s in scopes}}
    for language in ("zh", "en"):
        assert {path.name for path in (board / language).iterdir()} == expected


def test_every_figure_is_the_cell_of_the_mart_that_it_names(board: Path) -> None:
    figures = list(figures_of(board))
    assert len(figures) > 300
    assert wrong_figures(small_marts(), board) == []
    assert misread_figures(board) == []


def test_a_text_is_held_against_its_value_to_its_last_digit() -> None:
    assert is_read_as("10.0 万", "100000.00") and is_read_as("10.0 万", "100499")
    assert not is_read_as("10.0 万", "100501") and not is_read_as("10.0 亿", "100000")
    assert is_read_as("40.0 %", "0.4") and not is_read_as("40.1 %", "0.4")
    assert is_read_as("-25.0 %", "-0.25") and not is_read_as("25.0 %", "-0.25")
    assert is_read_as("− 2.9 万", "29157.30") and is_read_as("+ 24.0 万", "-240000.00")
    assert is_read_as("–", "") and not is_read_as("0", "") and not is_read_as("–", "0")
    assert is_read_as("2026-03-10", "2026-03-10") and not is_read_as("2026-03-10", "2026-03-11")


def test_figures_read_in_wan_in_chinese_and_in_groups_in_english(board: Path) -> None:
    def gap(language: str) -> set[str]:
        return {
            f.shown
            for f in read_page(board, f"{language}/index.html").figures
            if (f.mart, f.column) == ("mart_target_attainment", "gap_to_date")
            and ("scope_id", "company") in f.key
        }

    assert gap("zh") == {"10.0 万"}
    assert gap("en") == {"100,000"}


def test_what_came_from_files_is_text_on_every_page(board: Path) -> None:
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;"
    for page in all_pages(board):
        content = text(board, page)
        assert HOSTILE_NAME not in content and "<b>" not in content, page
        assert not re.search(r'href="\s*javascript:', content), page
        scripts = [tag for tag, _ in read_page(board, page).tags if tag == "script"]
        assert len(scripts) == (2 if page == "index.html" else 0), page
    assert escaped in text(board, f"zh/{PERSON}.html")
    assert FORMULA.replace("'", "&#39;") in text(board, "zh/stalled.html")


def test_no_page_asks_a_network_for_anything(board: Path) -> None:
    for page in all_pages(board):
        for address in read_page(board, page).addresses:
            assert not re.match(r"(?i)(https?:)?//", address), (page, address)
    assert "url(" not in text(board, "board.css") and "@import" not in text(board, "board.css")


def test_every_link_leads_to_a_page_that_is_there(board: Path) -> None:
    from urllib.parse import unquote

    for page in all_pages(board):
        for address in read_page(board, page).addresses:
            file, _, part = address.partition("#")
            if file.startswith("data:"):
                continue
            target = (board / page).parent / unquote(file) if file else board / page
            assert target.is_file(), (page, address)
            if part:
                there = target.resolve().relative_to(board.resolve()).as_posix()
                ids = {named.get("id") for _, named in read_page(board, there).tags}
                assert part in ids or part == "main", (page, address)


def test_the_day_and_the_health_of_the_data_stand_on_top_of_every_page(board: Path) -> None:
    for language, said in (
        ("zh", "1 个来源过期或出错，1 行被隔离"),
        ("en", "1 source(s) late or in trouble, 1 row(s) in quarantine"),
    ):
        for path in (board / language).iterdir():
            content = path.read_text(encoding="utf-8")
            assert 'datetime="2026-03-10"' in content and said in content, path.name


def test_status_is_said_in_words_beside_its_colour(board: Path) -> None:
    chip = re.compile(
        r'<span class="chip (\w+)"><span aria-hidden="true">(.)</span> ([^<]+)</span>'
    )
    signs = {"behind": "▼", "watch": "◆", "normal": "●", "ahead": "▲"}
    for language, word in (("en", "Behind"), ("zh", "落后")):
        page = text(board, f"{language}/index.html")
        chips = chip.findall(page)
        assert len(chips) == page.count('class="chip ')
        assert ("behind", "▼", word) in chips
        assert all(sign == signs.get(status, sign) for status, sign, _ in chips)


def test_a_light_that_was_judged_by_chance_says_so(board: Path) -> None:
    said = "应完成不足 5 件，状态按概率判断"
    assert said in text(board, f"zh/{PERSON}.html") and said not in text(board, "zh/index.html")
    assert "Fewer than 5 due: judged by chance" in text(board, f"en/{PERSON}.html")


def test_a_cell_with_fewer_than_ten_deals_is_grey_and_one_with_more_is_not(board: Path) -> None:
    page = text(board, "zh/team-一队.html")
    assert re.search(
        r'<td class="num h1" data-of="mart_conversion_heatmap"[^>]*stage=quoting', page
    )
    assert re.search(
        r'<td class="num grey" data-of="mart_conversion_heatmap"[^>]*stage=signing', page
    )


def test_an_english_page_says_nothing_in_chinese_of_its_own(board: Path) -> None:
    content = text(board, "en/index.html")
    own = re.sub(
        r"晨光医疗|中文|华东|一队|小写|person-[^\"]*|team-[^\"]*|region-[^\"]*", "", content
    )
    own = re.sub(r"%[0-9A-F]{2}", "", own)
    assert re.findall(r"[\u4e00-\u9fff]+", own) == []


def test_the_gap_falls_cause_by_cause_with_the_sentence_to_read_out(tmp_path: Path) -> None:
    con = small_marts()
    con.execute(
        "create or replace table marts.mart_gap_cause as select "
        "* exclude (gap, gap_to_date, weakest_stage), "
        "x.factor, x.plan_value, x.fact_value, x.contribution::decimal(18, 2) as contribution, "
        "x.weakest_stage from marts.mart_gap, (values "
        "('volume', 20::double, 20::double, 0, null), "
        "('conversion', 0.3, 0.2, 700000, 'quoting'), ('deal_size', 5e4, 6e4, -100000, null)) "
        "as x(factor, plan_value, fact_value, contribution, weakest_stage)"
    )
    con.execute("alter table marts.mart_gap add column if not exists sentence_zh varchar")
    con.execute("alter table marts.mart_gap add column if not exists sentence_en varchar")
    con.execute("update marts.mart_gap set sentence_zh = '还差 <60> 万', sentence_en = 'missing'")
    write_board(tmp_path / "b", content_of(con), ["zh"], "CNY")
    page = text(tmp_path / "b", "zh/index.html")
    assert "还差 &lt;60&gt; 万" in page
    assert "− 70.0 万" in page and "+ 10.0 万" in page and "最弱阶段 报价中" in page
    drawn = re.findall(r'<text class="label" x="0.0"[^>]*>([^<]+)', page)
    assert drawn[:4] == ["目标", "转化率", "客单价", "实际"]
    assert "30.0 %" in page and "20.0 %" in page
    assert wrong_figures(con, tmp_path / "b") == []


def test_the_same_night_writes_the_same_bytes(board: Path, tmp_path: Path) -> None:
    write_board(tmp_path / "again", content_of(small_marts()), ["zh", "en"], "CNY")
    assert bytes_of(tmp_path / "again") == bytes_of(board)


def test_a_hold_stands_on_every_page_in_its_language_and_goes_without_a_trace(
    tmp_path: Path,
) -> None:
    target = tmp_path / "board"
    pages = write_board(target, content_of(small_marts()), ["zh", "en"], "CNY")
    before = bytes_of(target)

    assert show_hold(target, HELD, "zh") == len(pages)
    for page in pages:
        reason = "orders are negative" if page.startswith("en/") else "订单金额为负"
        assert text(target, page).count(f"{reason} &lt;b&gt;") == 1, page
        assert text(target, page).index(reason) < text(target, page).index("<main")
    assert show_hold(target, HELD, "zh") == 0, "told already"
    later = Hold("failed", "2026-03-12", r"磁盘已满 \1", r"disk full \1")
    assert show_hold(target, later, "zh") == len(pages)
    assert "订单金额为负" not in text(target, "zh/index.html")
    assert r"磁盘已满 \1" in text(target, "zh/index.html")

    assert show_hold(target, None, "zh") == len(pages)
    assert bytes_of(target) == before


def test_a_company_without_any_data_has_a_board_that_says_so(tmp_path: Path) -> None:
    target = tmp_path / "board"
    write_board(target, content_of(empty_marts()), ["en"], "USD")
    assert {p.stem for p in (target / "en").iterdir()} == LISTS | {"index", "index-rows"}
    assert "Nothing here yet" in text(target, "en/index.html")
    assert "hreflang" not in text(target, "en/index.html"), "one language has no switch"


def test_a_company_name_that_is_html_stays_a_name(tmp_path: Path) -> None:
    target = tmp_path / "board"
    write_board(target, content_of(empty_marts(), "</title><script>x</script>"), ["zh"], "CNY")
    for page in all_pages(target):
        assert "<script>x" not in text(target, page)
