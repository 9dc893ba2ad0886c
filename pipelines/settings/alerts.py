"""Where alerts go: one entry of company.yml per group, mailbox or service."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipelines.settings.base import Strict

SECRET = r"^env:[A-Za-z_][A-Za-z0-9_]*$"
Audience = Literal["rep", "manager", "director", "data_team"]


class Channel(Strict):
    """What every channel has.

    A person's digest goes to the first channel of his role that serves him; a role is rep (leads
    nobody), manager (leads reps) or director (leads those who lead).
    """

    url: str = Field(pattern=SECRET, description="Address, as env:NAME: it is a secret")
    to: Audience = Field(description="Whose digests go there")
    only: list[str] = Field(
        default_factory=list, description="Person ids, teams or regions it serves; empty: all"
    )
    language: Literal["zh", "en"] | None = Field(
        None, description="default: the company's first language"
    )


class WecomChannel(Channel):
    """A group robot of 企业微信."""

    channel: Literal["wecom"] = Field(description="企业微信")
    picture: bool = Field(False, description="Also send attainment by team as a picture")


class SignedRobotChannel(Channel):
    """A group robot of 钉钉 or 飞书."""

    channel: Literal["dingtalk", "feishu"] = Field(description="钉钉 or 飞书")
    secret: str | None = Field(None, pattern=SECRET, description="The robot's signing secret")


class SlackChannel(Channel):
    """An incoming webhook of Slack."""

    channel: Literal["slack"] = Field(description="Slack")


class WebhookChannel(Channel):
    """Any service that takes a JSON object by POST."""

    channel: Literal["webhook"] = Field(description="A URL that takes JSON")


class EmailChannel(Channel):
    """A mail server: smtp://user:password@host:587 (STARTTLS where offered) or smtps://…:465."""

    channel: Literal["email"] = Field(description="E-mail")
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="The From address")
    address: list[str] = Field(
        default_factory=list, description="Fixed addressees; default: each recipient's own e-mail"
    )
    picture: bool = Field(False, description="Attach attainment by team as a picture")


AlertChannel = Annotated[
    WecomChannel | SignedRobotChannel | SlackChannel | WebhookChannel | EmailChannel,
    Field(discriminator="channel"),
]
