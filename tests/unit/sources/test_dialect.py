"""The quick look at a file's beginning sees what careful parsing sees."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.dialect import sample_grid

PIECES = st.sampled_from(
    ["a", "张", ",", ";", "\t", "|", "\n", "\r", "\r\n", " ", '"', "\x0b", "\u2028"]
)


@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from([",", ";", "\t", "|"]))
def test_the_first_records_are_those_of_the_csv_module(text, delimiter):
    expected = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert sample_grid(text, delimiter) == expected


def test_only_the_first_120_records_are_looked_at():
    assert len(sample_grid("a,b\n" * 500, ",")) == 120
    assert len(sample_grid("a,b\n" * 120, ",")) == 120
    assert len(sample_grid('"a",b\n' * 500, ",")) == 120
