"""The kinds of notices that messaging sends (registry.notice_kind). Unread messages have a count of their own
in the app: that kind is for who is away.
"""

from django.utils.translation import gettext_lazy as _

from accounts.types import NoticeChannel, RoleName
from bloom.kernel.registry import NoticeKind, NoticeWords

MESSAGES = "messages"
ALERTS = "alerts"
LATER = "later"

KIND = NoticeKind(
    title=_("Messages"),
    hint=_(
        "When somebody has written to you and you have not read it for a while; at most once every few hours."
    ),
    channels={NoticeChannel.EMAIL: True},
    words={"waiting": NoticeWords(title=_("You have a new message in Bloom"), route="messages")},
    mail="message",
    roles=frozenset({RoleName.PATIENT.value, RoleName.THERAPIST.value}),
)

# A mail says only that it is urgent: it may be read by others.
_NOW = _("Please open Bloom now")
ALERTS_KIND = NoticeKind(
    title=_("Somebody may be in danger"),
    hint=_("When a patient writes something that may mean danger, or their therapist does not answer it."),
    channels={NoticeChannel.APP: True, NoticeChannel.EMAIL: True},
    words={
        "danger": NoticeWords(
            title=_("Somebody in your care may be in danger"),
            text=_("Please read what they wrote, and reach out today."),
            mail_title=_NOW,
            route="dashboard",
        ),
        "danger_declined": NoticeWords(
            title=_("Somebody who was offered care may be in danger"),
            text=_("Their no to it holds words that may mean danger. Please see that somebody reaches them."),
            mail_title=_NOW,
            route="dashboard",
        ),
        "unanswered": NoticeWords(
            title=_("Somebody may be in danger, and their therapist has not answered"),
            text=_("Your first page says who. Please reach the therapist, or them."),
            mail_title=_NOW,
            route="dashboard",
        ),
    },
    mail="message",
    is_urgent=True,
    scope="conversations:read",
    locked=_("Somebody’s life may hang on it."),
    roles=frozenset({RoleName.THERAPIST.value, RoleName.SUPPORT.value, RoleName.ADMIN.value}),
)

_LOOK = _("Something of yours in Bloom waits for you")
LATER_KIND = NoticeKind(
    title=_("Messages sent later"),
    hint=_("When a message that you had planned could not be sent. It is kept for you."),
    channels={NoticeChannel.APP: True, NoticeChannel.EMAIL: True},
    words={
        code: NoticeWords(
            title=title,
            text=_("Nobody else has seen it. It is kept for you in the conversation."),
            mail_title=_LOOK,
            route="conversation",
            args=("conversation",),
        )
        for code, title in (
            ("blocked", _("A planned message was held back by the rules for messages")),
            ("stopped", _("A planned message could not be sent")),
        )
    },
    mail="message",
    scope="conversations:read",
    roles=frozenset({RoleName.PATIENT.value, RoleName.THERAPIST.value}),
)
