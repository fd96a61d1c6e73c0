"""Appointments as calendar programs know them, and the invitations that go with mails."""

from collections.abc import Collection, Iterable, Mapping
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from accounts.types import LocationView
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.registry import MailPart
from scheduling.models import Appointment
from scheduling.rules import entries as rules
from scheduling.selectors.places import place_said, places_shown
from scheduling.types import CALLED_OFF, OPEN, AppointmentState, Entry, Invited, Mode

_ACTOR: Final = Actor.for_system("invitations")
# The mail of a series' end carries as many cancellations, of the soonest.
CANCELS_MOST: Final = 60
# Of what was only asked for, nothing stands in anybody's calendar yet.
_WITHOUT: Final[Collection[str]] = frozenset({"requested", "asked", "declined", "withdrawn", "lapsed"})
_OVER: Final[Collection[str]] = frozenset({"declined", "withdrawn", "lapsed", "cancelled"})


def invitation_parts(
    person_id: UUID, email: str, code: str, params: Mapping[str, Any]
) -> tuple[MailPart, ...]:
    """What a mail of an appointment carries for its reader's calendar: the appointment as it is now, so that
    mails which come late or twice do no harm. Nothing for a time that was only asked for, and for whoever is
    none of the two.
    """
    if "series" in params:
        return _series_parts(person_id, email, UUID(params["series"]), code)
    row = (
        Appointment.objects.unscoped(reason="the invitation of one of its two people")
        .filter(pk=UUID(params["appointment"]))
        .first()
    )
    if row is None or person_id not in (row.patient_id, row.therapist_id):
        return ()
    if code in _WITHOUT and not params.get("was_invited"):
        return ()
    entry = next(iter(entries_of(_ACTOR, [row])))
    method = rules.CANCEL if entry.is_called_off else rules.REQUEST
    return (_part(rules.invitation_write(entry, _invited(email)), method),)


def where_line(person_id: UUID, code: str, params: Mapping[str, Any]) -> str:
    """Where the two of an appointment meet in person, for a mail to one of them: the address and nothing
    more, as it is now. Empty for anybody else, for what was called off, and where no address is known.
    """
    if "appointment" not in params:
        return ""
    rows = Appointment.objects.unscoped(reason="where one of its two people is expected")
    row = rows.filter(pk=UUID(params["appointment"]), state__in=[state.value for state in OPEN]).first()
    if row is None or person_id not in (row.patient_id, row.therapist_id) or code in _OVER:
        return ""
    place = place_said(places_shown(_ACTOR, [row]).get(row.id))
    return gettext("Where: %(place)s") % {"place": rules.text_clean(place)} if place else ""


def _series_parts(person_id: UUID, email: str, series_id: UUID, code: str) -> tuple[MailPart, ...]:
    """All of a series that are to come as one calendar to take in. Once it has ended, a cancellation of each
    that was called off: a program takes out what it is told by that method alone, which names one entry
    (RFC 5546, 3.2.5).
    """
    if code == "series_gap":
        return ()
    rows = (
        Appointment.objects.unscoped(reason="the invitations of one of its two people")
        .filter(
            Q(patient_id=person_id) | Q(therapist_id=person_id),
            series_id=series_id,
            starts_at__gt=clock.now(),
        )
        .order_by("starts_at")
    )
    if code == "series_ended":
        called_off = [state.value for state in CALLED_OFF]
        gone = entries_of(_ACTOR, rows.filter(state__in=called_off)[:CANCELS_MOST])
        texts = [rules.invitation_write(entry, _invited(email)) for entry in gone]
        if len(texts) == 1:
            return (_part(texts[0], rules.CANCEL),)
        return tuple(
            _part(text, rules.CANCEL, name=f"appointment-{number}.ics")
            for number, text in enumerate(texts, start=1)
        )
    entries = entries_of(_ACTOR, rows)
    if not entries:
        return ()
    text = rules.entries_write(entries, title=gettext("Bloom"), organizer=organizer())
    return (_part(text, rules.PUBLISH),)


def _part(text: str, method: str, *, name: str = "") -> MailPart:
    return MailPart(text=text, kind=f"text/calendar; method={method}", name=name)


def _invited(email: str) -> Invited:
    return Invited(organizer=organizer(), attendee=email)


def entries_of(actor: Actor, rows: Iterable[Appointment]) -> list[Entry]:
    """Appointments that the caller may tell of, as entries in the language of now. Two queries at most."""
    found = list(rows)
    places = places_shown(actor, found)
    return [_entry(row, places) for row in found]


def organizer() -> str:
    """Who invites: the address that Bloom writes from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def uid_of(appointment_id: UUID) -> str:
    """What calendar programs know an appointment by, for good."""
    return f"{appointment_id}{uid_end()}"


def uid_end() -> str:
    """What every entry's name that is Bloom's own ends with."""
    return f"@{urlsplit(settings.SITE_URL).hostname}"


def _entry(row: Appointment, places: Mapping[UUID, LocationView]) -> Entry:
    state = AppointmentState(row.state)
    return Entry(
        uid=uid_of(row.id),
        sequence=row.sequence,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        changed_at=row.changed_at,
        title=gettext("Appointment"),
        place=_place(row, places),
        url=settings.SITE_URL + reverse("appointment", args=[row.id]),
        is_certain=state is not AppointmentState.REQUESTED,
        is_called_off=state in CALLED_OFF,
    )


def _place(row: Appointment, places: Mapping[UUID, LocationView]) -> str:
    return gettext("By video") if row.mode == Mode.TELEHEALTH else place_said(places.get(row.id))
