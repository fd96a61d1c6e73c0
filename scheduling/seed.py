"""The demo's calendars: each therapist with a week of their own and what they offer."""

from dataclasses import dataclass

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
)
_OFFERED = (
    ServiceFacts(
        name="First conversation",
        duration_minutes=20,
        price=Money(0, "USD"),
        modes=Modes.TELEHEALTH,
        who_may_book=WhoMayBook.NEW,
    ),
    ServiceFacts(
        name="50-minute session",
        duration_minutes=50,
        price=Money(150_00, "USD"),
        cpt_code="90834",
        buffer_after=10,
    ),
    ServiceFacts(
        name="Long session",
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
        actor = Actor(
            user_id=person_id,
            via=Via.COMMAND,
            roles=frozenset({RoleName.THERAPIST}),
            practice_id=accounts_selectors.practice_default(system, person_id),
        )
        if selectors.availability_get(actor, at=ctx.at).version:
            continue
        zone = accounts_selectors.profile_get(actor).time_zone
        services.availability_set(
            actor, time_zone=zone, blocks=week.blocks, rules=week.rules, version=0, at=ctx.at
        )
        for facts in _OFFERED:
            services.service_add(actor, facts, at=ctx.at)
        opened += 1
    services.openings_tell(system, at=ctx.at)
    ctx.say(f"{opened} calendars")
