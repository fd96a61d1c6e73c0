"""What scheduling tells people of (registry.notice_kind). A mail says when, and where one comes in person;
never with whom or what for.
"""

from django.utils.translation import gettext_lazy as _

from accounts.types import NoticeChannel, RoleName
from bloom.kernel.registry import LetterLine, LetterPart, NoticeKind, NoticeWords

APPOINTMENTS = "appointments"
_WHEN = "%(until)s (%(zone)s)"
_WITH_WHOM = f"%(others)s · {_WHEN}"


def _words(title: object, mail_title: object) -> NoticeWords:
    return NoticeWords(
        title=title,
        text=_WITH_WHOM,
        mail_title=mail_title,
        mail_text=_WHEN,
        route="appointment",
        args=("appointment",),
    )


_CANCELLED = _("Your appointment is cancelled")
WORDS = {
    "booked": _words(_("An appointment is booked"), _("Your appointment is booked")),
    "confirmed": _words(_("Your appointment is confirmed"), _("Your appointment is confirmed")),
    "moved": _words(_("Your appointment has moved"), _("Your appointment has moved")),
    "requested": _words(
        _("You asked for a time; it is yours once it is confirmed"),
        _("You asked for a time; it is yours once it is confirmed"),
    ),
    "asked": _words(_("Somebody asks you for a time"), _("Somebody asks you for a time")),
    "declined": _words(
        _("The time that you asked for is not possible"), _("The time that you asked for is not possible")
    ),
    "withdrawn": _words(_("A time that you were asked for is not wanted any more"), _CANCELLED),
    "lapsed": _words(
        _("A time was not confirmed before it came"), _("A time was not confirmed before it came")
    ),
    "cancelled": _words(_CANCELLED, _CANCELLED),
    "series_made": _words(
        _("Your appointment repeats from now on"), _("Your appointment repeats from now on")
    ),
    "series_moved": _words(
        _("Your repeating appointment has moved"), _("Your repeating appointment has moved")
    ),
    "series_ended": _words(
        _("Your repeating appointment has ended"), _("Your repeating appointment has ended")
    ),
    "series_gap": _words(
        _("A repeating appointment was left out where something else stands"),
        _("A repeating appointment was left out"),
    ),
}


def kind(part: LetterPart, line: LetterLine) -> NoticeKind:
    """The kind, whose mails carry what `part` makes, an invitation, and say in `line` where to come."""
    return NoticeKind(
        title=_("Appointments"),
        hint=_(
            "When one is booked, asked for, confirmed, moved or cancelled. The mail carries it into your own"
            " calendar, as “Appointment” and nothing more."
        ),
        channels={NoticeChannel.APP: True, NoticeChannel.EMAIL: True},
        words=WORDS,
        mail="appointment",
        scope="scheduling:read",
        roles=frozenset({RoleName.PATIENT.value, RoleName.THERAPIST.value}),
        part=part,
        line=line,
    )
