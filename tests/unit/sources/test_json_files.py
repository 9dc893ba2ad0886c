"""JSON: arrays, lines and documents, kind ones and broken ones."""

import json

import pytest

from pipelines.sources.errors import DamagedFile, EmptyFile, UndecodableBytes


def test_a_json_array_keeps_nested_values_as_json_text(read, rows):
    text = json.dumps(
        [{"编号": "1", "n": 1.5, "tags": ["a", 1], "o": {"k": None}}, {"编号": "2", "新": True}]
    )
    (table,) = read("a.json", text)
    assert table.headers == ("编号", "n", "tags", "o", "新")
    assert rows(table) == [
        (1, "1", "1.5", '["a",1]', '{"k":null}', None),
        (2, "2", None, None, None, "true"),
    ]


def test_json_lines_keep_long_ids_and_odd_keys(read, rows):
    (table,) = read("a.jsonl", '{"a/b~c\'\\"": 110105199001011234, "x": ""}\n{"x": "y"}\n')
    assert table.headers == ("a/b~c'\"", "x")
    assert rows(table) == [(1, "110105199001011234", None), (2, None, "y")]


def test_json_in_a_csv_is_read_by_its_content(read, rows):
    assert rows(read("a.csv", '[ {"a": 1} ]')[0]) == [(1, "1")]


@pytest.mark.parametrize("text", ['[{"a": 1}', '[{"a": 1}, oops]', '{"a" 1}', "[" * 100_000])
def test_broken_json_is_damaged(read, text):
    with pytest.raises(DamagedFile):
        read("a.json", text)


def test_json_that_holds_no_objects_is_refused(read):
    with pytest.raises(DamagedFile) as caught:
        read("a.json", '[{"a": 1}, 5]')
    assert caught.value.row == 2
    with pytest.raises(EmptyFile):
        read("b.json", "[]")
    with pytest.raises(UndecodableBytes):
        read("c.json", b'[{"a": "\xff\xff"}]')
