"""The practice's desk, which makes appointments for a colleague."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay
from bloom.kernel.actor import Actor
from scheduling import holds, present
from scheduling.models import Appointment
from scheduling.selectors.calendar_page import booking_allowed
from scheduling.types import Taken


@dataclass(frozen=True, slots=True)
class AtDesk:
    """It is the practice's desk that asks, for a colleague: what is `held` now is taken, and the colleague's
    hours and daily limit bind.
    """

    held: tuple[Taken, ...]


def at_desk_of(actor: Actor, row: Appointment, *, at: datetime) -> AtDesk | None:
    """What binds the actor, where they are the practice's desk and book for the therapist of an appointment;
    else None. Asks Redis.
    """
    if not is_by_desk(actor, row):
        return None
    found = holds.holds_of([row.therapist_id], at=at).get(row.therapist_id, [])
    return AtDesk(held=tuple(each.taken for each in found))


def is_by_desk(actor: Actor, row: Appointment) -> bool:
    """Is the actor neither of the two, but books for the therapist at this practice?"""
    return present.party_of(actor, row) is None and booking_allowed(actor, row.therapist_id, row.practice_id)


def books_among(actor: Actor, rows: Iterable[Appointment]) -> bool:
    """Is any of these others' at the practice that the actor acts for, and do they book there for colleagues?
    One query, or none.
    """
    others = any(
        row.practice_id == actor.practice_id and present.party_of(actor, row) is None for row in rows
    )
    return others and accounts_selectors.practice_may(actor, actor.practice_id, PracticeMay.BOOK_FOR_PATIENTS)
