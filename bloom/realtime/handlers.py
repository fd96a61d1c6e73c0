"""What accounts' events mean for open sockets."""

from accounts import selectors
from bloom.kernel import db
from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from bloom.realtime import services

# Each of them may have ended the credential that a socket stands on.
CREDENTIAL_EVENTS = ("accounts.session.ended", "accounts.token.revoked", "accounts.role.revoked")
NOTICE_MADE = "accounts.notice.made"


def credential_ended(actor: Actor, event: RecordedEvent) -> None:
    """Have every process look at its sockets now, instead of within two seconds."""
    if event.subject_id is not None:
        subject_id = event.subject_id
        db.after_commit(lambda: services.recheck([subject_id]))


def notice_made(actor: Actor, event: RecordedEvent) -> None:
    """Pages that have a socket open show how much is unread now; the others, when they are next asked for."""
    if event.subject_id is not None:
        subject_id = event.subject_id
        unread = selectors.notices_unread(subject_id)

        def tell() -> None:
            for practice_id, count in unread.items():
                frame = {"type": "notice:new", "unread": count}
                services.publish([subject_id], frame, practice_id=practice_id)

        db.after_commit(tell)
