"""Mail about working in a practice. It names no patient and nothing of health."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import notices, practice_words, selectors
from accounts.types import InvitationSent, MemberNotice


def invitation_tell(sent: InvitationSent) -> None:
    """The link, to the invited address; in the language of whoever asks."""
    title = _("%(practice)s asks you to join") % {"practice": sent.practice}
    context = {
        "sent": sent,
        "role": practice_words.ROLE_WORDS[sent.role],
        "hint": practice_words.ROLE_HINTS[sent.role],
        "link": f"{settings.SITE_URL}{reverse('invitation', args=[sent.secret])}",
    }
    _send("invitation", title, sent.email, context)


def joined_tell(notice: MemberNotice) -> None:
    """To those who manage the practice: somebody said yes."""
    for email, locale in _addresses(notice.others):
        with translation.override(locale):
            title = _("%(person)s has joined %(practice)s") % _names(notice)
            text = _("Their role: %(role)s. You can change it on the practice’s page at any time.")
            _tell(email, title, text % _names(notice), notice)


def declined_tell(notice: MemberNotice) -> None:
    """To those who manage the practice: somebody said no."""
    for email, locale in _addresses(notice.others):
        with translation.override(locale):
            title = _("An invitation to %(practice)s was declined") % _names(notice)
            text = _("%(person)s would rather not join. Nothing else has changed.")
            _tell(email, title, text % _names(notice), notice)


def changed_tell(notice: MemberNotice) -> None:
    """To somebody whose role is another one now."""
    for email, locale in _addresses([notice.person_id]):
        with translation.override(locale):
            title = _("Your role at %(practice)s has changed") % _names(notice)
            text = _("You are %(role)s there from now on.")
            _tell(email, title, text % _names(notice), notice)


def removed_tell(notice: MemberNotice) -> None:
    """To somebody who was taken out."""
    for email, locale in _addresses([notice.person_id]):
        with translation.override(locale):
            title = _("You do not work at %(practice)s any more") % _names(notice)
            text = _("An owner has taken you out. Your account stays, and so does what is yours.")
            _tell(email, title, text % _names(notice), notice)


def left_tell(notice: MemberNotice) -> None:
    """To those who manage the practice: somebody has gone."""
    for email, locale in _addresses(notice.others):
        with translation.override(locale):
            title = _("%(person)s has left %(practice)s") % _names(notice)
            text = _("They see nothing of the practice any more.")
            _tell(email, title, text, notice)


def _names(notice: MemberNotice) -> dict[str, Any]:
    return {
        "person": notice.person,
        "practice": notice.practice,
        "role": practice_words.ROLE_WORDS[notice.role],
    }


def _addresses(ids: Iterable[UUID]) -> list[tuple[str, str]]:
    return list(selectors.mail_addresses(ids).values())


def _tell(email: str, title: str, text: str, notice: MemberNotice) -> None:
    _send("practice", title, email, {"text": text, "notice": notice})


def _send(template: str, title: str, email: str, context: dict[str, Any]) -> None:
    notices.mail_send(template, email, {**context, "title": " ".join(title.split())})
