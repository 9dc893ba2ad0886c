"""简道云's open API, version 5, as hc.jiandaoyun.com/open describes it."""

from __future__ import annotations

from typing import Any

from tests.servers.vendor import Answer, Call, Vendor

# The vendor's own example of an entry.
DOCUMENTED_ENTRY: dict[str, Any] = {
    "_id": "59e9a2fe283ffa7c11b1ddbf",
    "appId": "59264073a2a60c0c08e20bfb",
    "entryId": "59264073a2a60c0c08e20bfd",
    "creator": {"name": "小简", "username": "xiaojian", "status": 1, "type": 0, "departments": [1]},
    "createTime": "2017-10-20T22:41:51.430Z",
    "updateTime": "2017-10-20T11:12:15.293Z",
    "_widget_1432728651402": "简道云",
    "_widget_1432728651403": 100,
    "_widget_1432728651406": ["选项一", "选项二", "选项三"],
    "_widget_1432728651407": "2018-01-01T10:10:10.000Z",
    "_widget_1432728651408": {"id": "5b28effa49b561455dfda91e"},
    "_widget_1432728651409": [
        {"name": "image.jpg", "size": 262144, "mime": "image/jpeg", "url": "https://files.example/a?token=1"}
    ],
    "_widget_1432728651413": {
        "province": "江苏省", "city": "无锡市", "district": "梁溪区", "detail": "清扬路138号",
        "lnglatXY": [120.31237, 31.49099],
    },
    "_widget_1652345009097": {"verified": False, "phone": "15852540044"},
    "_widget_1432728651415": [
        {"name": "小简", "username": "xiaojian"}, {"name": "小云", "username": "xiaoyun"},
    ],
    "_widget_1432728651416": {"name": "经理部", "dept_no": 1, "type": 0, "parent_no": 2},
}  # fmt: skip


class JiandaoyunServer(Vendor):
    """One form of one app."""

    KEY, APP, FORM = "jdy-key-7Q", "59264073a2a60c0c08e20bfb", "59264073a2a60c0c08e20bfd"

    def __init__(self, entries: list[dict[str, Any]], widgets: list[dict[str, Any]]) -> None:
        super().__init__()
        self.entries, self.widgets = entries, widgets

    def answer(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.KEY}":
            return _refusal(8301, "API Key verification failed")
        if call.method != "POST" or call.path not in (
            "/api/v5/app/entry/data/list",
            "/api/v5/app/entry/widget/list",
        ):
            return Answer("not found", 404)
        if self.is_too_often(call.path, 30, 1.0):
            return _refusal(8303, "Company request frequency exceeds the limit")
        if (call.body.get("app_id"), call.body.get("entry_id")) != (self.APP, self.FORM):
            return _refusal(3000, "Form does not exist")
        if call.path.endswith("widget/list"):
            return Answer({"widgets": self.widgets, "sysWidgets": [], "dataModifyTime": ""})
        limit = call.body.get("limit", 10)
        if not 1 <= limit <= 100:
            return _refusal(17017, "Request parameters invalid: limit")
        after = call.body.get("data_id", "")
        rows = sorted((e for e in self.entries if e["_id"] > after), key=lambda e: e["_id"])
        return Answer({"data": rows[:limit]})


def _refusal(code: int, message: str) -> Answer:
    return Answer({"code": code, "msg": message}, 400)
