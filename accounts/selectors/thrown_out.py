"""Whether what somebody left to be done later still speaks for them."""

from datetime import datetime
from uuid import UUID

from accounts import events
from accounts.models import ApiToken
from bloom.kernel.actor import Actor
from observability import selectors as observability_selectors
from observability.types import EventView

_RESET = (events.PasswordReset.name, events.EmailRestored.name)
# Nobody changes their password or signs out more often between a wish and its time; if they do, it stops.
_LOOKED_AT = 200


def way_in_is_thrown_out(
    person_id: UUID, *, session_id: str = "", token_id: UUID | None = None, since: datetime
) -> bool:
    """Has this person, or somebody for them, thrown out what asked for something at `since`: its token was
    revoked, its session ended from elsewhere, or the password is another one since and it did not change it
    itself? Whoever signs out themselves, or whose session or token only ran out, is not thrown out. Two
    queries.
    """
    token = None
    if token_id is not None:
        tokens = ApiToken.objects.unscoped(reason="whether it still speaks for its person")
        token = tokens.filter(id=token_id, user_id=person_id).first()
        if token is None or token.revoked_at is not None:
            return True
    found = observability_selectors.events_about(
        Actor.for_system("way_in"),
        person_id,
        names=(*_RESET, events.PasswordChanged.name, events.SessionEnded.name),
        limit=_LOOKED_AT,
    )
    if len(found) == _LOOKED_AT and found[-1].at >= since:
        return True
    return any(_throws_out(each, session_id, token, since) for each in found)


def _throws_out(event: EventView, session_id: str, token: ApiToken | None, since: datetime) -> bool:
    by_itself = session_id != "" and event.session_id == session_id
    if event.name == events.SessionEnded.name:
        is_its_own = session_id != "" and event.object_id.hex == session_id
        return is_its_own and not by_itself and event.data.get("over") is None
    if event.at < since:
        return False
    if event.name == events.PasswordChanged.name and token is not None:
        # Its person chose whether tokens stay; one that had run out could not be chosen.
        return token.expires_at <= event.at
    return event.name in _RESET or not by_itself
