"""Work that goes on one run at a time, in whatever process."""

from datetime import datetime, timedelta

from django.db.models import Q

from bloom.kernel.db import transactional
from scheduling.models import MeetingTurn


@transactional
def turn_take(name: str, *, at: datetime, lasts: timedelta) -> datetime | None:
    """The turn of this work, as `turn_end` wants it back; None while another run has it. A run that died is
    followed by another once its turn has lasted.
    """
    MeetingTurn.objects.bulk_create([MeetingTurn(name=name)], ignore_conflicts=True)
    free = MeetingTurn.objects.filter(Q(until=None) | Q(until__lte=at), name=name)
    until = at + lasts
    return until if free.update(until=until) else None


@transactional
def turn_end(name: str, until: datetime) -> None:
    """Give it back, unless it was over and is another's by now."""
    MeetingTurn.objects.filter(name=name, until=until).update(until=None)
