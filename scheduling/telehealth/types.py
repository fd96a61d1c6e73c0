"""What passes the doors of telehealth."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Vendor(StrEnum):
    """Who holds the meeting."""

    ZOOM = "zoom"
    MEET = "meet"


class Fault(StrEnum):
    """Why a vendor did not do what was asked. The last five stay until somebody changes something."""

    UNREACHABLE = "unreachable"
    LATE = "late"
    BUSY = "busy"
    FAILED = "failed"
    GARBLED = "garbled"
    KEYS = "keys"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    INVALID = "invalid"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingWish:
    """The meeting that an appointment needs. `key` is ours and stays the same however often it is asked for;
    `topic` is read by everybody who gets the link, and holds no name and no word of health.
    """

    key: UUID
    topic: str
    starts_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorMeeting:
    """A meeting as its vendor knows it. Whoever opens `host_url` is the host: it is for the host alone."""

    vendor_id: str
    join_url: str
    host_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """Somebody's stay in a meeting. `person` is the vendor's own mark of them, never a name; `left_at` is
    None while they are in it.
    """

    person: str
    joined_at: datetime
    left_at: datetime | None


class Happening(StrEnum):
    """What a vendor tells of a meeting."""

    STARTED = "started"
    ENDED = "ended"
    JOINED = "joined"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNews:
    """One thing that happened in a meeting. `session` tells one start of the meeting from the next, `person`
    is empty where nobody in particular is meant. Equal `dedupe_key`s are the same news, told again.
    """

    vendor_id: str
    happening: Happening
    session: str
    person: str
    happened_at: datetime
    dedupe_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoomKeys:
    """A server-to-server app of a Zoom account, and as whom it makes meetings (an email address or id)."""

    account_id: str
    client_id: str
    client_secret: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetKeys:
    """A service account that may act as `host`, a person of the same Google Workspace. Where `topic` names a
    Pub/Sub topic (projects/P/topics/T), Google is asked to tell it what happens in a meeting.
    """

    email: str
    private_key: str
    host: str
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What became of a meeting. `ended_at` is None before its end, also while it runs again."""

    started_at: datetime | None
    ended_at: datetime | None
    is_live: bool
    stays: tuple[Attendance, ...]


class MeetingState(StrEnum):
    """How far the meeting of an appointment has come."""

    # It is to be made; FAILED: it cannot be, until somebody changes something.
    WANTED = "wanted"
    THERE = "there"
    FAILED = "failed"
    # It is to be taken back at the vendor; CANCELLED: it is.
    ENDING = "ending"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialView:
    """An account of a vendor, as those see it who may change it. Its keys are shown to nobody: `hint` is the
    last characters of the one by which accounts are told apart. `hook_path` is where the vendor tells of
    meetings, `fault` what it last refused.
    """

    id: UUID
    practice_id: UUID
    is_own: bool
    vendor: Vendor
    hint: str
    hook_path: str
    tested_at: datetime
    fault: Fault | None
    rests_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoAccounts:
    """The video accounts of a practice that somebody may change: their own there, and the practice's.
    `earlier` ones make no new meetings, and look after those that they made. `in_bloom`: they hold theirs in
    Bloom, whatever is connected; None who has no hours there yet.
    """

    own: CredentialView | None
    shared: CredentialView | None
    earlier: tuple[CredentialView, ...]
    may_own: bool
    may_shared: bool
    in_bloom: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingView:
    """The meeting of an appointment. `can_join`: there is an address for this viewer, in which the two meet
    from `opens_at` on. `is_noted`: the session took place.
    """

    appointment_id: UUID
    vendor: Vendor
    state: MeetingState
    fault: Fault | None
    can_join: bool
    opens_at: datetime
    is_noted: bool
    is_host: bool
    timeline: Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoomAccount:
    """What a person types in to connect Zoom. `hook_secret` signs what Zoom tells."""

    account_id: str
    client_id: str
    client_secret: str
    hook_secret: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetAccount:
    """What a person types in to connect Google Meet: the file of a service account as it came, for whom it
    acts, and where Google may tell of meetings: a Pub/Sub topic, and as whom it pushes.
    """

    service_account: str
    host: str = ""
    topic: str = ""
    push_email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingsRun:
    """What one run has done."""

    done: int = 0
    failed: int = 0
