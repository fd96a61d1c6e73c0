"""Calendars of therapists elsewhere: added, read, removed. Kept of them is when somebody is busy, merged;
what for, with whom and where is read past.
"""

import base64
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.types import RoleName
from bloom.kernel import addresses, limits, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from observability import logs
from observability import services as observability_services
from scheduling.errors import OutsideFull
from scheduling.events import OutsideAdded, OutsideRemoved
from scheduling.integrations.outside import http
from scheduling.integrations.outside.port import NotRead
from scheduling.models import Appointment, BusyTime, Calendar, OutsideCalendar
from scheduling.rules import outside as rules
from scheduling.rules.openings import Span
from scheduling.selectors.outside import outside_view
from scheduling.services import outside_reading, words
from scheduling.types import (
    OCCUPYING,
    OUTSIDE_AHEAD,
    OUTSIDE_FILE_BYTES_MOST,
    OUTSIDE_MOST,
    OUTSIDE_NAME_LENGTH,
    OutsideFault,
    OutsideView,
)

log = logs.get_logger(__name__)

READ_EVERY: Final = timedelta(minutes=30)
# One that cannot be read is tried again so soon, and after twice as long each time.
_AGAIN_AFTER: Final = timedelta(minutes=5)
_AGAIN_AT_LAST: Final = timedelta(hours=12)
# Who has taken one to read it and dies leaves it to the next one after so long: longer than a job may run.
_LEASE: Final = timedelta(minutes=6)
# A run begins new ones for so long.
_RUN_SECONDS: Final = 30.0
# What has just begun still counts for who looks at the day.
_BEHIND: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Due:
    """`raw` is of one that came as a file; else it is read at its `url`."""

    id: UUID
    therapist_id: UUID
    url: str
    raw: bytes | None


def outside_add(actor: Actor, name: str, url: str, *, at: datetime) -> OutsideView:
    """Read from now on, again and again, when the actor, a therapist, is busy by the calendar at this
    address. It is read soon, by a job. Raises NotAllowed, Invalid, OutsideFull and RateLimited.
    """
    person_id, name = _check(actor, name)
    url = url.strip()
    if url.lower().startswith("webcal://"):
        url = "https" + url[len("webcal") :]
    if addresses.url_fault(url, private=settings.WEBHOOKS_PRIVATE):
        raise Invalid(
            errors={"url": [gettext("Please give a public address that begins with https:// or webcal://.")]}
        )
    return _add(actor, person_id, name, url, None, at=at)


def outside_send(actor: Actor, name: str, raw: bytes, *, at: datetime) -> OutsideView:
    """Take when the actor, a therapist, is busy out of a calendar that was saved to a file, once. It is read
    soon, by a job, and the file is gone then. Raises NotAllowed, Invalid, OutsideFull and RateLimited.
    """
    person_id, name = _check(actor, name)
    if len(raw) > OUTSIDE_FILE_BYTES_MOST:
        raise Invalid(errors={"file": [gettext("This file is too large. Please send a shorter time of it.")]})
    try:
        rules.calendar_check(raw)
    except rules.TooMuch:
        said = gettext("There is more in this calendar than Bloom can read.")
        raise Invalid(errors={"file": [said]}) from None
    except ValueError:
        said = gettext(
            "This is no calendar. Please send a file that ends in .ics, as your calendar saves it."
        )
        raise Invalid(errors={"file": [said]}) from None
    return _add(actor, person_id, name, "", raw, at=at)


@transactional
def _add(
    actor: Actor, person_id: UUID, name: str, url: str, raw: bytes | None, *, at: datetime
) -> OutsideView:
    # One after the other, so that two at once do not pass the number.
    accounts_services.person_hold(actor, person_id)
    rows = OutsideCalendar.objects.visible_to(actor).filter(therapist_id=person_id)
    if rows.count() >= OUTSIDE_MOST:
        raise OutsideFull(most=OUTSIDE_MOST)
    row = OutsideCalendar(
        id=uuid.uuid4(),
        therapist_id=person_id,
        name=name,
        next_due_at=at,
        created_at=at,
    )
    if url:
        row.host = urlsplit(url).hostname or ""
        row.url = vault.seal(vault.SYSTEM_SUBJECT, url, url_place(row.id))
    if raw is not None:
        row.file = vault.seal(person_id, base64.b64encode(raw).decode(), file_place(row.id))
    row.save(force_insert=True)
    added = OutsideAdded(object_id=row.id, subject_id=person_id, is_file=not url)
    observability_services.event_record(actor, added, at=at)
    return outside_view(row)


@transactional
def outside_remove(actor: Actor, calendar_id: UUID, *, at: datetime) -> None:
    """What was read of one of the actor's calendars is gone, and it is read no more. Raises NotFound."""
    # Behind its lock: a run that is writing what it read is waited for, and what it wrote goes too.
    row = OutsideCalendar.objects.visible_to(actor).select_for_update().get_or_refuse(pk=calendar_id)
    _remove(actor, row, at=at)


@transactional
def outside_over(actor: Actor, *, person_id: UUID, at: datetime) -> int:
    """Somebody is no therapist any more, or closes their account: their calendars are read no more, and
    nothing of them stays. How many there were. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    if RoleName.THERAPIST in accounts_selectors.roles_of(actor, [person_id]).get(person_id, frozenset()):
        return 0
    rows = OutsideCalendar.objects.unscoped(reason="of who is no therapist").filter(therapist_id=person_id)
    held = list(rows.order_by("id").select_for_update())
    for row in held:
        _remove(actor, row, at=at)
    return len(held)


def _remove(actor: Actor, row: OutsideCalendar, *, at: datetime) -> None:
    BusyTime.objects.unscoped(reason="of one that is removed").filter(source_id=row.id).delete()
    removed = OutsideRemoved(object_id=row.id, subject_id=row.therapist_id)
    row.delete()
    observability_services.event_record(actor, removed, at=at)


def outside_again(actor: Actor, calendar_id: UUID, *, at: datetime) -> None:
    """Have one of the actor's calendars read as soon as may be. Raises NotFound and RateLimited."""
    limits.limit_check(f"outside:{actor.require_user()}", settings.OUTSIDE_CHANGES_PER_HOUR, 3600)
    _due_now(actor, calendar_id, at=at)


@transactional
def _due_now(actor: Actor, calendar_id: UUID, *, at: datetime) -> None:
    row = OutsideCalendar.objects.visible_to(actor).get_or_refuse(pk=calendar_id)
    if row.url is not None:
        row.next_due_at = at
        row.save(update_fields=["next_due_at"])


def outside_read(actor: Actor, *, at: datetime) -> int:
    """Read the calendars that are due, for the job: how many could be. One that cannot stays as it was read
    last, says why, and is tried again later. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    begun = time.monotonic()
    read = 0
    while (passed := time.monotonic() - begun) < _RUN_SECONDS:
        now = at + timedelta(seconds=passed)
        due = _take(at=now)
        if due is None:
            break
        try:
            raw = http.fetch(due.url) if due.raw is None else due.raw
            spans = _work_out(due.therapist_id, raw, at=now)
        except NotRead as error:
            _failed(due.id, error.fault, at=now)
        except outside_reading.ReaderBroken:
            # Nobody could look: that says nothing of the calendar, nor to its therapist.
            log.exception("scheduling.outside_reader_broken", calendar_id=due.id)
            _again_later(due.id, at=now)
        except SoftTimeLimitExceeded:
            _failed(due.id, OutsideFault.TOO_MUCH, at=now)
            raise
        except Exception:
            # Of a stranger's calendar anything may come.
            log.exception("scheduling.outside_failed", calendar_id=due.id)
            _failed(due.id, OutsideFault.GARBLED, at=now)
        else:
            read += _keep(due.id, spans, at=now)
    return read


@transactional
def _take(*, at: datetime) -> _Due | None:
    """One that is due, for this run alone; none of whoever is suspended."""
    row = (
        OutsideCalendar.objects.unscoped(reason="what is due")
        .filter(Q(url__isnull=False) | Q(file__isnull=False), next_due_at__lte=at, therapist__is_active=True)
        .order_by("next_due_at", "id")
        .select_for_update(skip_locked=True, of=("self",))
        .first()
    )
    if row is None:
        return None
    row.next_due_at = at + _LEASE
    row.save(update_fields=["next_due_at"])
    url = "" if row.url is None else vault.open(bytes(row.url), url_place(row.id))
    raw = None if row.file is None else _file_open(row)
    return _Due(id=row.id, therapist_id=row.therapist_id, url=url, raw=raw)


def _file_open(row: OutsideCalendar) -> bytes:
    """Nothing where its therapist's key is gone: that is no calendar, and it is not tried again."""
    assert row.file is not None
    try:
        return base64.b64decode(vault.open(bytes(row.file), file_place(row.id)))
    except vault.KeyDestroyed:
        return b""


@transactional
def _keep(calendar_id: UUID, spans: list[Span], *, at: datetime) -> bool:
    row = _held(calendar_id)
    if row is None:
        return False
    row.read_at, row.fault, row.fails, row.stretches = at, "", 0, len(spans)
    row.next_due_at, row.file = at + READ_EVERY if row.url else None, None
    row.save()
    _busy_write(row, spans, at=at)
    return True


@transactional
def _failed(calendar_id: UUID, fault: OutsideFault, *, at: datetime) -> None:
    row = _held(calendar_id)
    if row is not None:
        row.fault, row.fails = fault.value, min(row.fails + 1, 20)
        row.next_due_at = at + min(_AGAIN_AFTER * 2 ** (row.fails - 1), _AGAIN_AT_LAST)
        if row.url is None:
            # The same file says the same again.
            row.next_due_at, row.file = None, None
        row.save()


@transactional
def _again_later(calendar_id: UUID, *, at: datetime) -> None:
    row = _held(calendar_id)
    if row is not None:
        row.next_due_at = at + _AGAIN_AFTER
        row.save(update_fields=["next_due_at"])


def _held(calendar_id: UUID) -> OutsideCalendar | None:
    """It, unless it was removed meanwhile."""
    rows = OutsideCalendar.objects.unscoped(reason="what was read").filter(pk=calendar_id)
    return rows.select_for_update().first()


def _busy_write(row: OutsideCalendar, spans: list[Span], *, at: datetime) -> None:
    """These stretches take the place of those that were read before."""
    BusyTime.objects.unscoped(reason="of the calendar in hand").filter(source_id=row.id).delete()
    BusyTime.objects.bulk_create(
        (
            BusyTime(
                therapist_id=row.therapist_id,
                source_id=row.id,
                key="busy",
                starts_at=starts_at,
                ends_at=ends_at,
                imported_at=at,
            )
            for starts_at, ends_at in spans
        ),
        batch_size=500,
    )


def _work_out(person_id: UUID, raw: bytes, *, at: datetime) -> list[Span]:
    """When its owner is busy. Raises NotRead."""
    start, end = at - _BEHIND, at + OUTSIDE_AHEAD
    counted = _as_patient(person_id, start, end)
    return outside_reading.busy_read(raw, zone=_zone(person_id), start=start, end=end, counted=counted)


def _as_patient(person_id: UUID, start: datetime, end: datetime) -> list[UUID]:
    """Which appointments somebody has as a patient: nothing else in Bloom keeps them free then."""
    rows = Appointment.objects.unscoped(reason="when a therapist is somebody's patient").filter(
        patient_id=person_id,
        state__in=[state.value for state in OCCUPYING],
        ends_at__gt=start,
        starts_at__lt=end,
    )
    return list(rows.values_list("id", flat=True))


def _zone(person_id: UUID) -> ZoneInfo:
    """By whose clock days are that say no zone: that of the therapist's hours, or else their own."""
    rows = Calendar.objects.unscoped(reason="the clock of its therapist").filter(therapist_id=person_id)
    known = rows.order_by("created_at").values_list("time_zone", flat=True).first()
    if known is None:
        people = accounts_selectors.person_refs(Actor.for_system("outside"), [person_id])
        known = people[person_id].time_zone
    return ZoneInfo(known)


def _check(actor: Actor, name: str) -> tuple[UUID, str]:
    person_id = actor.require_user()
    if not actor.has_role(RoleName.THERAPIST):
        raise NotAllowed
    limits.limit_check(f"outside:{person_id}", settings.OUTSIDE_CHANGES_PER_HOUR, 3600)
    cleaned = words.text_clean(name, "name", OUTSIDE_NAME_LENGTH)
    if not cleaned:
        raise Invalid(errors={"name": [gettext("Please give it a name.")]})
    return person_id, cleaned


@transactional
def outside_sweep(actor: Actor, *, at: datetime) -> int:
    """Times that are over, and those of calendars that are there no more, are gone; how many. Raises
    NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    known = OutsideCalendar.objects.unscoped(reason="which are there").filter(pk=OuterRef("source_id"))
    rows = BusyTime.objects.unscoped(reason="of no use to anybody")
    gone, _kinds = rows.filter(~Exists(known) | Q(ends_at__lt=at - _BEHIND)).delete()
    return gone


def file_place(calendar_id: UUID) -> vault.Place:
    """Where a file is sealed for."""
    return vault.Place("scheduling_outsidecalendar", "file", calendar_id)


def url_place(calendar_id: UUID) -> vault.Place:
    """Where an address is sealed for."""
    return vault.Place("scheduling_outsidecalendar", "url", calendar_id)
