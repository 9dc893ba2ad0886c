"""A company without orders: bookings follow its opportunities.

Exports on 1, 5, 10 and 20 March 2026.

deal  how its stages are known   what happens
W1    recorded                   signed 02-10 (100.00), reopened 03-02, won 03-06 (110.00 by then)
W2    exports                    won, closed 03-04 (200.00); 250.00 on 03-10; lost, closed 03-18
W3    exports                    won since 02-15 (80.00); missing on 20 March
W4    exports                    won, closed 03-03, by P1; P2 owns it from 10 March, 60.00
                                 becomes 65.00 on the 20th
W5    recorded                   signed 03-03, won 03-08: one booking
W6    recorded                   USD 1,000 signed 02-20 at 7.0; lost 03-08, when a dollar was 8.0
W7    exports                    签约待付款 when first seen
W8    recorded until 03-04       signed 03-04; lost in the export of 10 March, no change recorded
W9    exports                    won 03-04 (90.00 for P1 and P2, 0.7 and 0.3), reopened by
                                 10 March, won again 03-19
"""

from __future__ import annotations

from pathlib import Path

from tests.dbt.built import deliver, write_company

DEAL = (
    "opportunity_id", "account_id", "owner_id", "stage", "amount", "currency", "created_at",
    "closed_at",
)  # fmt: skip
ENTITIES = {
    "people": ("snapshot", ("person_id", "name", "team", "region")),
    "accounts": ("snapshot", ("account_id", "name", "owner_id", "region")),
    "opportunities": ("snapshot", DEAL),
    "stage_events": ("snapshot", ("opportunity_id", "to_stage", "changed_at")),
    "credit_splits": ("snapshot", ("opportunity_id", "person_id", "share")),
    "fx_rates": ("snapshot", ("currency", "valid_on", "rate")),
}


def deal(key: str, stage: str, amount: str, closed: str | None = None, **other: str) -> tuple:
    row = {
        "opportunity_id": key, "account_id": f"C{key}", "owner_id": "P1", "stage": stage,
        "amount": amount,
        "currency": "CNY", "created_at": "2026-01-05", "closed_at": closed,
    } | other  # fmt: skip
    return tuple(row.get(column) for column in DEAL)


W3 = deal("W3", "赢单", "80.00", "2026-02-15")
W6 = deal("W6", "签约待付款", "1000", currency="USD")
DEALS = {
    "2026-03-01": [
        deal("W1", "签约待付款", "100.00"),
        deal("W2", "谈判中", "200.00"),
        W3,
        deal("W4", "谈判中", "60.00"),
        deal("W5", "谈判中", "70.00"),
        W6,
        deal("W7", "签约待付款", "30.00"),
        deal("W8", "谈判中", "40.00"),
        deal("W9", "谈判中", "90.00"),
    ],
    "2026-03-05": [
        deal("W1", "谈判中", "110.00"), deal("W2", "赢单", "200.00", "2026-03-04"), W3,
        deal("W4", "赢单", "60.00", "2026-03-03"), deal("W5", "签约待付款", "70.00"), W6,
        deal("W7", "签约待付款", "30.00"),
        deal("W8", "签约待付款", "40.00"),
        deal("W9", "赢单", "90.00", "2026-03-04"),
    ],
    "2026-03-10": [
        deal("W1", "赢单", "110.00", "2026-03-06"), deal("W2", "赢单", "250.00", "2026-03-04"), W3,
        deal("W4", "赢单", "60.00", "2026-03-03", owner_id="P2"),
        deal("W5", "赢单", "70.00", "2026-03-08"),
        deal("W6", "输单", "1000", "2026-03-08", currency="USD"),
        deal("W7", "赢单", "30.00", "2026-03-09"),
        deal("W8", "输单", "40.00"), deal("W9", "谈判中", "90.00"),
    ],
    "2026-03-20": [
        deal("W1", "赢单", "110.00", "2026-03-06"), deal("W2", "输单", "250.00", "2026-03-18"),
        deal("W4", "赢单", "65.00", "2026-03-03", owner_id="P2"),
        deal("W5", "赢单", "70.00", "2026-03-08"),
        deal("W6", "输单", "1000", "2026-03-08", currency="USD"),
        deal("W7", "赢单", "30.00", "2026-03-09"),
        deal("W8", "输单", "40.00"), deal("W9", "赢单", "90.00", "2026-03-19"),
    ],
}  # fmt: skip
EVENTS = [
    ("W1", "初步接触", "2026-01-05 09:00:00"), ("W1", "签约待付款", "2026-02-10 23:50:00"),
    ("W1", "谈判中", "2026-03-02 09:00:00"), ("W1", "赢单", "2026-03-06 09:00:00"),
    ("W5", "签约待付款", "2026-03-03 09:00:00"), ("W5", "赢单", "2026-03-08 09:00:00"),
    ("W6", "签约待付款", "2026-02-20 09:00:00"), ("W6", "输单", "2026-03-08 09:00:00"),
    ("W8", "签约待付款", "2026-03-04 09:00:00"),
]  # fmt: skip


def write_deals_world(home: Path) -> Path:
    """Write the company; stage changes are delivered on 10 March, people and rates on the 1st."""
    write_company(home, ENTITIES, "won_opportunities")
    once = {
        "people": [("P1", "李雷", "一队", "华东"), ("P2", "韩梅", "二队", "华东")],
        "accounts": [(f"CW{n}", f"客户{n}", "P1", "华东") for n in range(1, 10)],
        "credit_splits": [("W9", "P1", "0.7"), ("W9", "P2", "0.3")],
        "fx_rates": [("USD", "2026-02-01", "7.0"), ("USD", "2026-03-01", "8.0")],
    }
    for entity, rows in once.items():
        deliver(home, entity, "2026-03-01", ENTITIES[entity][1], rows)
    deliver(home, "stage_events", "2026-03-10", ENTITIES["stage_events"][1], EVENTS)
    for day, rows in DEALS.items():
        deliver(home, "opportunities", day, DEAL, rows)
    return home
