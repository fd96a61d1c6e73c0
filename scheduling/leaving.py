"""What is called off when somebody ends care, leaves or closes their account, said before they do
(registry.ending).
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.money_words import money_words
from bloom.kernel.registry import Ending, EndingKind, EndingTold
from scheduling import selectors


def appointments_told(actor: Actor, ending: Ending, at: datetime) -> EndingTold:
    """How many appointments that the actor sees would be called off, when the first of them is, and what that
    costs the actor.
    """
    ends = selectors.appointments_ending(actor, ending, at=at)
    if ends.first is None:
        if ending.kind is EndingKind.CARE:
            said = _("Appointments that the two have ahead at this practice are called off, without a fee.")
            return EndingTold(said=(said,))
        return EndingTold()
    # Said on pages of other rooms, which may be in nobody's zone.
    zone = accounts_selectors.profile_get(actor).time_zone if actor.user_id else "UTC"
    when = localtime(ends.first, ZoneInfo(zone))
    moment = f"{date_format(when, 'l j F Y')}, {date_format(when, 'TIME_FORMAT')}"
    facts = {"count": ends.count, "first": moment}
    if not ends.late:
        said = ngettext(
            "%(count)d appointment is called off, without a fee, and both are told: on %(first)s.",
            "%(count)d appointments are called off, without a fee, and both are told. The first is on"
            " %(first)s.",
            ends.count,
        )
        return EndingTold(said=(said % facts,))
    said = ngettext(
        "%(count)d appointment is called off, and both are told: on %(first)s.",
        "%(count)d appointments are called off, and both are told. The first is on %(first)s.",
        ends.count,
    )
    costs = ngettext(
        "For one of them it is too late to be free, as if you called it off now: you owe %(fees)s.",
        "For %(late)d of them it is too late to be free, as if you called them off now: you owe %(fees)s.",
        ends.late,
    )
    if ends.count == 1:
        costs = _("It is too late for that to be free, as if you called it off now: you owe %(fees)s.")
    fees = ", ".join(money_words(each) for each in ends.fees)
    return EndingTold(
        said=(said % facts, costs % {"late": ends.late, "fees": fees}),
        owed=ends.fees,
    )
