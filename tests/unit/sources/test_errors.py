"""An error says where it is, what is wrong and the fix, in both languages."""

import pickle

from pipelines.sources.errors import LimitExceeded


def test_an_error_keeps_its_places_across_processes():
    error = LimitExceeded(
        "太大", "too large", file="a.csv", row=3, fix_zh="拆分", fix_en="split it"
    )
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is LimitExceeded and copy.row == 3
    assert copy.text("zh") == "a.csv, 行 3: 太大 → 拆分"
    assert str(copy) == "a.csv, row 3: too large → split it"
