"""A second factor that fails behind a right password: its person hears of it."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from accounts import events, notice_kinds
from accounts.models import Notice, User
from accounts.services.notices import notice_send
from bloom.kernel.actor import Actor
from observability import selectors as observability_selectors

_DAY: Final = timedelta(days=1)
_FAILING: Final = "factors_failing"


def failures_tell(actor: Actor, user_id: UUID, event_id: UUID, *, at: datetime) -> None:
    """Whoever is asked for a person's second factor was let so far, by the password as a rule: after several
    wrong ones that person hears of it, once a day.
    """
    since, count = at - _DAY, settings.FACTOR_FAILURES_TOLD
    failed = observability_selectors.events_about(
        Actor.for_system("security"), user_id, names=[events.FactorFailed.name], limit=count
    )
    if len(failed) < count or failed[-1].at <= since:
        return
    # Of several at once one tells.
    User.objects.select_for_update().get(id=user_id)
    told = Notice.objects.unscoped(reason="whether its person was told today")
    if not told.filter(user_id=user_id, code=_FAILING, created_at__gt=since).exists():
        notice_send(actor, notice_kinds.SECURITY, _FAILING, [user_id], event_id=event_id, at=at)
