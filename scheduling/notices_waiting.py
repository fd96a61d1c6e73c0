"""The kinds of notices of who waits for a time, and of who is reminded of one (registry.notice_kind). No mail
says with whom a time is, or what for.
"""

from django.utils.translation import gettext_lazy as _

from accounts.types import NoticeChannel, RoleName
from bloom.kernel.registry import LetterLink, NoticeKind, NoticeWords

WAITLIST = "waitlist"
REMINDERS = "reminders"

_UNTIL = _("Please answer until %(until)s (%(zone)s). After that it goes to the next person in line.")
_NEWS = _("There is news for you in Bloom")
WAITLIST_KIND = NoticeKind(
    title=_("Waiting for a time"),
    hint=_("When a time is free for you, and for how long it is kept; and when a line is over."),
    channels={NoticeChannel.APP: True, NoticeChannel.EMAIL: True},
    words={
        "offered": NoticeWords(
            title=_("A time with %(person)s is free for you"),
            text=_UNTIL,
            mail_title=_("A time is kept for you in Bloom"),
            route="waitlist_offer",
            args=("offer",),
        ),
        "lapsed": NoticeWords(
            title=_("A time with %(person)s went to the next person"),
            text=_("You did not answer in time, and keep your place for the next one."),
            mail_title=_NEWS,
            route="waitlist",
        ),
        "withdrawn": NoticeWords(
            title=_("The time with %(person)s is not free any more"),
            text=_("It was kept for you and cannot be had now. You keep your place for the next one."),
            mail_title=_NEWS,
            route="waitlist",
        ),
        "paused": NoticeWords(
            title=_("%(person)s has no times for you at the moment"),
            text=_(
                "They take nobody new for now, or work otherwise. You keep your place, should that change."
            ),
            mail_title=_NEWS,
            route="waitlist",
        ),
        "resting": NoticeWords(
            title=_("Are you still waiting?"),
            text=_(
                "Times that were kept for you went on to others. You keep your place; say when you want the "
                "next."
            ),
            mail_title=_NEWS,
            route="waitlist",
        ),
        "ended": NoticeWords(
            title=_("You are not waiting for a time any more"),
            text=_(
                "The days that you named are over, or what you waited for is not offered to you any more."
            ),
            mail_title=_NEWS,
            route="waitlist",
        ),
    },
    mail="message",
    is_urgent=True,
    scope="scheduling:read",
    roles=frozenset({RoleName.PATIENT.value}),
)


def reminders_kind(link: LetterLink) -> NoticeKind:
    """The kind, whose mails lead to what `link` makes: a page on which one answers without signing in."""
    return NoticeKind(
        title=_("Reminders"),
        hint=_("Before each confirmed appointment. You choose how long before under Reminders."),
        channels={NoticeChannel.EMAIL: True},
        words={
            "soon": NoticeWords(
                title=_("Your appointment: %(until)s"),
                text=_("%(until)s (%(zone)s). Will you be there?"),
                mail_title=_("A reminder of your appointment"),
                route="appointments",
            )
        },
        mail="reminder",
        is_urgent=True,
        scope="scheduling:read",
        roles=frozenset({RoleName.PATIENT.value}),
        link=link,
    )
