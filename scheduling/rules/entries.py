"""Entries as text that calendar programs read (RFC 5545), and invitations to them (RFC 5546). Pure.

Moments are in UTC, so that no time zone has to travel along. What stands in a text is escaped and long lines
are folded by the library; characters that steer something become spaces first.
"""

from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Final

from icalendar import Calendar, Event, vCalAddress, vDuration, vText

from scheduling.types import Entry, Invited

REQUEST: Final = "REQUEST"
CANCEL: Final = "CANCEL"
PUBLISH: Final = "PUBLISH"
_MAKER: Final = "-//Bloom//Appointments//EN"


def invitation_write(entry: Entry, invited: Invited) -> str:
    """What a mail carries so that the entry stands in its reader's calendar as it is now, or leaves it."""
    calendar = _calendar(CANCEL if entry.is_called_off else REQUEST)
    event = _event(entry, invited.organizer)
    standing = "NEEDS-ACTION" if entry.is_called_off or not entry.is_certain else "ACCEPTED"
    event.add(
        "attendee",
        _person(
            invited.attendee,
            CUTYPE=vText("INDIVIDUAL"),
            ROLE=vText("REQ-PARTICIPANT"),
            PARTSTAT=vText(standing),
            RSVP=vText("FALSE"),
        ),
    )
    calendar.add_component(event)
    return _text(calendar)


def entries_write(
    entries: Iterable[Entry], *, title: str, organizer: str, every: timedelta | None = None
) -> str:
    """A calendar of entries, to be read again as often as `every` says. Each names the organizer of the
    invitations (RFC 5546, 3.2.1 asks for one), so that those which come later are of the same.
    """
    calendar = _calendar(PUBLISH)
    calendar.add("x-wr-calname", text_clean(title))
    if every is not None:
        # Old programs know the first of the two, RFC 7986 the second.
        calendar.add("x-published-ttl", vDuration(every), encode=False)
        calendar.add("refresh-interval", every, parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, organizer))
    return _text(calendar)


def text_clean(text: str) -> str:
    """A text in one line, without characters that steer something."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _MAKER)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _event(entry: Entry, organizer: str) -> Event:
    event = Event()
    event.add("organizer", _person(organizer, CN=vText("Bloom")))
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", text_clean(entry.title))
    if entry.place:
        event.add("location", text_clean(entry.place))
    event.add("description", text_clean(entry.url))
    event.add("url", text_clean(entry.url))
    status = "CONFIRMED" if entry.is_certain else "TENTATIVE"
    event.add("status", "CANCELLED" if entry.is_called_off else status)
    event.add("transp", "TRANSPARENT" if entry.is_called_off else "OPAQUE")
    # Programs that know it keep the entry from those with whom a calendar is shared.
    event.add("class", "PRIVATE")
    return event


def _person(address: str, **facts: vText) -> vCalAddress:
    person = vCalAddress("mailto:" + "".join(text_clean(address).split()))
    for name, value in facts.items():
        person.params[name] = value
    return person


def _text(calendar: Calendar) -> str:
    written: bytes = calendar.to_ical()
    return written.decode()
