"""A few orders, exported on three days, small enough to be worked out on paper.

People: P1 (一队 until 9 March, 二队 from 10 March), P2 (二队); both in 华东.
Rates: USD 7.0 from 1 February, 7.5 from 1 March; EUR has none.
Exports of orders on 5, 10 and 20 March 2026:

order  signed   5 March          10 March           20 March
A      02-10    100.00           120.00             cancelled, no date
B      02-20    300.00 (P1 0.5,  300.00             200.00
                P2 0.5)
C      03-01    USD 1,000        USD 1,000          cancelled on 15 March
D      03-02    draft 50.00      50.00              missing
E      03-03    0.05 (three people at a third each)  0.05, 0.05
F      03-04    EUR 10.00        EUR 10.00          EUR 10.00
G      02-25    70.00 (P1 0.6, P2 0.3: no split)     70.00, 70.00
H      02-12                                        40.00 (entered late)
I      02-15    cancelled, no date
J      03-04    two lines, 60.00 and 30.00;          line 2 missing
"""

from __future__ import annotations

from pathlib import Path

from tests.dbt.built import deliver, write_company

ORDER = (
    "order_id", "line_no", "account_id", "person_id", "signed_on", "amount", "currency",
    "opportunity_id", "product_line", "region", "status", "cancelled_on",
)  # fmt: skip
ENTITIES = {
    "people": ("snapshot", ("person_id", "name", "team", "region")),
    "person_assignments": ("snapshot", ("person_id", "org_id", "valid_from", "valid_to")),
    "org_units": ("snapshot", ("org_id", "name", "parent_id", "kind", "valid_from")),
    "accounts": ("snapshot", ("account_id", "name", "owner_id", "region")),
    "opportunities": (
        "snapshot",
        ("opportunity_id", "account_id", "owner_id", "stage", "amount", "created_at"),
    ),
    "orders": ("snapshot", ORDER),
    "credit_splits": ("snapshot", ("order_id", "opportunity_id", "person_id", "share")),
    "receivables": ("snapshot", ("order_id", "due_on", "amount")),
    "payments": ("snapshot", ("payment_id", "order_id", "received_on", "amount")),
    "fx_rates": ("snapshot", ("currency", "valid_on", "rate")),
    "leads": (
        "snapshot", ("lead_id", "created_at", "phone", "status", "is_valid", "owner_id"),
    ),
    "quotes": ("snapshot", ("quote_id", "opportunity_id", "issued_on", "amount", "person_id")),
}  # fmt: skip


def order(key: str, signed: str, amount: str, **other: str) -> tuple[str | None, ...]:
    row = {
        "order_id": key, "line_no": "1", "account_id": "C1", "person_id": "P1", "signed_on": signed,
        "amount": amount, "product_line": "影像", "status": "effective",
    } | other  # fmt: skip
    return tuple(row.get(column) for column in ORDER)


ORDERS = {
    "2026-03-05": [
        order("A", "2026-02-10", "100.00"),
        order("B", "2026-02-20", "300.00"),
        order("C", "2026-03-01", "1000", currency="USD", opportunity_id="O1"),
        order("D", "2026-03-02", "50.00", status="draft"),
        order("E", "2026-03-03", "0.05", person_id="P2"),
        order("F", "2026-03-04", "10.00", currency="EUR"),
        order("G", "2026-02-25", "70.00"),
        order("I", "2026-02-15", "90.00", status="cancelled", account_id="C2"),
        order("J", "2026-03-04", "60.00", account_id="C3"),
        order("J", "2026-03-04", "30.00", account_id="C3", line_no="2", product_line="软件"),
    ],
}
ORDERS["2026-03-10"] = [
    order("A", "2026-02-10", "120.00"),
    ORDERS["2026-03-05"][1],
    ORDERS["2026-03-05"][2],
    order("D", "2026-03-02", "50.00"),
    *ORDERS["2026-03-05"][4:],
]
ORDERS["2026-03-20"] = [
    order("A", "2026-02-10", "120.00", status="cancelled"),
    order("B", "2026-02-20", "200.00"),
    order(
        "C", "2026-03-01", "1000", currency="USD", opportunity_id="O1", cancelled_on="2026-03-15"
    ),
    *ORDERS["2026-03-05"][4:9],
    order("H", "2026-02-12", "40.00"),
]
SPLITS = [
    ("B", None, "P1", "0.5"), ("B", None, "P2", "0.5"),
    ("E", None, "P1", "0.333333"), ("E", None, "P2", "0.333333"), ("E", None, "P3", "0.333333"),
    ("G", None, "P1", "0.6"), ("G", None, "P2", "0.3"),
]  # fmt: skip


def write_ledger_world(home: Path) -> Path:
    """Write the company; everything but orders is delivered once, on 5 March."""
    write_company(home, ENTITIES, "orders")
    once = {
        "people": [
            ("P1", "李雷", None, None),
            ("P2", "韩梅", None, None),
            ("P3", "王芳", None, None),
        ],
        "org_units": [
            ("R", "华东", None, "region", None),
            ("T1", "一队", "R", "team", None),
            ("T2", "二队", "R", "team", None),
        ],
        "person_assignments": [
            ("P1", "T1", "2025-01-01", "2026-03-09"), ("P1", "T2", "2026-03-10", None),
            ("P2", "T2", "2025-01-01", None), ("P3", "T2", "2025-01-01", None),
        ],
        "accounts": [
            ("C1", "晨星", "P1", "华东"),
            ("C2", "蓝海", "P1", "华东"),
            ("C3", "南山", "P2", "华东"),
        ],
        "opportunities": [
            ("O1", "C1", "P1", "签约待付款", "7000", "2026-02-01"),
            ("O2", "C1", "P1", "签约待付款", "400", "2026-02-01"),
            ("O3", "C1", "P1", "谈判中", "500", "2026-02-01"),
        ],
        "credit_splits": SPLITS,
        "receivables": [
            ("B", "2026-03-31", "100"),
            ("B", "2026-06-30", "200"),
            ("A", "2026-03-08", "100"),
        ],
        "payments": [
            ("R1", "B", "2026-03-15", "150"),
            ("R2", "C", "2026-03-02", "10"),
            ("R3", "Z", "2026-03-03", "8"),
        ],
        "fx_rates": [
            ("USD", "2026-02-01", "7.0"),
            ("USD", "2026-03-01", "7.5"),
            ("USD", "2026-03-02", "8.0"),
        ],
        "leads": [
            ("L1", "2026-03-01", None, "new", "是", "P1"),
            ("L2", "2026-03-01", "13800138000", "new", None, "P1"),
            ("L3", "2026-03-01", "13800138001", "invalid", None, "P1"),
            ("L4", "2026-03-01", None, "new", None, "P1"),
            ("L5", "2026-03-01", "13800138002", "new", "否", "P1"),
        ],
        "quotes": [
            ("Q1", "O3", "2026-03-02", "500", "P1"),
            ("Q2", "O3", "2026-03-04", "480", None),
        ],
    }  # fmt: skip
    for entity, rows in once.items():
        deliver(home, entity, "2026-03-05", ENTITIES[entity][1], rows)
    for day, rows in ORDERS.items():
        deliver(home, "orders", day, ORDER, rows)
    return home
