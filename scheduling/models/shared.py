"""What the models share."""

from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.lookups import Exact

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from scheduling.types import QUANTUM_MINUTES

NOTHING = Q(pk__in=[])


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """The words of an enumeration as a column lists them."""
    return [(word.value, word.value) for word in words]


def in_quanta(*names: str) -> Q:
    """These columns hold whole quanta of minutes, so that claims cover a session exactly."""
    held = Q()
    for name in names:
        held &= Q(Exact(F(name) % QUANTUM_MINUTES, 0))
    return held


def works_by(actor: Actor) -> Q:
    """Rows of a therapist's own schedule at the practice that they act for, those that the actor may see
    because of their role in it, and all for jobs of the system.
    """
    if actor.is_system:
        return Q()
    if actor.user_id is None or actor.practice_id is None:
        return NOTHING
    seen = Q(practice_id=actor.practice_id, therapist_id=actor.user_id)
    if accounts_selectors.practice_may(actor, actor.practice_id, PracticeMay.SEE_SCHEDULES):
        seen |= Q(practice_id=actor.practice_id)
    return seen


def patients_own(actor: Actor) -> Q:
    """Rows of the actor as a patient. A token stays within the practice that it was issued for: what belongs
    to no practice is not for it.
    """
    if actor.user_id is None:
        return NOTHING
    own = Q(patient_id=actor.user_id)
    if is_fenced(actor):
        own &= Q(practice_id=actor.practice_id)
    return own


def is_fenced(actor: Actor) -> bool:
    """Does a token act that was issued for one practice?"""
    return actor.token_id is not None and actor.practice_id is not None


def of_calendar(actor: Actor, calendar: type[PrivateModel]) -> Q:
    """Rows of a calendar that the actor sees."""
    return Q(Exists(calendar.objects.visible_to(actor).filter(pk=OuterRef("calendar_id"))))
