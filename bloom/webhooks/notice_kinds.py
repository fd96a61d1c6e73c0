"""What owners of a practice are told of its webhooks."""

from django.utils.translation import gettext_lazy as _

from accounts.types import NoticeChannel
from bloom.kernel.registry import NoticeKind, NoticeWords

WEBHOOKS = "webhooks"

KIND = NoticeKind(
    title=_("Webhooks"),
    hint=_("When a webhook of your practice was switched off, because nothing answered for days."),
    channels={NoticeChannel.APP: True, NoticeChannel.EMAIL: True},
    in_practice=True,
    words={
        "off": NoticeWords(
            title=_("A webhook of your practice was switched off"),
            text=_("Nothing answered there for days. Its page says what happened, and switches it on again."),
            route="practice_webhook",
            args=("practice", "endpoint"),
        ),
    },
)
