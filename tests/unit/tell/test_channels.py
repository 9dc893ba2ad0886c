"""Each channel against a server that behaves as documented, and against one that does not."""

from __future__ import annotations

import logging
import socket
from datetime import UTC, datetime
from email.header import decode_header, make_header

import httpx
import pytest

from pipelines.core.alerts.digest import Digest, Line
from pipelines.settings.secrets import Secret
from pipelines.tell import http
from pipelines.tell.mail import Mail
from pipelines.tell.robots import Dingtalk, Feishu, Wecom, dingtalk_sign, feishu_sign
from pipelines.tell.webhooks import Slack, Webhook
from tests.servers.mail import MailServer
from tests.servers.robots import DingtalkRobot, FeishuRobot, Hook, SlackHook, WecomRobot
from tests.servers.vendor import Answer

LONG = tuple(Line(f"{n}. 客户👨‍👩‍👧“{'名字' * 40}”", "https://b/x", str(n)) for n in range(1, 401))
DIGEST = Digest("U1", "zh", "2026-03-10 提醒 · 李雷 · 2 项", LONG[:2], "此前 3 项未解除。")
BIG = Digest("U1", "zh", "2026-03-10 提醒 · 李雷 · 400 项", LONG)


def secret(value: str) -> Secret:
    return Secret(value, "env:TEST_ROBOT")


def send(sender, digest=DIGEST, *, is_resent=False, message_id="v1/x/张三"):
    return sender.send(digest, message_id=message_id, is_resent=is_resent, at=datetime.now(UTC))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


# Fixed vectors, computed with openssl: printf '1577262236757\nSEC000' | openssl dgst -sha256 -hmac SEC000 -binary | base64
def test_signatures_are_those_of_fixed_vectors():
    assert dingtalk_sign("1577262236757", "SEC000") == DINGTALK_VECTOR
    assert feishu_sign("1599360473", "demo") == FEISHU_VECTOR


DINGTALK_VECTOR = "0mUoy51oaZiRp9zSbtu3Gh7pbwvH33YBGob4MsxeXA4="
FEISHU_VECTOR = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


@pytest.mark.parametrize("digest", [DIGEST, BIG], ids=["short", "too long"])
def test_wecom_takes_a_digest_within_4096_bytes(digest):
    with WecomRobot() as robot:
        assert send(Wecom(secret(f"{robot.address}/send?key=good")), digest).outcome == "delivered"
        [call] = robot.calls
    content = call.body["markdown"]["content"]
    assert call.body["msgtype"] == "markdown"
    assert content.startswith(f"**{digest.title}**\n1. 客户")
    assert "[查看](https://b/x)" in content
    assert len(content.encode()) <= 4096
    if digest is BIG:
        shown = content.count("\n") - 1
        assert content.endswith(f"另有 {400 - shown} 项未列出。")


def test_wecom_takes_a_picture():
    with WecomRobot() as robot:
        sender = Wecom(secret(f"{robot.address}/send?key=good"))
        assert sender.send_picture(b"\x89PNG not really").outcome == "delivered"


@pytest.mark.parametrize("digest", [DIGEST, BIG], ids=["short", "too long"])
def test_dingtalk_takes_a_signed_digest_within_its_bytes(digest):
    with DingtalkRobot() as robot:
        sender = Dingtalk(secret(f"{robot.address}/robot/send?access_token=t"), secret("SEC-test"))
        assert send(sender, digest).outcome == "delivered"
        [call] = robot.calls
    assert call.query["access_token"] == "t"
    assert "  \n" in call.body["markdown"]["text"]


@pytest.mark.parametrize("digest", [DIGEST, BIG], ids=["short", "too long"])
def test_feishu_takes_a_signed_digest_within_its_bytes(digest):
    with FeishuRobot() as robot:
        sender = Feishu(secret(f"{robot.address}/hook/x"), secret("feishu-test"))
        assert send(sender, digest).outcome == "delivered"
        [call] = robot.calls
    assert call.body["content"]["text"].startswith(digest.title)


@pytest.mark.parametrize(
    ("robot", "sender", "why"),
    [
        (WecomRobot, lambda a: Wecom(secret(f"{a}/send?key=wrong")), "errcode 93000: invalid webhook url"),
        (DingtalkRobot, lambda a: Dingtalk(secret(a), secret("SEC-other")), "errcode 310000: sign not match"),
        (DingtalkRobot, lambda a: Dingtalk(secret(a)), "errcode 310000: sign not match"),
        (FeishuRobot, lambda a: Feishu(secret(a), secret("other")), "code 19021: sign match fail"),
        (SlackHook, lambda a: Slack(secret(f"{a}/services/T/B/bad")), "status 404"),
    ],
)  # fmt: skip
def test_a_refusal_is_read_from_the_answer_though_the_status_may_be_200(robot, sender, why):
    with robot() as service:
        attempt = send(sender(service.address))
    assert attempt.outcome == "refused"
    assert why in attempt.reason_en
    assert why in attempt.reason_zh


@pytest.mark.parametrize(
    ("sender", "answer", "outcome", "seconds"),
    [
        (lambda a: Wecom(secret(a)), Answer({"errcode": 45009, "errmsg": "freq"}), "busy", 60),
        (lambda a: Wecom(secret(a)), Answer({"errcode": -1, "errmsg": "system busy"}), "busy", 1),
        (lambda a: Dingtalk(secret(a)), Answer({"errcode": 130101, "errmsg": "too fast"}), "busy", 600),
        (lambda a: Feishu(secret(a)), Answer({"code": 11232, "msg": "limited"}), "busy", 60),
        (lambda a: Webhook(secret(a)), Answer("later", 429, (("retry-after", "7"),)), "busy", 7),
        (lambda a: Slack(secret(a)), Answer("", 503), "busy", 1),
        (lambda a: Wecom(secret(a)), Answer("<html>gateway</html>", 502), "uncertain", 0),
        (lambda a: Wecom(secret(a)), Answer("<html>login</html>", 200), "uncertain", 0),
        (lambda a: Wecom(secret(a)), Answer({"msg": "no code"}), "uncertain", 0),
        (lambda a: Webhook(secret(a)), Answer("", 500), "uncertain", 0),
        (lambda a: Webhook(secret(a)), Answer("", 410), "refused", 0),
        (lambda a: Slack(secret(a)), Answer("invalid_payload", 400), "refused", 0),
        (lambda a: Webhook(secret(a)), None, "uncertain", 0),
        (lambda a: Slack(secret(a)), None, "uncertain", 0),
    ],
)  # fmt: skip
def test_other_answers_are_told_apart(sender, answer, outcome, seconds):
    with Hook() as service:
        service.next_answers.append(answer)
        attempt = send(sender(service.address))
    assert (attempt.outcome, attempt.retry_after_seconds) == (outcome, seconds)


SENDERS = {
    "wecom": Wecom, "dingtalk": Dingtalk, "feishu": Feishu, "slack": Slack, "webhook": Webhook,
}  # fmt: skip


@pytest.mark.parametrize("kind", SENDERS)
def test_a_server_that_is_down_never_got_the_message(kind):
    attempt = send(SENDERS[kind](secret(f"http://127.0.0.1:{free_port()}/key-abc")))
    assert attempt.outcome == "not_sent"


@pytest.mark.parametrize("kind", SENDERS)
def test_a_server_that_takes_the_message_and_never_answers_leaves_it_uncertain(kind, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.2))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        attempt = send(SENDERS[kind](secret(f"http://127.0.0.1:{listening.getsockname()[1]}/")))
    assert attempt.outcome == "uncertain"


@pytest.mark.parametrize("kind", SENDERS)
@pytest.mark.parametrize("address", ["", "no address", "ftp://x/y"])
def test_an_address_that_is_none_is_refused(kind, address):
    assert send(SENDERS[kind](secret(address))).outcome in ("refused", "not_sent")


@pytest.mark.parametrize("kind", SENDERS)
def test_no_key_stands_in_a_log_or_a_message(kind, caplog):
    caplog.set_level(logging.DEBUG)
    address = f"http://127.0.0.1:{free_port()}/hook/KEY-OF-THE-ROBOT"
    attempt = send(SENDERS[kind](secret(address)))
    with Hook() as service:
        refused = send(SENDERS[kind](secret(f"{service.address}/hook/KEY-OF-THE-ROBOT")))
    words = [record.getMessage() for record in caplog.records]
    for text in (attempt.reason_en, attempt.reason_zh, repr(attempt), repr(refused), *words):
        assert "KEY-OF-THE-ROBOT" not in text


def test_slack_writes_links_its_way_and_escapes_words():
    digest = Digest("U1", "en", "Alerts & more", (Line("1. A&B <x>", "https://b/x", "k"),))
    with SlackHook() as hook:
        assert (
            send(Slack(secret(f"{hook.address}/services/T/B/good")), digest).outcome == "delivered"
        )
        assert hook.calls[0].body["text"] == (
            "Alerts &amp; more\n1. A&amp;B &lt;x&gt; <https://b/x|open>"
        )


def test_a_webhook_gets_the_digest_as_an_object_with_a_key_of_its_own():
    with Hook() as hook:
        send(Webhook(secret(hook.address)), is_resent=True)
        send(Webhook(secret(hook.address)))
        send(Webhook(secret(hook.address)), message_id="v1/x/李四")
        first, second, other = hook.calls
    assert first.body["is_resent"] and not second.body["is_resent"]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert other.headers["idempotency-key"] != second.headers["idempotency-key"]
    assert first.body["lines"][0] == {"text": LONG[0].text, "link": "https://b/x"}


def mail(port: int, **changes) -> Mail:
    values = {"sender": "gapwise@example.com", "addressees": ("li@example.com",), **changes}
    return Mail(secret(f"smtp://127.0.0.1:{port}"), **values)


def test_a_mail_holds_everything_and_the_picture():
    with MailServer() as server:
        assert (
            send(mail(server.port, picture=b"\x89PNG"), BIG, is_resent=True).outcome == "delivered"
        )
        [got] = server.mails
    text, picture = got.get_payload()
    assert text.get_payload(decode=True).decode().count("\n") == 401
    assert picture.get_content_type() == "image/png"
    assert got["To"] == "li@example.com"
    assert str(make_header(decode_header(got["Subject"]))) == f"【重发】{BIG.title}"


@pytest.mark.parametrize(
    ("say", "outcome"),
    [
        ({"RCPT": b"550 no such user\r\n"}, "refused"),
        ({"RCPT": b"450 mailbox busy\r\n"}, "busy"),
        ({"DATA": b"554 spam\r\n"}, "refused"),
        ({"DATA": b"452 full\r\n"}, "busy"),
        ({"DATA": None}, "uncertain"),
    ],
)
def test_a_mail_servers_answers_are_told_apart(say, outcome):
    with MailServer() as server:
        server.say = say
        assert send(mail(server.port)).outcome == outcome
        assert server.mails == []


def test_a_mail_server_that_is_down_never_got_the_mail():
    assert send(mail(free_port())).outcome == "not_sent"


@pytest.mark.parametrize("addressees", [(), ("not an address",), ("a@b.c\r\nBcc: x@y.z",)])
def test_a_recipient_without_a_proper_address_is_refused(addressees):
    with MailServer() as server:
        assert send(mail(server.port, addressees=addressees)).outcome == "refused"
        assert server.mails == []
