"""The mails of notices: at the end of the request that caused them, and again by the sweep."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from accounts import links, notice_kinds, notices, selectors, services
from accounts.types import NoticeLetter
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from observability import logs

log = logs.get_logger(__name__)

AT_ONCE: Final = 100
_ACTOR = Actor.for_system("letters")


def letters_send(*, at: datetime, ids: Iterable[UUID] | None = None) -> int:
    """Send the mails that are due, or those of `ids`, one after the other; how many left. One that fails is
    tried again later.
    """
    waiting = None if ids is None else tuple(ids)
    started = time.monotonic()
    sent = 0
    for _turn in range(AT_ONCE):
        # A slow relay takes its time: what is taken then is held from then on.
        now = at + timedelta(seconds=time.monotonic() - started)
        letter = services.letter_take(_ACTOR, at=now, ids=waiting)
        if letter is None:
            break
        try:
            _send(letter)
        except Exception:
            # The others are told all the same.
            log.exception("accounts.letter_failed")
        else:
            services.letter_sent(_ACTOR, letter.id, at=now)
            sent += 1
    return sent


def _send(letter: NoticeLetter) -> None:
    kind = registry.notice_kind.get(letter.kind)
    with translation.override(letter.locale):
        said = selectors.notice_letter_says(letter)
        context: dict[str, Any] = {"title": said.title, "text": said.text}
        url = kind.link(letter.params, letter.email) if kind.link else said.url
        context["url"] = f"{settings.SITE_URL}{url}" if url else ""
        if letter.kind == notice_kinds.LISTING:
            context["is_verified"] = letter.code == "verified"
            context["refusal"] = selectors.listing_refusal(letter.person_id)
        context["line"] = kind.line(letter.person_id, letter.code, letter.params) if kind.line else ""
        headers = {}
        if not kind.locked:
            # RFC 8058: the reader's own program can offer the way out, and takes it by a POST alone.
            context["stop_url"] = stop = settings.SITE_URL + stop_path(letter.person_id, letter.kind)
            headers = {
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        parts = kind.parts(letter.person_id, letter.email, letter.code, letter.params) if kind.parts else ()
        notices.mail_send(kind.mail, letter.email, context, headers, parts)


def stop_path(person_id: UUID, kind: str) -> str:
    """The page on which whoever has this mail ends mails of this kind to that person."""
    return reverse("notices_stop", args=[links.link_write(f"stop.{kind}", person_id)])


def stop_read(token: str) -> tuple[str, UUID] | None:
    """Mails of which kind to whom a link ends; None for one that Bloom did not write. The kind is part of
    what is signed and stands nowhere in the link: others may see it.
    """
    for kind in dict(registry.notice_kind.items()):
        person_id = links.link_read(f"stop.{kind}", token)
        if person_id is not None:
            return kind, person_id
    return None
