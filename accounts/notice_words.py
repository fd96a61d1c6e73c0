"""Notices in their reader's words: language, time zone, and names as they are now."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import practice_words, useragents
from accounts.places import place_of
from accounts.role_words import ROLE_WORDS
from accounts.types import MembershipRole, NoticeSaid, ProviderName, RoleName
from bloom.kernel import registry
from bloom.kernel.registry import NoticeKind, NoticeWords

# Parameters that hold the id of a person, or of a practice.
PEOPLE = ("person", "patient", "therapist")
PRACTICES = ("practice",)
_NO_WORDS = NoticeWords(title="")


def ids_named(several: Iterable[Mapping[str, Any]], names: tuple[str, ...]) -> set[UUID]:
    """The ids under these names in the parameters of several notices."""
    return {UUID(params[name]) for params in several for name in names if name in params}


def notice_say(
    kind: str,
    code: str,
    params: Mapping[str, Any],
    *,
    at: datetime,
    zone: str,
    people: Mapping[UUID, str],
    practices: Mapping[UUID, str],
    reader_id: UUID | None = None,
    by_mail: bool = False,
) -> NoticeSaid:
    """What a notice of `at` says now. `people` and `practices` are the names that it needs; what has gone
    since is said as such, and the reader is not named to themselves. A kind or code that Bloom sends no
    longer keeps the title of its kind.
    """
    found = _kind_of(kind)
    words = found.words.get(code, _NO_WORDS) if found else _NO_WORDS
    said = _Values(params, reader_id, at=at, zone=ZoneInfo(zone), people=people, practices=practices)
    title = (by_mail and words.mail_title) or words.title or (found.title if found else _("Bloom"))
    text = (by_mail and words.mail_text) or words.text
    return NoticeSaid(
        title=" ".join((str(title) % said).split()),
        text=str(text) % said,
        url=_url(words, params),
    )


def _kind_of(key: str) -> NoticeKind | None:
    return dict(registry.notice_kind.items()).get(key)


def _url(words: NoticeWords, params: Mapping[str, Any]) -> str:
    if not words.route:
        return ""
    try:
        return reverse(words.route, args=[params[name] for name in words.args])
    except (NoReverseMatch, KeyError):
        # The page has gone since.
        return ""


class _Values(dict[str, Any]):
    """What "%(name)s" means, made when it is asked for."""

    def __init__(
        self,
        params: Mapping[str, Any],
        reader_id: UUID | None,
        *,
        at: datetime,
        zone: ZoneInfo,
        people: Mapping[UUID, str],
        practices: Mapping[UUID, str],
    ) -> None:
        super().__init__(params)
        self._reader_id = reader_id
        self._at, self._zone, self._people, self._practices = at, zone, people, practices

    def __getitem__(self, name: str) -> Any:
        raw = self.get(name, "")
        if name in PEOPLE:
            return self._people.get(UUID(raw), _("Somebody who left")) if raw else _("Somebody who left")
        if name in PRACTICES:
            return self._practices.get(UUID(raw), _("A practice")) if raw else _("A practice")
        match name:
            case "others":
                pair = [key for key in ("patient", "therapist") if self.get(key) != str(self._reader_id)]
                both = _("%(patient)s and %(therapist)s")
                return str(self[pair[0]]) if len(pair) == 1 else both % self
            case "role":
                return practice_words.ROLE_WORDS[MembershipRole(raw)]
            case "platform_role":
                return ROLE_WORDS[RoleName(raw)]
            case "provider":
                return ProviderName(raw).label
            case "day":
                return date_format(self._local(raw), "j F Y")
            case "until":
                return date_format(self._local(raw), "SHORT_DATETIME_FORMAT")
            case "moment":
                return date_format(self._at.astimezone(self._zone), "DATETIME_FORMAT")
            case "zone":
                return self._zone.key
            case "device":
                return useragents.parts_words(self.get("browser", ""), self.get("system", ""))
            case "where":
                ip = self.get("ip", "")
                where = " · ".join(part for part in (place_of(ip), ip) if part)
                return f", {where}" if where else ""
            case _:
                return raw

    def _local(self, raw: str) -> datetime:
        return datetime.fromisoformat(raw).astimezone(self._zone)
