"""Mail as files, for machines without a mail server: written by the backend, read by /dev/mail/."""

import email
import email.policy
import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage as OutgoingMail
from django.core.mail.backends.base import BaseEmailBackend

from bloom.kernel import clock, db

SHOWN = 200
_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}")


class EmlBackend(BaseEmailBackend):
    """settings.EMAIL_BACKEND where there is no mail server: one .eml file for each mail, in MAIL_DIR."""

    def send_messages(self, email_messages: Sequence[OutgoingMail]) -> int:
        db.network_check("mail")
        folder = Path(settings.MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{clock.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:8]}"
            # Other users of the machine have no business with links that sign people in.
            descriptor = os.open(folder / f"{name}.eml", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(message.message().as_bytes())
        return len(email_messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that was written to MAIL_DIR. `name` is its file's, without the ending."""

    name: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str


def mail_list(to: str = "") -> list[Mail]:
    """The newest mails, newest first; only those to one address when `to` is given."""
    folder = Path(settings.MAIL_DIR)
    names = sorted((path.stem for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)
    mails = (mail for name in names[: SHOWN * 5] if (mail := mail_get(name)) is not None)
    wanted = (mail for mail in mails if not to or to.lower() == mail.to.lower())
    return [mail for mail, _ in zip(wanted, range(SHOWN), strict=False)]


def mail_get(name: str) -> Mail | None:
    """One mail by its name; None when there is none, and for a name that is not one."""
    source = mail_source(name)
    if source is None:
        return None
    message = email.message_from_bytes(source, policy=email.policy.default)
    return Mail(
        name=name,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent_at=datetime.strptime(name[:22], "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def mail_source(name: str) -> bytes | None:
    """One mail as it was sent; None as for `mail_get`."""
    path = Path(settings.MAIL_DIR) / f"{name}.eml"
    return path.read_bytes() if _NAME.fullmatch(name) and path.is_file() else None


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
