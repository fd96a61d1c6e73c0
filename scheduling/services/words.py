"""Why a time cannot be booked, in words; and what was written, as it is kept."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid
from scheduling import selectors
from scheduling.errors import SlotNotOffered, SlotTaken
from scheduling.models import Appointment, Service
from scheduling.rules import texts
from scheduling.types import AHEAD_DAYS_MOST, SlotFault, SlotView

_FAULTS: Final[Mapping[SlotFault, Callable[[], str]]] = {
    SlotFault.MODE: lambda: gettext("At this time, this service is not given in this way."),
    SlotFault.TOO_SOON: lambda: gettext("This time is too soon to be booked. Please choose a later one."),
    SlotFault.TOO_FAR: lambda: gettext("This time is too far ahead to be booked yet."),
    SlotFault.CLOSED: lambda: gettext("The therapist does not offer this time."),
    SlotFault.DAY_FULL: lambda: gettext("This day is fully booked. Please choose another one."),
}


def slot_refusal(fault: SlotFault) -> SlotTaken | SlotNotOffered:
    """The error that says why."""
    if fault is SlotFault.TAKEN:
        return SlotTaken()
    return SlotNotOffered(_FAULTS[fault](), reason=fault.value)


def taken_own() -> SlotTaken:
    """What a therapist reads of a time of their own that they have given away before: nobody was faster."""
    return SlotTaken(gettext("Something else stands in your calendar at this time."))


def alternatives_add(
    actor: Actor,
    refusal: SlotTaken | SlotNotOffered,
    service: Service,
    wanted: datetime,
    *,
    at_desk: bool = False,
    moving: Appointment | None = None,
    at: datetime,
) -> None:
    """Have a refusal name what is free instead: to a patient, or to the practice's desk (`at_desk`); of an
    appointment that moves, but where it is. Of a time that was taken that is another one, whatever has become
    of it since.
    """
    near = selectors.slots_near(
        actor,
        service,
        wanted,
        at=at,
        but_then=isinstance(refusal, SlotTaken),
        at_desk=at_desk,
        moving=moving,
    )
    refusal.fields["alternatives"] = [slot_wire(slot) for slot in near]


def ahead_check(starts_at: datetime, *, at: datetime) -> None:
    """Raise SlotNotOffered for a time that is over, or further ahead than anybody plans."""
    if starts_at <= at:
        said = gettext("This time is over. Please choose one that is to come.")
        raise SlotNotOffered(said, reason=SlotFault.TOO_SOON.value)
    if starts_at > at + timedelta(days=AHEAD_DAYS_MOST):
        raise slot_refusal(SlotFault.TOO_FAR)


def slot_wire(slot: SlotView) -> dict[str, Any]:
    """A slot as REST shows it."""
    return {
        "starts_at": clock.to_wire(slot.starts_at),
        "ends_at": clock.to_wire(slot.ends_at),
        "service": str(slot.service_id),
        "modes": [mode.value for mode in slot.modes],
    }


def text_clean(text: str, field: str, most: int) -> str:
    """What somebody wrote, as it is kept. Raises Invalid that names the field."""
    try:
        return texts.text_clean(text, most)
    except UnicodeEncodeError:
        said = gettext("This holds characters that are not text.")
    except ValueError as error:
        too_long = str(error) == "too long"
        said = (
            gettext("Please keep it to %(most)d characters.") % {"most": most}
            if too_long
            else gettext("This holds characters that are not text.")
        )
    raise Invalid(errors={field: [said]})
