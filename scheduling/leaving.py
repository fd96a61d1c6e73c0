"""What is called off when somebody ends care, leaves or closes their account, said before they do
(registry.ending).
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bloom.kernel.actor import Actor
from bloom.kernel.registry import Ending, EndingKind
from scheduling import selectors


def appointments_told(actor: Actor, ending: Ending, at: datetime) -> Sequence[str]:
    """How many appointments that the actor sees would be called off, and when the first of them is."""
    count, first = selectors.appointments_ending(actor, ending, at=at)
    if first is None:
        if ending.kind is EndingKind.CARE:
            return [_("Appointments that the two have ahead at this practice are called off, without a fee.")]
        return []
    said = ngettext(
        "%(count)d appointment is called off, without a fee, and both are told: on %(first)s.",
        "%(count)d appointments are called off, without a fee, and both are told. The first is on %(first)s.",
        count,
    )
    when = localtime(first)
    moment = f"{date_format(when, 'l j F Y')}, {date_format(when, 'TIME_FORMAT')}"
    return [said % {"count": count, "first": moment}]
