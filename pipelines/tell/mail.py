"""E-mail over SMTP, one message per digest, encrypted where the server offers it."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from pipelines.core.alerts.digest import Digest, render
from pipelines.settings.secrets import Secret
from pipelines.tell.attempt import DELIVERED, Attempt, busy, not_sent, refused, uncertain

TIMEOUT_SECONDS = 20
_ADDRESS = re.compile(r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+$")


@dataclass(frozen=True)
class Mail:
    """A mail server and whom to write to.

    Attributes:
        url: smtp:// or smtps:// with user and password where the server wants them.
        sender: From.
        addressees: To.
        picture: a PNG to attach, None for none.
    """

    url: Secret
    sender: str
    addressees: tuple[str, ...]
    picture: bytes | None = None
    title = "e-mail"

    def send(self, digest: Digest, *, message_id: str, is_resent: bool, at: datetime) -> Attempt:
        """Send a digest as one mail."""
        if not self.addressees:
            return refused(self.title, f"no address is known of {digest.recipient}")
        wrong = [one for one in self.addressees if not _ADDRESS.match(one)]
        if wrong:
            return refused(self.title, f"an address of {digest.recipient} is none")
        mail = self._mail(digest, message_id, is_resent, at)
        try:
            server = self._connect()
        except smtplib.SMTPResponseException as error:
            return self._answered(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            return not_sent(self.title, self.url.scrub(f"{type(error).__name__}: {error}")[:300])
        except ValueError:
            return refused(self.title, f"{self.url.name} holds no smtp address")
        with_server = _deliver(server, mail)
        return with_server if isinstance(with_server, Attempt) else self._answered(*with_server)

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url.reveal())
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(parts.scheme)
        safe = ssl.create_default_context()
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(
                parts.hostname, parts.port or 465, timeout=TIMEOUT_SECONDS, context=safe
            )
        else:
            server = smtplib.SMTP(parts.hostname, parts.port or 587, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=safe)
                server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server

    def _mail(self, digest: Digest, message_id: str, is_resent: bool, at: datetime) -> EmailMessage:
        mail = EmailMessage()
        first, _, _ = render(digest, None, is_resent=is_resent).partition("\n")
        mail["Subject"] = first
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.addressees)
        mail["Date"] = format_datetime(at)
        # the same for a second attempt, so that mail programs may show one of the two
        mail["Message-ID"] = f"<{message_id.encode('utf-8').hex()}@gapwise>"
        mail.set_content(render(digest, None, is_resent=is_resent) + "\n")
        if self.picture is not None:
            mail.add_attachment(self.picture, "image", "png", filename="attainment.png")
        return mail

    def _answered(self, code: int, text: bytes | str) -> Attempt:
        said = text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text
        why = self.url.scrub(f"{code} {said}")[:300]
        return busy(self.title, why, 60.0) if 400 <= code < 500 else refused(self.title, why)


def _deliver(server: smtplib.SMTP, mail: EmailMessage) -> Attempt | tuple[int, bytes | str]:
    """Hand a mail over; return the attempt, or the server's code and words where it said no."""
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, error.smtp_error
    except (smtplib.SMTPException, OSError) as error:
        return uncertain("e-mail", type(error).__name__)
    finally:
        server.close()
    return DELIVERED
