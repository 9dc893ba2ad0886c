"""Group robots and webhooks on this machine: they check signatures, sizes and pace as documented."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

from tests.servers.vendor import Answer, Call, Vendor


class WecomRobot(Vendor):
    """企业微信: HTTP 200 always; 4,096 bytes of markdown; 20 messages a minute."""

    limit = 20

    def answer(self, call: Call) -> Answer:
        if call.query.get("key") != "good":
            return Answer({"errcode": 93000, "errmsg": "invalid webhook url"})
        if self.is_too_often("robot", self.limit, 60):
            return Answer({"errcode": 45009, "errmsg": "api freq out of limit"})
        if call.body["msgtype"] == "image":
            png = base64.b64decode(call.body["image"]["base64"])
            if hashlib.md5(png).hexdigest() != call.body["image"]["md5"]:
                return Answer({"errcode": 301019, "errmsg": "media md5 not match"})
        elif len(call.body["markdown"]["content"].encode()) > 4096:
            return Answer({"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"})
        return Answer({"errcode": 0, "errmsg": "ok"})


class DingtalkRobot(Vendor):
    """钉钉: signed; 20 messages a minute, then blocked for ten minutes; at most 20,000 bytes."""

    secret = "SEC-test"

    def __init__(self) -> None:
        super().__init__()
        self.blocked_until = 0.0

    def answer(self, call: Call) -> Answer:
        given, stamp = call.query.get("sign"), call.query.get("timestamp", "0")
        message = f"{stamp}\n{self.secret}".encode()
        sign = base64.b64encode(hmac.digest(self.secret.encode(), message, "sha256")).decode()
        if given != sign or abs(time.time() - int(stamp) / 1000) > 3600:
            return Answer({"errcode": 310000, "errmsg": "sign not match"})
        if time.monotonic() < self.blocked_until or self.is_too_often("robot", 20, 60):
            self.blocked_until = max(self.blocked_until, time.monotonic() + 600)
            return Answer(
                {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
            )
        if len(json.dumps(call.body, ensure_ascii=False).encode()) > 20_000:
            return Answer({"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"})
        return Answer({"errcode": 0, "errmsg": "ok"})


class FeishuRobot(Vendor):
    """飞书: signed with seconds; 5 a second; a body of at most 20 KB."""

    secret = "feishu-test"

    def answer(self, call: Call) -> Answer:
        stamp = call.body.get("timestamp", "0")
        key = f"{stamp}\n{self.secret}".encode()
        sign = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        if call.body.get("sign") != sign or abs(time.time() - int(stamp)) > 3600:
            return Answer(
                {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
            )
        if self.is_too_often("robot", 5, 1):
            return Answer({"code": 11232, "msg": "frequency limited"})
        if len(json.dumps(call.body, ensure_ascii=False).encode()) > 20 * 1024:
            return Answer({"code": 9499, "msg": "Bad Request"})
        return Answer({"code": 0, "msg": "success", "data": {}})


class SlackHook(Vendor):
    """Slack: the text `ok`, else a status and a word."""

    def answer(self, call: Call) -> Answer:
        if call.path != "/services/T/B/good":
            return Answer("no_service", status=404)
        return Answer("ok")


class Hook(Vendor):
    """Any service: 204 without a word."""

    def answer(self, call: Call) -> Answer:
        return Answer("", status=204)
