"""What became of a meeting, from what its vendor told: the same whatever came first, twice or late."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from scheduling.telehealth.types import Attendance, Happening, MeetingNews, Timeline


def timeline(news: Iterable[MeetingNews], *, resumes: timedelta = timedelta()) -> Timeline:
    """When it began and ended, and who was there when, by the vendor's mark of each.

    It runs while one of its sessions has begun, by a start or by somebody's coming, and was not ended. Who
    came and was never seen to leave stayed until the session's end. Who leaves and is back before
    `resumes` is over was there all along.
    """
    sessions: dict[str, list[MeetingNews]] = defaultdict(list)
    for each in news:
        sessions[each.session].append(each)
    stays: list[Attendance] = []
    begun: list[datetime] = []
    ended: list[datetime] = []
    is_live = False
    for session in sessions.values():
        end = max((each.happened_at for each in session if each.happening is Happening.ENDED), default=None)
        begun.append(min(each.happened_at for each in session))
        if end is None:
            is_live = True
        else:
            ended.append(end)
        stays += _stays(session, end, resumes)
    return Timeline(
        started_at=min(begun, default=None),
        ended_at=None if is_live else max(ended, default=None),
        is_live=is_live,
        stays=tuple(sorted(stays, key=lambda each: (each.joined_at, each.person))),
    )


def has_met(line: Timeline, *, since: datetime, until: datetime) -> bool:
    """Were two people there at once, at some moment of this stretch?"""
    for number, one in enumerate(line.stays):
        for other in line.stays[number + 1 :]:
            both_from = max(one.joined_at, other.joined_at, since)
            left = [each.left_at for each in (one, other) if each.left_at is not None]
            if one.person != other.person and both_from < min([until, *left]):
                return True
    return False


def _stays(rows: list[MeetingNews], end: datetime | None, resumes: timedelta) -> list[Attendance]:
    """Each person's stays in one session. A leave without a coming is one whose coming is yet to be told."""
    people: dict[str, dict[datetime, set[Happening]]] = defaultdict(lambda: defaultdict(set))
    for each in rows:
        if each.happening in {Happening.JOINED, Happening.LEFT}:
            people[each.person][each.happened_at].add(each.happening)
    return [
        Attendance(person=person, joined_at=joined, left_at=left)
        for person, moments in people.items()
        for joined, left in _joined(_spans(moments, end), resumes)
    ]


def _joined(
    spans: Iterable[tuple[datetime, datetime | None]], resumes: timedelta
) -> Iterator[tuple[datetime, datetime | None]]:
    held: tuple[datetime, datetime | None] | None = None
    for begins, ends in spans:
        if held is not None and held[1] is not None and begins - held[1] < resumes:
            held = held[0], ends
            continue
        if held is not None:
            yield held
        held = begins, ends
    if held is not None:
        yield held


def _spans(
    moments: dict[datetime, set[Happening]], end: datetime | None
) -> Iterator[tuple[datetime, datetime | None]]:
    """One person's times. Who comes and leaves within one second was there for none; who is there, and leaves
    and comes in one, stays on.
    """
    here: datetime | None = None
    for moment in sorted(moments):
        happened = moments[moment]
        if here is None:
            here = moment if Happening.JOINED in happened else None
            if here is not None and Happening.LEFT in happened:
                yield here, moment
                here = None
        elif Happening.LEFT in happened and Happening.JOINED not in happened:
            yield here, moment
            here = None
    if here is not None:
        yield here, None if end is None else max(end, here)
