"""What accounts' events mean for open sockets."""

from bloom.kernel import db
from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from bloom.realtime import services

# Each of them may have ended the credential that a socket stands on.
CREDENTIAL_EVENTS = ("accounts.session.ended", "accounts.token.revoked", "accounts.role.revoked")


def credential_ended(actor: Actor, event: RecordedEvent) -> None:
    """Have every process look at its sockets now, instead of within two seconds."""
    if event.subject_id is not None:
        subject_id = event.subject_id
        db.after_commit(lambda: services.recheck([subject_id]))
