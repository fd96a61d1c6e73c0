"""The demo's calendars: each therapist with a week of their own and what they offer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from accounts import selectors as accounts_selectors
from accounts.types import DEMO_DOMAIN, RoleName
from bloom.kernel.actor import Actor, Via
from bloom.kernel.money import Money
from bloom.kernel.registry import SeedContext
from scheduling import selectors, services
from scheduling.types import Block, Modes, Rules, ServiceFacts, WhoMayBook

_NINE, _NOON, _ONE, _FIVE, _EIGHT = 9 * 60, 12 * 60, 13 * 60, 17 * 60, 20 * 60


@dataclass(frozen=True, slots=True)
class _Week:
    """Whose week: the local part of their address, their hours and rules."""

    local: str
    blocks: tuple[Block, ...]
    rules: Rules


_WEEKS = (
    _Week(
        "therapist",
        (
            *(Block(day, _NINE, _NOON) for day in range(5)),
            *(Block(day, _ONE, _FIVE) for day in range(4)),
        ),
        Rules(slot_minutes=30, notice_minutes=120, late_fee_minor=75_00),
    ),
    _Week(
        "therapist2",
        (
            *(Block(day, _ONE, _EIGHT, Modes.TELEHEALTH) for day in (0, 2, 3)),
            Block(5, _NINE, _ONE, Modes.IN_PERSON),
        ),
        Rules(slot_minutes=60, daily_limit=5, needs_approval=True),
    ),
    _Week(
        "therapist3",
        tuple(Block(day, _NINE, _FIVE) for day in (1, 2, 4)),
        Rules(slot_minutes=15, notice_minutes=24 * 60),
    ),
    _Week(
        "therapist4",
        tuple(Block(day, _ONE, _EIGHT, Modes.TELEHEALTH) for day in range(4)),
        Rules(slot_minutes=30, late_fee_minor=50_00),
    ),
    _Week(
        "therapist5",
        (
            *(Block(day, _NINE, _NOON) for day in range(5)),
            *(Block(day, _ONE, _FIVE, Modes.IN_PERSON) for day in (1, 3)),
        ),
        Rules(slot_minutes=60),
    ),
    _Week(
        "therapist6",
        (
            *(Block(day, _NINE, _ONE, Modes.TELEHEALTH) for day in (0, 1, 2, 3)),
            Block(2, _FIVE, _EIGHT, Modes.TELEHEALTH),
        ),
        Rules(slot_minutes=30, daily_limit=6),
    ),
)
# What each therapist of a crowd works, Monday to Friday.
_CROWD = tuple(Block(day, *hours) for day in range(5) for hours in ((_NINE, _NOON), (_ONE, _FIVE)))
_LONG = "Long session"
SESSION = ServiceFacts(
    name="50-minute session",
    duration_minutes=50,
    price=Money(150_00, "USD"),
    cpt_code="90834",
    buffer_after=10,
)
_OFFERED = (
    ServiceFacts(
        name="First conversation",
        duration_minutes=20,
        price=Money(0, "USD"),
        modes=Modes.TELEHEALTH,
        who_may_book=WhoMayBook.NEW,
    ),
    SESSION,
    ServiceFacts(
        name=_LONG,
        duration_minutes=80,
        price=Money(220_00, "USD"),
        cpt_code="90837",
        buffer_after=10,
        who_may_book=WhoMayBook.EXISTING,
    ),
)


def calendars(ctx: SeedContext) -> None:
    """Open the calendars of the demo's therapists. What is there already stays."""
    system = Actor.for_system("seed_demo", via=Via.COMMAND)
    opened = 0
    for week in _WEEKS:
        person_id = accounts_selectors.person_id_by_email(system, f"{week.local}@{DEMO_DOMAIN}")
        if person_id is None:
            continue
        actor = _therapist(person_id, accounts_selectors.practice_default(system, person_id))
        opened += _open(actor, week.blocks, week.rules, _OFFERED, at=ctx.at)
    ctx.say(f"{opened} calendars")


def calendar_of_a_crowd(therapist_id: UUID, practice_id: UUID, *, at: datetime) -> None:
    """Open the calendar of one therapist of many at their practice, unless it is."""
    _open(_therapist(therapist_id, practice_id), _CROWD, Rules(), (SESSION,), at=at)


def _placed(actor: Actor, block: Block) -> Block:
    """Hours in person are at the first of the practice's places, if it has any."""
    if block.modes is Modes.TELEHEALTH or actor.practice_id is None:
        return block
    places = accounts_selectors.location_list(actor, actor.practice_id)
    return replace(block, location_id=next((each.id for each in places if not each.is_retired), None))


def _therapist(person_id: UUID, practice_id: UUID | None) -> Actor:
    return Actor(
        user_id=person_id,
        via=Via.COMMAND,
        roles=frozenset({RoleName.THERAPIST}),
        practice_id=practice_id,
    )


def _open(
    actor: Actor, blocks: Sequence[Block], rules: Rules, offered: Sequence[ServiceFacts], *, at: datetime
) -> bool:
    """Whether it was not open yet."""
    if selectors.availability_get(actor, at=at).version:
        return False
    zone = accounts_selectors.profile_get(actor).time_zone
    blocks = [_placed(actor, block) for block in blocks]
    services.availability_set(actor, time_zone=zone, blocks=blocks, rules=rules, version=0, at=at)
    for facts in offered:
        services.service_add(actor, _priced(actor, facts), at=at)
    return True


def _priced(actor: Actor, facts: ServiceFacts) -> ServiceFacts:
    """The same at what the directory says that a session of theirs costs: the long one at the most."""
    own = accounts_selectors.listing_own(actor)
    if own is None or own.view.fee_from is None or not facts.price.amount:
        return facts
    most = own.view.fee_to or own.view.fee_from
    return replace(facts, price=most if facts.name == _LONG else own.view.fee_from)
