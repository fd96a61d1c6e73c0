"""What passes the doors of Bloom's own video."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from scheduling.telehealth.types import Happening, Timeline
from scheduling.types import Party

# The words that a patient agrees to (templates/scheduling/room/parts/consent_words.html). Another number asks
# everybody anew.
CONSENT_VERSION = "2026-11"
SIGNAL_BYTES_MOST = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One of the two, by the page that they have the room open in (`device`), reached by one socket. Whoever
    is not inside sits in the waiting room.
    """

    party: Party
    device: str
    socket: str
    is_inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Somebody came into the room, or left it, at a moment."""

    party: Party
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomNews:
    """Something that happened in a room, in one of its sessions, and has not been stored yet."""

    id: str
    session: str
    happening: Happening
    party: Party | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Who is in the room of an appointment, and what has just become of it: who came and went, which socket's
    seat was taken over (`replaced`), and whether its session is over. `news` are all that is to be stored,
    of before too. `is_mine`: the caller sits in it.
    """

    session: str
    seats: tuple[Seat, ...]
    is_mine: bool
    came: tuple[Moved, ...]
    went: tuple[Moved, ...]
    replaced: str
    is_over: bool
    is_ended: bool
    news: tuple[RoomNews, ...]

    def seat(self, party: Party) -> Seat | None:
        return next((each for each in self.seats if each.party is party), None)

    @property
    def has_changed(self) -> bool:
        return bool(self.came or self.went or self.replaced or self.is_ended or self.is_over)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomHere:
    """A room as one of its two people sees it. `ice_servers` are as RTCPeerConnection takes them, for this
    person and a while; TURN servers are among them for who has a seat alone. `is_relayed`: the two meet
    through the TURN server alone, and neither learns the other's address. `arrival_at`: when the patient said
    last where they are for this session; for the therapist alone, who looks up what they said.
    """

    appointment_id: UUID
    party: Party
    room: Room
    ice_servers: tuple[Mapping[str, Any], ...]
    is_relayed: bool
    arrival_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalFacts:
    """Where a patient is during a session, and whom to call if something happens to them."""

    region: str
    address: str
    contact_name: str
    contact_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalView:
    """What a patient said last of where they are for a session, and when."""

    facts: ArrivalFacts
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """A patient's yes to video with a practice."""

    id: UUID
    practice_id: UUID
    practice: str
    version: str
    is_current: bool
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """The room of an appointment for the page of it. `is_open`: one may go in now. `has_arrival`: the
    patient has said where they are for this session; where that is, is opened in the room alone. `is_noted`:
    the session took place; they may still go back in.
    """

    appointment_id: UUID
    party: Party | None
    is_open: bool
    is_over: bool
    is_noted: bool
    opens_at: datetime
    closes_at: datetime
    has_consent: bool
    has_arrival: bool
    timeline: Timeline
