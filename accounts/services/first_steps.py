"""Putting the first steps away."""

from datetime import datetime

from accounts import events
from accounts.models import User
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from observability import services as observability_services


@transactional
def first_steps_put_away(actor: Actor, *, at: datetime) -> None:
    """The actor does not want to be led any more. A second time changes nothing."""
    person_id = actor.require_user()
    if User.objects.filter(id=person_id, steps_put_away_at=None).update(steps_put_away_at=at):
        observability_services.event_record(
            actor, events.FirstStepsPutAway(object_id=person_id, subject_id=person_id), at=at
        )
