"""What a data check tells Dagster."""

import datetime as dt
from decimal import Decimal

from pipelines.assets.models import _as_json


def test_a_sample_with_days_and_amounts_can_be_told():
    sample = [
        {"occurred_on": dt.date(1970, 1, 1), "amount": Decimal("1.50"), "row": 3, "note": None}
    ]
    assert _as_json(sample) == [
        {"occurred_on": "1970-01-01", "amount": "1.50", "row": 3, "note": None}
    ]
