"""What scheduling keeps about somebody, for the copy of their data (registry.export)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.types import TERMS, TermKind
from bloom.kernel.actor import Actor
from bloom.kernel.pages import items_all
from bloom.kernel.registry import ExportPart
from scheduling.selectors.appointments import appointment_list
from scheduling.selectors.feeds import feed_get
from scheduling.selectors.reminders import reminders_chosen
from scheduling.selectors.waitlist import waitlist_ever
from scheduling.telehealth import selectors as telehealth_selectors
from scheduling.types import AppointmentState, DayPart, EntryState, Mode

_STATES: Final[Mapping[str, Any]] = {
    AppointmentState.REQUESTED: gettext_lazy("Waits for an answer"),
    AppointmentState.CONFIRMED: gettext_lazy("Confirmed"),
    AppointmentState.IN_SESSION: gettext_lazy("In session"),
    AppointmentState.COMPLETED: gettext_lazy("Took place"),
    AppointmentState.CANCELLED: gettext_lazy("Cancelled"),
    AppointmentState.LATE_CANCELLED: gettext_lazy("Cancelled late"),
    AppointmentState.NO_SHOW: gettext_lazy("Missed"),
}
_MODES: Final[Mapping[str, Any]] = {
    Mode.TELEHEALTH: gettext_lazy("By video"),
    Mode.IN_PERSON: gettext_lazy("In person"),
}
_LINES: Final[Mapping[str, Any]] = {
    EntryState.WAITING: gettext_lazy("Waits"),
    EntryState.OFFERED: gettext_lazy("A time is offered"),
    EntryState.RESTING: gettext_lazy("Rests"),
    EntryState.BOOKED: gettext_lazy("Booked"),
    EntryState.LEFT: gettext_lazy("Left"),
    EntryState.ENDED: gettext_lazy("Ended"),
}
_DAY_PARTS: Final[Mapping[str, Any]] = {
    DayPart.MORNING: gettext_lazy("morning"),
    DayPart.AFTERNOON: gettext_lazy("afternoon"),
    DayPart.EVENING: gettext_lazy("evening"),
}
# A copy says what was, not what could be done with it at some moment.
_ANY_MOMENT: Final = datetime(1970, 1, 1, tzinfo=UTC)


def export_parts(actor: Actor) -> Iterator[ExportPart]:
    """The actor's appointments, as the actor sees them: their own words, and not what is another's note."""
    yield ExportPart(
        name="appointments",
        title=_("Appointments"),
        rows=lambda: _appointments(actor),
        labels={
            "begins": _("Begins"),
            "ends": _("Ends"),
            "therapist": _("Therapist"),
            "patient": _("Patient"),
            "what": _("What"),
            "how": _("How"),
            "place": _("Place"),
            "price": _("Price"),
            "state": _("Where it stands"),
            "free_to_cancel_until": _("Free to cancel until"),
            "fee_due": _("Fee due"),
            "reason": _("What the patient wrote"),
            "reason_first": _("What the patient wrote first"),
            "note": _("Your note"),
            "booked": _("Booked"),
            "cancelled": _("Cancelled"),
        },
        says={
            "state": lambda state: _STATES[state],
            "how": lambda mode: _MODES[mode],
            "price": _money,
            "fee_due": _money,
        },
    )
    yield ExportPart(
        name="video_consents",
        title=_("Consents to video"),
        rows=lambda: _consents(actor),
        labels={
            "practice": _("Practice"),
            "words": _("Words of"),
            "given": _("Agreed"),
            "withdrawn": _("Taken back"),
        },
    )
    yield ExportPart(
        name="video_places",
        title=_("Where you were during sessions by video"),
        rows=lambda: _places(actor),
        labels={
            "said": _("Said"),
            "address": _("Where"),
            "region": _("State"),
            "contact_name": _("Whom to call"),
            "contact_phone": _("Their phone number"),
        },
    )

    yield ExportPart(
        name="waitlist",
        title=_("Where you waited for a time"),
        rows=lambda: _waits(actor),
        labels={
            "joined": _("Since"),
            "therapist": _("Therapist"),
            "what": _("What"),
            "looks_for": _("What you look for"),
            "how": _("How"),
            "could_come": _("When you could come"),
            "first_day": _("From"),
            "last_day": _("Until"),
            "time_zone": _("Time zone"),
            "state": _("Where it stands"),
        },
        says={
            "how": lambda mode: _MODES[mode] if mode else "",
            "state": lambda state: _LINES[state],
            "looks_for": _terms,
            "could_come": _parts,
        },
    )
    yield ExportPart(
        name="reminders",
        title=_("When you are reminded"),
        rows=lambda: _reminders(actor),
        labels={"minutes_before": _("Minutes before")},
        says={"minutes_before": lambda leads: ", ".join(str(lead) for lead in leads)},
    )
    yield ExportPart(
        name="calendar_feed",
        title=_("The address of your calendar"),
        rows=lambda: _feeds(actor),
        labels={"made": _("Made"), "read": _("Read last")},
    )


def _waits(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in waitlist_ever(actor):
        wishes = each.wishes
        yield {
            "joined": each.joined_at,
            "therapist": each.therapist.name if each.therapist else None,
            "what": each.service_name or None,
            "looks_for": {kind.value: list(codes) for kind, codes in sorted(each.terms.items())},
            "how": wishes.mode.value if wishes.mode else None,
            "could_come": [[weekday, part.value] for weekday, part in sorted(wishes.parts)],
            "first_day": wishes.first_on,
            "last_day": wishes.last_on,
            "time_zone": wishes.time_zone,
            "state": each.state.value,
        }


def _terms(looks_for: Mapping[str, Iterable[str]]) -> str:
    return ", ".join(
        str(TERMS[TermKind(kind)].get(code, code)) for kind, codes in looks_for.items() for code in codes
    )


def _parts(parts: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{WEEKDAYS[weekday]} {_DAY_PARTS[part]}" for weekday, part in parts)


def _reminders(actor: Actor) -> Iterator[Mapping[str, Any]]:
    chosen = reminders_chosen(actor)
    if chosen is not None:
        yield {"minutes_before": list(chosen)}


def _feeds(actor: Actor) -> Iterator[Mapping[str, Any]]:
    feed = feed_get(actor)
    if feed is not None:
        yield {"made": feed.made_at, "read": feed.fetched_at}


def _consents(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in telehealth_selectors.consent_list(actor):
        yield {
            "practice": each.practice,
            "words": each.version,
            "given": each.given_at,
            "withdrawn": each.withdrawn_at,
        }


def _places(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for said_at, told in telehealth_selectors.arrival_list(actor):
        yield {"said": said_at, **asdict(told)}


def _appointments(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in items_all(lambda cursor: appointment_list(actor, at=_ANY_MOMENT, limit=100, cursor=cursor)):
        # What a role in a practice shows besides is the practice's.
        if each.party is None:
            continue
        yield {
            "begins": each.starts_at,
            "ends": each.ends_at,
            "therapist": each.therapist.name,
            "patient": each.patient.name,
            "what": each.service_name,
            "how": each.mode.value,
            "place": each.location.name if each.location else None,
            "price": each.price.to_wire(),
            "state": each.state.value,
            "free_to_cancel_until": each.free_cancel_until,
            "fee_due": each.late_fee.to_wire() if each.owes_late_fee else None,
            "reason": each.reason,
            "reason_first": each.alarm_words,
            "note": each.note,
            "declined_with": each.decline_words,
            "booked": each.created_at,
            "cancelled": each.cancelled_at,
        }


def _money(wire: Mapping[str, Any] | None) -> str:
    return "" if wire is None else f"{wire['amount'] / 100:.2f} {wire['currency']}"
