"""What is put on a meeting's timeline: what its vendor told, and what it was asked for afterwards."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from observability import services as observability
from scheduling import services as scheduling
from scheduling.models import Appointment, Meeting, MeetingEvent
from scheduling.services.apart import apart, row_ids
from scheduling.telehealth import events, selectors
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.rules.timeline import has_met, timeline
from scheduling.telehealth.types import Attendance, Happening, MeetingNews
from scheduling.types import DURATION_MOST, AppointmentState, Mode

# The session of what a vendor was asked for: it names none.
ASKED = "asked"
# Nobody waits in a meeting for longer: who came before that, and was never seen to leave, has left.
_WAITS_MOST: Final = timedelta(hours=12)
_LONGEST: Final = timedelta(minutes=DURATION_MOST)
_BEGINS: Final = timedelta(seconds=20)


def news_note(actor: Actor, meeting: Meeting, news: MeetingNews, *, at: datetime) -> None:
    """Put it on the timeline, once, in the caller's transaction."""
    # Who tells the same at the same moment waits here for whoever comes first.
    Meeting.objects.unscoped(reason="one news of a meeting after the other").select_for_update().get(
        pk=meeting.pk
    )
    known = MeetingEvent.objects.unscoped(reason="whether this news is known").filter(
        meeting=meeting, dedupe_key=news.dedupe_key
    )
    if known.exists():
        return
    MeetingEvent.objects.create(
        id=uuid4(),
        practice_id=meeting.practice_id,
        meeting=meeting,
        happening=news.happening.value,
        session=news.session,
        person=news.person,
        happened_at=news.happened_at,
        told_at=at,
        dedupe_key=news.dedupe_key,
    )
    happened = events.MeetingHappened(
        object_id=meeting.id,
        practice_id=meeting.practice_id,
        subject_id=patient_of(meeting),
        appointment_id=meeting.appointment_id,
        happening=news.happening.value,
    )
    observability.event_record(actor, happened, at=at)


def attendance_note(actor: Actor, meeting: Meeting, attended: Sequence[Attendance], *, at: datetime) -> bool:
    """Put on the timeline who was there, as the vendor says when asked; nothing where it has told by itself,
    since it names people otherwise then. In the caller's transaction. False while the vendor may know more
    later: nobody yet, or somebody who has not left.
    """
    told = MeetingEvent.objects.unscoped(reason="whether the vendor has told by itself")
    if told.filter(meeting=meeting).exclude(session=ASKED).exists():
        return True
    for news in _asked(meeting, attended):
        news_note(actor, meeting, news, at=at)
    return bool(attended) and all(each.left_at is not None for each in attended)


def meeting_begin(actor: Actor, meeting_id: UUID, *, at: datetime) -> None:
    """The appointment is in session once its vendor's news say that two people are there at once, while it is
    the time for it: as when both are in Bloom's own room. However often it is asked, and in whatever order
    the news came. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    meeting = Meeting.objects.unscoped(reason="of which something was told").filter(pk=meeting_id).first()
    if meeting is None:
        return
    row = Appointment.objects.unscoped(reason="whose meeting it is").get(pk=meeting.appointment_id)
    since, until = opening.opens_at(row.starts_at), opening.closes_at(row.ends_at)
    # Who has come and not left would be there on a day to come, too.
    if row.state != AppointmentState.CONFIRMED or at < since:
        return
    told = MeetingEvent.objects.unscoped(reason="what was told of a meeting in hand").filter(meeting=meeting)
    told = told.filter(happened_at__gt=since - _WAITS_MOST)
    news = told.order_by("happened_at", "id")[: selectors.NEWS_MOST]
    line = timeline(selectors.news_of(meeting, each) for each in news)
    if has_met(line, since=since, until=until):
        scheduling.appointment_begin(actor, row.id, at=at)


def meetings_begin(actor: Actor, *, at: datetime) -> None:
    """The same for each appointment whose time it is and of whose meeting something was told: of who came
    before it was, as before an appointment that moved, there is no other news. One query where there is none.
    Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    told = MeetingEvent.objects.unscoped(reason="whether anything was told").filter(meeting=OuterRef("pk"))
    rows = Meeting.objects.unscoped(reason="whose two may be there already").filter(
        Exists(told),
        appointment__state=AppointmentState.CONFIRMED.value,
        appointment__mode=Mode.TELEHEALTH.value,
        appointment__starts_at__lte=at + opening.OPENS_BEFORE,
        appointment__ends_at__gt=at - opening.CLOSES_AFTER,
        appointment__ends_at__lte=at + opening.OPENS_BEFORE + _LONGEST,
    )
    for meeting_id in row_ids(rows, "appointment__ends_at", goes_on=_BEGINS, at=at):
        with apart("telehealth.begin_failed", meeting_id):
            meeting_begin(actor, meeting_id, at=at)


def patient_of(meeting: Meeting) -> UUID:
    """Whom the meeting is about."""
    patient_id: UUID = (
        Appointment.objects.unscoped(reason="whose key seals what was told")
        .values_list("patient_id", flat=True)
        .get(pk=meeting.appointment_id)
    )
    return patient_id


def _asked(meeting: Meeting, attended: Sequence[Attendance]) -> Iterator[MeetingNews]:
    for each in attended:
        yield _news(meeting, Happening.JOINED, each.person, each.joined_at)
        if each.left_at is not None:
            yield _news(meeting, Happening.LEFT, each.person, each.left_at)
    left = [each.left_at for each in attended if each.left_at is not None]
    if left and len(left) == len(attended):
        yield _news(meeting, Happening.ENDED, "", max(left))


def _news(meeting: Meeting, happening: Happening, person: str, happened_at: datetime) -> MeetingNews:
    key = "\n".join((ASKED, happening, person, happened_at.isoformat()))
    return MeetingNews(
        vendor_id=meeting.vendor_id,
        happening=happening,
        session=ASKED,
        person=person,
        happened_at=happened_at,
        dedupe_key=hashlib.sha256(key.encode()).hexdigest(),
    )
