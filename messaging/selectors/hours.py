"""When somebody reads what is written: a practice's hours, and who is away."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from bloom.kernel import vault
from bloom.kernel.actor import Actor
from messaging import present
from messaging.models import AwayPeriod, PracticeHours
from messaging.rules import hours as rules
from messaging.types import (
    AwayNotice,
    AwayTherapist,
    AwayView,
    ConversationView,
    MemberRole,
    OfficeHours,
    OfficeHoursView,
    Span,
)


def office_hours_get(actor: Actor, practice_id: UUID) -> OfficeHoursView:
    """What the practice that the actor acts for says of its hours."""
    row = PracticeHours.objects.visible_to(actor).filter(practice_id=practice_id).first()
    return office_hours_view(practice_id, row)


def office_hours_view(practice_id: UUID, row: PracticeHours | None) -> OfficeHoursView:
    """A row, or none, as those see it who act for the practice."""
    return OfficeHoursView(
        practice_id=practice_id,
        hours=_hours(row) if row else None,
        text=row.text if row else "",
        version=row.version if row else 0,
        changed_at=row.changed_at if row else None,
    )


def away_get(actor: Actor, *, at: datetime) -> AwayView | None:
    """When the actor is away, now or soon; None when nothing is set, or it is over."""
    row = AwayPeriod.objects.visible_to(actor).filter(user_id=actor.require_user()).first()
    return None if row is None else away_view(row, at=at)


def away_view(row: AwayPeriod, *, at: datetime) -> AwayView | None:
    """A time as its therapist sees it; None once it is over."""
    if at >= rules.back_at(row.ends_on, row.time_zone):
        return None
    return AwayView(
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        time_zone=row.time_zone,
        text=present.away_open(row),
        is_now=rules.is_away(row.starts_on, row.ends_on, row.time_zone, at),
    )


def away_notices(
    actor: Actor, conversations: Sequence[ConversationView], *, at: datetime
) -> Mapping[UUID, AwayNotice]:
    """For each of these conversations, which the actor was given: when it is read, and who is away. Where the
    actor writes no more nothing of both is said. Three queries at most.
    """
    practice_ids = {each.practice_id for each in conversations if each.practice_id is not None}
    rows = PracticeHours.objects.unscoped(reason="when what somebody writes is read").filter(
        practice_id__in=practice_ids
    )
    by_practice = {row.practice_id: row for row in rows}
    therapists = {
        member.id
        for each in conversations
        if not each.read_only
        for member in each.members
        if member.role is MemberRole.THERAPIST
    }
    found = AwayPeriod.objects.unscoped(reason="who of those that one talks with is away").filter(
        user_id__in=therapists
    )
    now = [row for row in found if rules.is_away(row.starts_on, row.ends_on, row.time_zone, at)]
    vault.keys_load(row.text for row in now if row.text is not None)
    away = {row.user_id: row for row in now}
    return {
        each.id: _notice(each, by_practice.get(each.practice_id), away, at=at)  # type: ignore[arg-type]
        for each in conversations
    }


def notice_text(text: str) -> str:
    """What stands above where one writes: the practice's own words, or Bloom's."""
    return text or gettext("Messages are not monitored.")


def notice_danger() -> str:
    """What stands there whatever a practice writes."""
    return gettext("If you are in danger, call 988 or 911.")


def notice_preview(hours: OfficeHours | None, text: str, *, at: datetime) -> AwayNotice:
    """What patients would read now, with hours and words that are not kept yet."""
    return AwayNotice(
        text=notice_text(text),
        danger=notice_danger(),
        is_open=rules.is_open(hours, at) if hours is not None else None,
        reads_next_at=rules.reads_next(hours, at=at, backs=()),
        therapists=(),
    )


def _notice(
    conversation: ConversationView,
    row: PracticeHours | None,
    away: Mapping[UUID, AwayPeriod],
    *,
    at: datetime,
) -> AwayNotice:
    text = notice_text(row.text if row is not None else "")
    if conversation.read_only:
        return AwayNotice(text=text, danger=notice_danger(), is_open=None, reads_next_at=None, therapists=())
    hours = _hours(row) if row is not None else None
    therapists = [member for member in conversation.members if member.role is MemberRole.THERAPIST]
    gone = [
        AwayTherapist(
            id=member.id,
            name=member.name,
            back_at=rules.back_at(period.ends_on, period.time_zone),
            text=present.away_open(period),
        )
        for member in therapists
        if (period := away.get(member.id)) is not None
    ]
    backs = [each.back_at for each in gone] if gone and len(gone) == len(therapists) else []
    return AwayNotice(
        text=text,
        danger=notice_danger(),
        is_open=rules.is_open(hours, at) if hours is not None else None,
        reads_next_at=rules.reads_next(hours, at=at, backs=backs),
        therapists=tuple(gone),
    )


def _hours(row: PracticeHours) -> OfficeHours | None:
    if not any(row.week) and not row.dates:
        return None
    return OfficeHours(
        time_zone=row.time_zone,
        week=tuple(_spans(each) for each in row.week),
        dates={date.fromisoformat(day): _spans(each) for day, each in row.dates.items()},
    )


def _spans(raw: Any) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in raw)
