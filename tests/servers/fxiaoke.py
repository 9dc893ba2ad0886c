"""纷享销客's OpenAPI, as developer.fxiaoke.com and open.fxiaoke.com say: HTTP is always 200."""

from __future__ import annotations

from typing import Any

from tests.servers.vendor import Answer, Call, Vendor

# The shape of the vendor's own example of an opportunity.
DOCUMENTED_ROW: dict[str, Any] = {
    "_id": "5ea6c76a442fcc00017ef9fe",
    "name": "商机A",
    "owner": ["1453"],
    "owner__r": {"name": "蒋小川1", "id": "1453"},
    "account_id": "5e8c1f",
    "account_id__r": "新建客户",
    "expected_deal_closed_date": 1585929600000,
    "create_time": 1588040003479,
    "expected_deal_amount": "100.01",
    "sales_stage": "2",
    "life_status": "normal",
    "is_deleted": False,
    "UDAttach1__c": [],
}
FIELDS: dict[str, Any] = {
    "name": {"type": "text"},
    "owner": {"type": "employee"},
    "account_id": {"type": "object_reference"},
    "expected_deal_closed_date": {"type": "date"},
    "create_time": {"type": "date_time"},
    "expected_deal_amount": {"type": "currency"},
    "sales_stage": {
        "type": "select_one",
        "options": [{"value": "1", "label": "初步接触"}, {"value": "2", "label": "需求确认"}],
    },
    "life_status": {"type": "select_one", "options": []},
    "is_deleted": {"type": "true_or_false"},
}


class FxiaokeServer(Vendor):
    """One object of one company."""

    APP_ID, SECRET, CODE, USER = "FSAID_1", "secret-9K", "code-5T", "FSUID_1"

    def __init__(self, rows: list[dict[str, Any]], name: str = "NewOpportunityObj") -> None:
        super().__init__()
        self.rows, self.name = rows, name
        self.tokens_given = 0
        self.token = ""

    def answer(self, call: Call) -> Answer:
        if call.path == "/cgi/corpAccessToken/get/V2":
            return self._give_token(call)
        if self.is_too_often(call.path, 100, 20.0):
            return _refusal(30004, "too many calls")
        if call.body.get("corpAccessToken") != self.token or not self.token:
            return _refusal(20016, "the corpAccessToken is error")
        if (call.body.get("corpId"), call.body.get("currentOpenUserId")) != ("FSCID_1", self.USER):
            return _refusal(20012, "openUserId not found")
        if call.path == "/cgi/crm/v2/object/describe":
            if call.body["data"]["apiName"] != self.name:
                return _refusal(32000, "no such object")
            return _success({"describe": {"fields": FIELDS}})
        kind = "custom/v2" if self.name.endswith("__c") else "v2"
        if call.path != f"/cgi/crm/{kind}/data/query":
            return Answer("<html>302</html>")
        return self._query(call.body["data"])

    def _give_token(self, call: Call) -> Answer:
        if self.is_too_often("token", 10, 60.0):
            return _refusal(14001, "too many tokens")
        wanted = {"appId": self.APP_ID, "appSecret": self.SECRET, "permanentCode": self.CODE}
        if call.body != wanted:
            return _refusal(10006, "the parameter appSecret is missing or illegal")
        self.tokens_given += 1
        self.token = f"token-{self.tokens_given}"
        return Answer(
            {"errorCode": 0, "errorMessage": "success", "corpAccessToken": self.token,
             "corpId": "FSCID_1", "expiresIn": 7200}
        )  # fmt: skip

    def _query(self, data: dict[str, Any]) -> Answer:
        search = data["search_query_info"]
        limit, offset = search["limit"], search["offset"]
        if limit > 100 or offset % limit:
            return _refusal(32000, "limit ≤ 100, offset a multiple of it")
        if offset > 10_000:
            return _refusal(10013, "offset 不能超过10000")
        rows = [dict(row) for row in self.rows]
        for wanted in search["filters"]:
            assert (wanted["field_name"], wanted["operator"]) == ("_id", "GT")
            rows = [row for row in rows if row["_id"] > wanted["field_values"][0]]
        for order in reversed(search.get("orders", [])):
            rows.sort(key=lambda row: row[order["fieldName"]], reverse=not order["isAsc"])
        return _success(
            {"dataList": rows[offset : offset + limit], "limit": limit, "offset": offset}
        )


def _refusal(code: int, message: str) -> Answer:
    return Answer({"errorCode": code, "errorMessage": message, "traceId": "E-O.1"})


def _success(data: dict[str, Any]) -> Answer:
    return Answer({"errorCode": 0, "errorMessage": "OK", "traceId": "E-O.1", "data": data})
