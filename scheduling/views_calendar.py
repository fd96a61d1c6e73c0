"""A calendar by day, week, month or as a list; what is looked at stands in the address."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import selectors as accounts_selectors
from accounts.types import PersonRef, RoleName
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from scheduling import selectors
from scheduling.rules import clock as wall
from scheduling.rules import grids
from scheduling.types import CalendarSpan

# What of a day stands in its square of a month; the rest is a number.
MONTH_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way on from here."""

    key: str
    label: str
    href: str
    is_current: bool = False


@never_cache
@require_safe
def calendar(request: Any) -> HttpResponse:
    """Days of a calendar: a therapist's own, a colleague's for whoever sees schedules, a patient's own."""
    actor, at = request.actor, clock.now()
    actor.require_user()
    own = accounts_selectors.profile_get(actor)
    zone = ZoneInfo(own.time_zone)
    today = wall.day_of(zone, at)
    span = _span_read(request.GET.get("view", ""))
    on = day_read(request.GET.get("on", "")) or today
    colleagues = selectors.calendar_therapists(actor)
    therapist = therapist_read(actor, request.GET.get("therapist", ""), colleagues)
    days = grids.days_of(span, on)
    start, end = wall.day_bounds(zone, days[0])[0], wall.day_bounds(zone, days[-1])[1]
    sheet = selectors.calendar_sheet(
        actor, therapist_id=therapist.id if therapist else None, start=start, end=end, at=at
    )
    needed = [*sheet.open, *((each.starts_at, each.ends_at) for each in sheet.items)]
    axis = grids.axis_of(zone, days, needed)
    shown = grids.sheet_days(zone, days, axis, sheet, at=at)
    address = _Address(therapist, is_own=sheet.is_own)
    context = {
        "sheet": sheet,
        "span": span.value,
        "on": on,
        "zone": zone.key,
        "axis": axis,
        "marks": grids.marks(axis),
        "days": shown,
        "weeks": [shown[number : number + 7] for number in range(0, len(shown), 7)],
        "agenda": [day for day in shown if day.items or day.is_off],
        "month_shown": MONTH_SHOWN,
        "ways": _ways(span, on, address),
        "earlier": address.to(span, grids.turned(span, on, -1)),
        "later": address.to(span, grids.turned(span, on, 1)),
        "today": address.to(span, today),
        "day_href": address.to(CalendarSpan.DAY, None),
        "is_now": today in days,
        "colleagues": colleagues if len(colleagues) > 1 else [],
        "book_href": _book_address(sheet.therapist) if sheet.may_book else "",
        "needs_hours": therapist is None and actor.has_role(RoleName.THERAPIST) and own.gives_care,
        "count": len(sheet.items),
    }
    return render(request, "scheduling/calendar.html", context)


def therapist_read(actor: Actor, raw: str, known: list[PersonRef]) -> PersonRef | None:
    """Whose calendar an address names: one's own unless told, or the first that one sees; None for whoever
    sees no therapist's. Raises NotFound for one that is not the actor's to see.
    """
    if not raw:
        return next(iter(known), None)
    try:
        wanted = UUID(raw)
    except ValueError:
        raise NotFound from None
    for each in known:
        if each.id == wanted:
            return each
    exists = bool(accounts_selectors.person_refs(actor, [wanted]))
    raise NotFound(object_kind="accounts.user", object_id=wanted, exists=exists)


def day_read(raw: str) -> date | None:
    """The day that an address names; None for none, and for years that nobody means."""
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        return None
    return found if 2000 < found.year < 2199 else None


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a calendar's pages are. One's own needs no name."""

    therapist: PersonRef | None
    is_own: bool

    def to(self, span: CalendarSpan, on: date | None) -> str:
        """A page of this calendar; without a day, so that one can be written after it."""
        said = {"view": span.value}
        if self.therapist is not None and not self.is_own:
            said["therapist"] = str(self.therapist.id)
        told = urlencode(said)
        return f"{reverse('calendar')}?{told}&on={on.isoformat() if on else ''}"


def _ways(span: CalendarSpan, on: date, address: _Address) -> list[Way]:
    words = {
        CalendarSpan.DAY: _("Day"),
        CalendarSpan.WEEK: _("Week"),
        CalendarSpan.MONTH: _("Month"),
        CalendarSpan.AGENDA: _("List"),
    }
    return [
        Way(key=each.value[0], label=words[each], href=address.to(each, on), is_current=each is span)
        for each in CalendarSpan
    ]


def _book_address(therapist: PersonRef | None) -> str:
    return (
        ""
        if therapist is None
        else f"{reverse('calendar_book')}?{urlencode({'therapist': str(therapist.id)})}"
    )


def _span_read(raw: str) -> CalendarSpan:
    try:
        return CalendarSpan(raw)
    except ValueError:
        return CalendarSpan.WEEK
