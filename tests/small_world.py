"""A company small enough to be worked out on paper: 5 people, 12 deals, 6 orders, two months.

D is 2026-02-28. January 2026 has 21 workdays in China (4 January is a make-up Sunday), February 16
(14 and 28 February are make-up Saturdays, 15 to 23 February is Spring Festival).

Orders (CNY):            signed       amount   who (team, region)
  O1                     01-12       100,000   P1 (华东一队, 华东)
  O2                     02-10        50,000   P1
  O3                     01-20        80,000   P2 (华东一队, 华东)
  O4                     02-25        60,000   P3 (华南一队, 华南)
  O5                     01-15        40,000   P3, cancelled 02-26
  O6                     02-27        20,000   P4 (华南一队, 华南)
January: 220,000.00. February: 50,000 + 60,000 − 40,000 + 20,000 = 90,000.00.
华东 February: 50,000. 华南 February: 60,000 − 40,000 + 20,000 = 40,000.

Targets of February: company 320,000, so gap 230,000 and attainment 28.125 %.

Deals: January won 3, lost 1; February won 2, lost 2; open 4 (S1 50,000, S2 30,000, S3 20,000, S4 undated).
"""

from __future__ import annotations

import re
from pathlib import Path

COMPANY = """\
company: {name: 纸上公司, timezone: Asia/Shanghai, currency: CNY, calendar: CN, languages: [zh, en]}
as_of: 2026-02-28
actuals: {signed_amount: orders}
sources:
  - {name: people, entity: people, kind: file, path: "inbox/people*.csv", preset: excel, covers: same_day}
  - {name: customers, entity: accounts, kind: file, path: "inbox/customers*.csv", preset: excel}
  - {name: deals, entity: opportunities, kind: file, path: "inbox/deals*.csv", preset: excel, required: true}
  - {name: orders, entity: orders, kind: file, path: "inbox/orders*.csv", preset: excel, required: true}
  - {name: followups, entity: activities, kind: file, path: "inbox/followups*.csv", preset: excel, load: delta}
  - {name: targets, entity: targets, kind: file, path: "inbox/targets*.csv", preset: excel}
"""

PEOPLE = """\
人员编号,姓名,团队,大区,上级编号
P1,李雷,华东一队,华东,P9
P2,韩梅,华东一队,华东,P9
P3,王芳,华南一队,华南,P9
P4,赵强,华南一队,华南,P9
P9,陈经理,华东一队,华东,
"""

CUSTOMERS = """\
客户编号,客户名称,负责人编号,大区,战略客户,创建时间,电话
C1,晨星医院,P1,华东,是,2025-11-03,138 0013 8000
C2,蓝海诊所,P2,华东,否,2025-12-01,13900139000
C3,南山药房,P3,华南,否,2025-12-15,13700137000
"""

DEALS = """\
商机编号,商机名称,客户编号,负责人编号,阶段,预计金额,创建时间,预计成交日期,关闭时间,输单原因
W1,一,C1,P1,赢单,"100,000",2025-12-10,2026-01-15,2026-01-12,
W2,二,C2,P2,赢单,8万,2025-12-20,2026-01-20,2026-01-20,
W3,三,C3,P3,赢单,40000,2025-12-22,2026-01-31,2026-01-15,
W4,四,C1,P1,赢单,50000,2026-01-05,2026-02-10,2026-02-10,
W5,五,C3,P3,赢单,60000,2026-01-06,2026-02-20,2026-02-25,
L1,六,C2,P2,输单,70000,2025-12-05,2026-01-31,2026-01-30,价格
L2,七,C3,P4,输单,20000,2026-01-07,2026-02-28,2026-02-06,
L3,八,C1,P1,输单,30000,2026-01-08,2026-02-28,2026-02-27,竞品
S1,九,C1,P1,谈判中,50000,2026-01-09,2026-03-15,,
S2,十,C2,P2,报价中,30000,2026-01-12,2026-03-20,,
S3,十一,C3,P3,初步接触,20000,2026-02-02,2026-04-01,,
S4,十二,C3,P4,需求确认,,,,,
"""

ORDERS = """\
订单编号,客户编号,签单人编号,签订日期,金额,商机编号,订单状态,取消日期
O1,C1,P1,2026-01-12,100000,W1,已生效,
O2,C1,P1,2026-02-10,50000,W4,已生效,
O3,C2,P2,2026-01-20,80000,W2,已生效,
O4,C3,P3,2026-02-25,60000,W5,已生效,
O5,C3,P3,2026-01-15,40000,W3,已取消,2026-02-26
O6,C3,P4,2026-02-27,20000,,已生效,
"""

# The same export with its sign the other way round: a blocking check holds the night.
REVERSED = re.sub(r",(\d+),(W\d|),", r",-\1,\2,", ORDERS)

# C1 is strategic, so A: five workdays after 13 February is 27 February (14 is worked, 15 to 23 is not).
FOLLOWUPS = """\
跟进编号,跟进人编号,跟进时间,跟进方式,客户编号,跟进内容
F1,P1,2026-02-13 10:00,上门拜访,C1,与采购主任确认了三月的招标安排
F2,P1,2026-02-26 09:00,电话,C1,已联系
F3,P2,2026-02-25 15:30,电话,C2,沟通了报价中的售后条款与付款方式
"""

TARGETS = """\
期间,指标,目标值(万元)
2026-02,签单额,32
"""

FILES = {
    "people": PEOPLE,
    "customers": CUSTOMERS,
    "deals": DEALS,
    "orders": ORDERS,
    "followups": FOLLOWUPS,
    "targets": TARGETS,
}


def write_small_world(home: Path, day: str = "20260228", encoding: str = "gb18030") -> Path:
    """Write the company folder; each file is dated by its name."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "company.yml").write_text(COMPANY, encoding="utf-8")
    for name, text in FILES.items():
        deliver(home, name, text, day, encoding)
    return home


def deliver(home: Path, name: str, text: str, day: str, encoding: str = "gb18030") -> Path:
    """Put one export into the inbox."""
    path = home / "inbox" / f"{name}_{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path
