"""A value is found however it is spelled, and whoever shares a part of it is left alone."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.forgetting.eraser import Eraser, digits_of, masked

PHONE, NAME, MAIL = "13800138000", "欧阳采薇", "Ouyang@chenxing.example"
ERASER = Eraser({PHONE: "15412345678", NAME: "anon-1", MAIL: "anon-2@erased.invalid"})


@pytest.mark.parametrize(
    ("spelled", "left"),
    [
        ("13800138000", "15412345678"),
        ("138 0013 8000", "15412345678"),
        ("138-0013-8000", "15412345678"),
        ("１３８００１３８０００", "15412345678"),
        ("(138)00138000", "(15412345678"),  # what stands before the first digit stays
    ],
)
def test_a_phone_is_found_however_it_is_grouped(spelled: str, left: str) -> None:
    assert ERASER.text(f"电话{spelled}，") == f"电话{left}，"


def test_a_country_code_stays_before_the_new_number() -> None:
    assert ERASER.text("+86 138 0013 8000") == "+86 15412345678"


def test_digits_inside_a_longer_number_are_no_phone() -> None:
    assert ERASER.text("订单 9138001380001") == "订单 9138001380001"


@pytest.mark.parametrize(
    "spelled",
    [NAME, "欧阳　采薇", json.dumps(NAME)[1:-1], json.dumps(json.dumps(NAME))[3:-3], quote(NAME)],
)
def test_a_name_is_found_spaced_and_escaped(spelled: str) -> None:
    assert ERASER.text(f"<{spelled}>") == "<anon-1>"


def test_an_address_is_found_in_any_case_but_not_inside_another() -> None:
    assert ERASER.text("ouyang@CHENXING.example") == "anon-2@erased.invalid"
    assert ERASER.text("xouyang@chenxing.example") == "xouyang@chenxing.example"


def test_a_longer_name_of_somebody_else_stays() -> None:
    eraser = Eraser({"李伟": "anon-1"}, longer=frozenset({"李伟强"}))
    assert eraser.text("李伟强见李伟") == "李伟强见anon-1"


def test_a_common_name_goes_only_from_rows_of_whom_it_is_about() -> None:
    eraser = Eraser({PHONE: "15412345678"}, {"王芳": "anon-1"}, frozenset({"C1"}))
    text = "C1,王芳\nC12,王芳\n王芳,138-0013-8000\n"
    assert eraser.lines(text) == "C1,anon-1\nC12,王芳\nanon-1,15412345678\n"


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("+86 138-0013-8000", PHONE), ("８６13800138000", PHONE), ("晨星", ""), ("a@b.cn", "")],
)
def test_digits_of_a_phone(typed: str, digits: str) -> None:
    assert digits_of(typed) == digits


def test_masks_are_those_of_the_marts() -> None:
    assert (masked("1380"), masked(PHONE), masked("12345")) == ("****", "13****00", "12****45")


@given(st.text())
def test_what_holds_no_value_comes_back_as_it_was(text: str) -> None:
    if not ERASER.holds(text):
        assert ERASER.lines(text) == text


@given(st.text(), st.text())
def test_erasing_twice_changes_nothing_more(before: str, after: str) -> None:
    once = ERASER.lines(f"{before} {NAME} {PHONE} {after}")
    assert NAME not in once and PHONE not in once.split()
    assert ERASER.lines(once) == once
