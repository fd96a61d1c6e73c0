"""The mail with which a practice asks somebody to join: to an address, not to a person."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import notices, practice_words
from accounts.types import InvitationSent


def invitation_tell(sent: InvitationSent) -> None:
    """The link, to the invited address; in the language of whoever asks."""
    title = (
        _("You are asked to be an owner of %(practice)s")
        if sent.is_member
        else _("%(practice)s asks you to join")
    ) % {"practice": sent.practice}
    context = {
        "sent": sent,
        "role": practice_words.ROLE_WORDS[sent.role],
        "hint": practice_words.ROLE_HINTS[sent.role],
        "link": f"{settings.SITE_URL}{reverse('invitation', args=[sent.secret])}",
    }
    notices.mail_send("invitation", sent.email, {**context, "title": " ".join(title.split())})
