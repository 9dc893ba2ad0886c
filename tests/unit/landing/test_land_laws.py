"""Whatever is delivered in whatever order: rows add up, and D knows what its newest export said."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.landing.landing_world import Inbox

HEAD = "商机编号,阶段,预计金额\n"
exports = st.lists(
    st.tuples(
        st.integers(1, 9),  # day of the export
        st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from(["1", "2", "x"])), max_size=5),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda export: export[0],
)


def oracle(delivered: list[tuple[int, list[tuple[str, str]]]], day: int) -> dict[str, int]:
    """Say slowly what D knows: follow the files by arrival, then look at the one that covers most."""
    state: dict[str, int] = {}
    content: dict[int, dict[str, int]] = {}
    for export_day, rows in delivered:
        shown = {key: int(amount) for key, amount in rows if amount != "x"}
        # A key that stands only in a bad row keeps its last good version.
        kept = {key: state[key] for key, _ in rows if key in state and key not in shown}
        state = kept | shown
        content[export_day] = state
    known = [export_day for export_day in content if export_day <= day]
    return content[max(known)] if known else content[min(content)]


@settings(max_examples=25, deadline=None)
@given(exports, st.integers(1, 9), st.booleans())
def test_snapshots_equal_a_slow_reading_of_the_same_files(
    delivered: list[tuple[int, list[tuple[str, str]]]], day: int, one_by_one: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inbox = Inbox(Path(folder) / "c")
        if not one_by_one:
            delivered = sorted(delivered)  # one night takes what lies there in order of name
        for export_day, rows in delivered:
            # A trailing row keeps an empty export from being an empty file.
            text = (
                HEAD + "".join(f"{key},报价中,{amount}\n" for key, amount in rows) + "Z,报价中,0\n"
            )
            inbox.put(f"d_2026030{export_day}.csv", text)
            if one_by_one:
                inbox.land()
        records = inbox.land().records
        assert all(record.counts.is_reconciled for record in records)
        rows = dict(inbox.known(f"2026-03-0{day}", "select opportunity_id, amount::int from rows"))
        rows.pop("Z")
        assert rows == oracle(delivered, day)
