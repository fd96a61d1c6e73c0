"""The mail with which a practice asks somebody to join: to an address, not to a person."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import notices, practice_words
from accounts.types import InvitationSent


def invitation_tell(sent: InvitationSent) -> None:
    """The link, to the invited address; in the language of whoever asks."""
    # Nobody's own words stand in a subject: it is read as Bloom's, before anything says whose they are.
    title = (
        _("You are asked to be an owner of a practice")
        if sent.is_member
        else _("A practice asks you to join it in Bloom")
    )
    context = {
        "sent": sent,
        "role": practice_words.ROLE_WORDS[sent.role],
        "hint": practice_words.ROLE_HINTS[sent.role],
        "link": f"{settings.SITE_URL}{reverse('invitation', args=[sent.secret])}",
    }
    notices.mail_send("invitation", sent.email, {**context, "title": title})
