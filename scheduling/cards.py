"""What scheduling puts on the first page."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.registry import Card, Step
from scheduling import selectors
from scheduling.rules import clock as wall
from scheduling.telehealth.rules import rooms
from scheduling.types import CALLED_OFF, OPEN, AppointmentView, Mode, Party, Shelf

APPOINTMENTS_SHOWN = 4
PRACTICE_SHOWN = 8


def today(actor: Actor, at: datetime) -> Card | None:
    """A therapist's sessions of this day, with one step into each; absent on a day that has none."""
    if not actor.has_role("therapist"):
        return None
    zone = ZoneInfo(_zone(actor))
    start, end = wall.day_bounds(zone, wall.day_of(zone, at))
    sheet = selectors.calendar_sheet(actor, therapist_id=None, start=start, end=end, at=at)
    items = [each for each in sheet.items if each.party is Party.THERAPIST and each.state not in CALLED_OFF]
    if not items:
        return None
    ahead = [each for each in items if each.ends_at > at and each.state in OPEN]
    by_video = [each.id for each in ahead if each.mode is Mode.TELEHEALTH]
    return Card(
        key="today",
        title=_("Today’s sessions"),
        template="scheduling/cards/today.html",
        context={
            "items": items,
            "zone": zone.key,
            "next_id": ahead[0].id if ahead else None,
            # At a vendor's as soon as its link is there; in Bloom's own room from when it opens.
            "joinable": selectors.meetings_there(actor, by_video)
            | {
                each.id
                for each in ahead
                if rooms.has_room(each.state, each.mode)
                and rooms.is_open(each.starts_at, each.ends_at, at=at)
            },
        },
    )


def calendar(actor: Actor, at: datetime) -> Card | None:
    """The next appointments, for those who have any part in care; before all else for a patient who has one
    today. What a therapist starts from the card of today has no second way in.
    """
    if not actor.has_role("patient", "therapist"):
        return None
    is_therapist = actor.has_role("therapist")
    page = selectors.appointment_own(actor, Shelf.COMING, at=at, limit=APPOINTMENTS_SHOWN)
    of_today = [each for each in page.items if _is_today(each, at)]
    return Card(
        key="calendar",
        title=_("Next appointments"),
        template="scheduling/cards/calendar.html",
        context={
            "appointments": page.items,
            "zone": _zone(actor),
            "is_therapist": is_therapist,
            "started_above": {each.id for each in of_today if each.party is Party.THERAPIST},
            "has_hours": is_therapist and not page.items and _cares_here(actor),
            "bookable": selectors.therapists_own(actor),
        },
        comes_first=bool(of_today) and not is_therapist,
    )


def practice(actor: Actor, at: datetime) -> Card | None:
    """What is next at the practice, for its desk: for who sees its schedules and has no part in care."""
    if actor.has_role("therapist") or not selectors.schedules_seen(actor):
        return None
    page = selectors.appointment_practice(actor, at=at, limit=PRACTICE_SHOWN)
    return Card(
        key="practice",
        title=_("Next at the practice"),
        template="scheduling/cards/practice.html",
        context={"appointments": page.items, "zone": _zone(actor)},
    )


def _zone(actor: Actor) -> str:
    """The time zone of whoever looks."""
    person_id = actor.require_user()
    return accounts_selectors.person_refs(actor, [person_id])[person_id].time_zone


def _is_today(view: AppointmentView, at: datetime) -> bool:
    """Is it on this day, by the clock of whoever looks?"""
    viewer = view.patient if view.party is Party.PATIENT else view.therapist
    zone = ZoneInfo(viewer.time_zone)
    return wall.day_of(zone, view.starts_at) <= wall.day_of(zone, at)


def first_booking(actor: Actor, at: datetime) -> Step | None:
    """A patient's way from a therapist who said yes to the first session."""
    if not actor.has_role("patient"):
        return None
    key, title = "booking", _("Book your first session")
    if selectors.has_booked(actor):
        return Step(key=key, title=title, text="", is_done=True)
    bookable = selectors.therapists_own(actor)
    if bookable:
        # Of several, one chooses among the appointments.
        alone = len(bookable) == 1
        return Step(
            key=key,
            title=title,
            text=_("Choose a time that suits you. You see the price before you say yes."),
            is_done=False,
            path=reverse("book", args=[bookable[0].id]) if alone else reverse("appointments"),
            label=_("Find a time"),
        )
    if accounts_selectors.care_of(actor):
        text = _("Your therapist has not opened times here yet. Write to them: they can tell you when.")
    else:
        text = _("Many therapists let you book at once, from their page; others once they have said yes.")
    return Step(key=key, title=title, text=text, is_done=False, waits=True)


def own_hours(actor: Actor, at: datetime) -> Step | None:
    """What a therapist needs before anybody can book: their week, and what they offer."""
    if not actor.has_role("therapist") or actor.practice_id is None:
        return None
    is_done = selectors.hours_are_told(actor)
    if not is_done and not _cares_here(actor):
        return None
    return Step(
        key="hours",
        title=_("Your hours, and what you offer"),
        text=_("Say when you work and what a session costs: patients book by it."),
        is_done=is_done,
        path=reverse("schedule"),
        label=_("Set them"),
        before="patient",
    )


def _cares_here(actor: Actor) -> bool:
    """Does the actor care for patients at the practice that they act for?"""
    practice_id = actor.practice_id
    return practice_id is not None and accounts_selectors.care_may_be_given(
        actor, actor.require_user(), practice_id
    )
