"""Where a lower room asks a higher one. Higher apps fill these points in `apps.py: ready()`.

registry.subscribe("accounts.assignment.started", "messaging.conversation_open", handlers.assignment_started)
registry.seed.register("messaging", seed.conversations, order=30)
"""

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from bloom.kernel.actor import Actor
from bloom.kernel.errors import DomainError
from bloom.kernel.events import RecordedEvent
from bloom.kernel.money import Money
from bloom.kernel.sandbox import Fake

T = TypeVar("T")
Handler = Callable[[Actor, RecordedEvent], None]


class Point(Generic[T]):
    """A named list of contributions, in a stable order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._items: dict[str, tuple[int, T]] = {}

    def register(self, key: str, item: T, *, order: int = 100) -> None:
        """Add `item` under `key`. A second item under the same key raises ValueError."""
        known = self._items.get(key)
        if known is not None and known[1] is not item:
            raise ValueError(f"{self.name}: {key} is registered twice")
        self._items[key] = (order, item)

    def items(self) -> Iterator[tuple[str, T]]:
        """Pairs of key and item, by order, then key."""
        for key, (_, item) in sorted(self._items.items(), key=lambda pair: (pair[1][0], pair[0])):
            yield key, item

    def get(self, key: str) -> T:
        return self._items[key][1]


@dataclass(slots=True)
class SeedContext:
    """What the seeders share: the random source, the moment that is "now", and who was made so far."""

    seed: int
    scale: int
    at: datetime
    random: random.Random
    made: dict[str, Any] = field(default_factory=dict)
    say: Callable[[str], None] = print


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card of a dashboard, ready for its template. One that `comes_first` stands before those that can
    wait, whatever its place in the registry.
    """

    key: str
    title: Any
    template: str
    context: Mapping[str, Any]
    comes_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPart:
    """Part of what is kept about somebody, for a copy of their data. `name` is its file's; `rows` begins anew
    at each call, and each row holds plain values under names that stay as they are, for programs. `labels`
    are the headings under which people read them, and `says` words values that are codes; what has no label
    is for programs alone. Of a talk, a row is a message: `when`, `from`, `text`, `by_you`, and `files`, their
    names in the copy. `files` go along as they are, by name, one at a time.
    """

    name: str
    title: str
    rows: Callable[[], Iterator[Mapping[str, Any]]]
    is_talk: bool = False
    files: Callable[[], Iterator[tuple[str, bytes]]] = lambda: iter(())
    labels: Mapping[str, Any] = field(default_factory=dict)
    says: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)


ExportProvider = Callable[[Actor], Iterator[ExportPart]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFormat:
    """One form in which a copy is made. `write(out, actor, about_id, *, name, zone, at)` puts it into a file
    that only ever takes more; raising NotFound, it fails.
    """

    title: Any
    suffix: str
    content_type: str
    write: Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAbout:
    """Whose life a copy tells of, and where: it is on their record, and sealed with their key."""

    subject_id: Any
    practice_id: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyTopic:
    """Something of which those who see it can have a copy, made by the worker (accounts' exports). `title`
    says what it is, and raises NotFound for who does not see it; `about` whose it is, whoever asks. `hint`
    says what the copy holds, and `back` is the thing's own address. `formats` are by name. `fetched` puts on
    the thing's own record that somebody takes a copy along.
    """

    title: Callable[[Actor, Any], str]
    about: Callable[[Any], CopyAbout]
    fetched: Callable[[Actor, Any, Any], None]
    hint: Any
    back: Callable[[Any], str]
    formats: Mapping[str, CopyFormat]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWords:
    """What a notice says, put into its reader's words when they read it: `title` and `text` may name its
    parameters, as %(person)s. `route` and the parameters `args` are the page that it leads to. A mail says
    `mail_title` and `mail_text` instead where these are given: it may be read by others.
    """

    title: Any
    text: Any = ""
    mail_title: Any = ""
    mail_text: Any = ""
    route: str = ""
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPart:
    """Text of a mail for programs: `kind` is its media type, with what belongs to it. Without a `name` it is
    another form of the mail; with one it is a file of that name beside it, as each of several is.
    """

    text: str
    kind: str
    name: str = ""


LetterParts = Callable[[UUID, str, str, Mapping[str, Any]], Sequence[MailPart]]
# What else a mail with this code and these parameters says to this person; empty: nothing.
LetterLine = Callable[[UUID, str, Mapping[str, Any]], str]
# The address to which a mail with these parameters, to this reader's mail address, leads.
LetterLink = Callable[[Mapping[str, Any], str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind:
    """Something that Bloom tells people of. `title` and `hint` say what, for the page of choices; `channels`
    are the ways in which it comes, each with whether it does unless its person says otherwise. `locked`: why
    nobody can turn it off. `roles`: who gets it at all; none: everybody. `in_practice`: only who works in a
    practice is asked whether they want it. `words` are its notices by code,
    `mail` the template of its mails; one that `is_urgent` is tried again sooner. `scope`: what a token
    needs to read it, beyond what notices need. `parts` makes what goes with the mail to a person at an
    address with this code and these parameters, as things stand then; None: nothing does. `line` makes one
    more line that the mail says, likewise. `link` makes the address to which the mail leads, where that is
    another than the page in the app.
    """

    title: Any
    hint: Any
    channels: Mapping[str, bool]
    words: Mapping[str, NoticeWords] = field(default_factory=dict)
    mail: str = "notice"
    locked: Any = ""
    roles: frozenset[str] = frozenset()
    in_practice: bool = False
    is_urgent: bool = False
    scope: str = ""
    parts: LetterParts | None = None
    line: LetterLine | None = None
    link: LetterLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooked:
    """Something that integrators are told of: what, where and when, in ids. `id` is that of its row of the
    record, so that nothing is told twice.
    """

    id: UUID
    name: str
    practice_id: UUID
    at: datetime
    data: Mapping[str, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSource:
    """What a source of the sealed record holds for integrators: `titles` by name; and `read`, which tells of
    those of its rows that are of these practices.
    """

    source: str
    titles: Mapping[str, Any]
    read: Callable[[Actor, Sequence[UUID], Collection[UUID]], Iterator[Hooked]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Somebody is to be given care at a time, in a way of meeting (telehealth, in_person)."""

    patient_id: UUID
    therapist_id: UUID
    practice_id: UUID
    starts_at: datetime
    mode: str


class EndingKind(StrEnum):
    """What somebody is about to do, of which other rooms may have to say what it ends."""

    CARE = "care"
    PRACTICE = "practice"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Care between two that would end (`patient_id`, `therapist_id`, `practice_id`), somebody who would leave
    a practice (`therapist_id`, `practice_id`), or the actor's account that they would close.
    """

    kind: EndingKind
    patient_id: UUID | None = None
    therapist_id: UUID | None = None
    practice_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingTold:
    """What would end with it, in sentences for the actor, and what they would owe for that, one sum a
    currency; nothing where it ends nothing.
    """

    said: tuple[str, ...] = ()
    owed: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One of the first steps of somebody new, on the list that ticks itself on the first page: what it is,
    why or what comes of it, and where it is done. `waits`: not done, and it is somebody else's turn.
    `before`: the key of the step before which it stands; without one it is the last.
    """

    key: str
    title: Any
    text: Any
    is_done: bool
    path: str = ""
    label: Any = ""
    waits: bool = False
    before: str = ""


CardProvider = Callable[[Actor, datetime], Card | None]
# None: it is not for this person to take.
StepProvider = Callable[[Actor, datetime], Step | None]
# Does this text say that somebody may be in danger? A yes shows help, and never refuses anything.
AlarmJudge = Callable[[str], bool]

# May this be, as things stand at a moment? Raises the DomainError that says why not. It is asked within the
# transaction that books, so it reads and does nothing else.
Gate = Callable[[Actor, Meeting, datetime], None]

# What would end with it, before the actor decides.
EndingTeller = Callable[[Actor, Ending, datetime], EndingTold]

# Does a record that others have to keep name this person? Their name stays in it when they close their
# account.
NameKeeper = Callable[[UUID], bool]

gate: Point[Gate] = Point("gate")
ending: Point[EndingTeller] = Point("ending")
name_kept: Point[NameKeeper] = Point("name_kept")
export: Point[ExportProvider] = Point("export")
copy_topic: Point[CopyTopic] = Point("copy_topic")
erase: Point[Callable[..., Any]] = Point("erase")
retain: Point[Callable[..., Any]] = Point("retain")
seal: Point[Any] = Point("seal")
witness: Point[Callable[[], Iterator[tuple[str, str, object]]]] = Point("witness")
seed: Point[Callable[[SeedContext], None]] = Point("seed")
card: Point[CardProvider] = Point("card")
first_step: Point[StepProvider] = Point("first_step")
alarm: Point[AlarmJudge] = Point("alarm")
search: Point[Callable[..., Any]] = Point("search")
notice_kind: Point[NoticeKind] = Point("notice_kind")
hook: Point[HookSource] = Point("hook")
# Outside production only.
sandbox: Point[Callable[[], Fake]] = Point("sandbox")

_subscriptions: dict[str, dict[str, Handler]] = {}


def subscribe(event_name: str, subscriber: str, handler: Handler) -> None:
    """Deliver every `event_name` to `handler`, at least once; `subscriber` names it for good."""
    known = _subscriptions.setdefault(event_name, {})
    if subscriber in known and known[subscriber] is not handler:
        raise ValueError(f"{subscriber} subscribes twice to {event_name}")
    known[subscriber] = handler


def subscriptions(event_name: str) -> Mapping[str, Handler]:
    """Handlers of `event_name` by subscriber."""
    return dict(_subscriptions.get(event_name, {}))


class RefusalRecorder:
    """The doors report refusals here; the record (observability) listens."""

    def __init__(self) -> None:
        self._record: Callable[[Actor, DomainError, str], None] | None = None

    def set(self, record: Callable[[Actor, DomainError, str], None]) -> None:
        self._record = record

    def record(self, actor: Actor, error: DomainError, route: str) -> None:
        """Put a refusal on record, in a transaction of its own; without a listener nothing happens."""
        if self._record is not None:
            self._record(actor, error, route)


refusals = RefusalRecorder()
