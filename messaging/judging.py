"""The decision about a text before anybody else sees it: the rules, and beside them the live service where
there is one. Never inside a transaction: a vendor is waited for here.

The rules always judge, and are the floor: the live service can only make it stricter. When it does not
answer in time, the rules decide alone (`Source.FALLBACK`), and whoever stores the message has it judged again
later (`models.Recheck`). Where the rules find a crisis nothing could be stricter, and nothing is sent out.
Nor is a text in which they find a card number, a social security number or a password.
"""

import asyncio
import time
from concurrent.futures import Future
from dataclasses import dataclass
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings

from accounts import selectors as accounts_selectors
from bloom.kernel import db
from bloom.kernel.actor import Actor
from messaging import metrics
from messaging.integrations.openai.http import OpenAi
from messaging.integrations.openai.port import LiveModerator, LiveUnavailable, Scores
from messaging.models import Member, ModerationChoice, seat_holds
from messaging.moderation import live, moderator_default
from messaging.moderation.breaker import Breaker
from messaging.moderation.outward import text_outward
from messaging.moderation.types import Outcome, Source, Verdict
from messaging.rooms import Room

SHORT = 500
SECRETS = "sensitive-data"
KEPT_SECONDS = 5.0
CONTEXTS_KEPT = 10_000

breaker = Breaker()
_moderator: LiveModerator = OpenAi()


@dataclass(frozen=True, slots=True)
class Context:
    """What a question about a room's text needs: whether it may be asked, and whose names stay here."""

    is_live: bool
    names: tuple[str, ...]


_contexts: dict[UUID, tuple[float, Context]] = {}


def judge(actor: Actor, room: Room, text: str) -> Verdict:
    """The verdict on a text of this room. Always one, within the deadline and a little.

    Of somebody who may not write there it is the rules' alone: nothing leaves of what is refused anyway.
    """
    floor = moderator_default().judge(text)
    if _may_leave(floor):
        floor = _judge_live(actor, room, text, floor)
    metrics.verdict_counter(floor.source, floor.outcome.value).inc()
    return floor


async def ajudge(actor: Actor, room: Room, text: str) -> Verdict:
    """`judge` for the event loop."""
    decide = moderator_default().judge
    # A long text takes milliseconds, and the event loop is everybody's.
    floor = decide(text) if len(text) < SHORT else await asyncio.to_thread(decide, text)
    if _may_leave(floor):
        floor = await _ajudge_live(actor, room, text, floor)
    metrics.verdict_counter(floor.source, floor.outcome.value).inc()
    return floor


def judge_again(room: Room, text: str) -> Verdict:
    """The verdict for a text that the rules once judged alone; nobody waits for it.

    Raises LiveUnavailable when it is too early.
    """
    floor = moderator_default().judge(text)
    context = context_get(room.id, room.practice_id)
    if not _may_leave(floor) or not context.is_live:
        return floor
    return _answered(floor, _ask(context, text, settings.MODERATION_SWEEP_DEADLINE_SECONDS))


def is_asked() -> bool:
    """Whether there is a live service at all."""
    return bool(settings.OPENAI_API_KEY)


def is_open() -> bool:
    """Whether asking now would be for nothing."""
    return not breaker.would_ask(time.monotonic())


def context_forget() -> None:
    """A practice has chosen anew. Other processes know it within KEPT_SECONDS."""
    _contexts.clear()


def _may_leave(floor: Verdict) -> bool:
    """Whether the live service may see the text at all, and could find it worse than the rules do."""
    return is_asked() and floor.outcome is not Outcome.CRISIS and SECRETS not in floor.categories


def _may_write(actor: Actor, room: Room) -> bool:
    """Whether the actor takes part in the room as who they act for now, and it still takes messages. Whoever
    stores asks again.
    """
    members = Member.objects.unscoped(reason="nothing leaves of what a stranger writes")
    return members.filter(
        seat_holds(actor.practice_id),
        conversation_id=room.id,
        user_id=actor.require_user(),
        left_at=None,
        conversation__read_only_at=None,
    ).exists()


def _judge_live(actor: Actor, room: Room, text: str, floor: Verdict) -> Verdict:
    context = _context_cached(room.id) or context_get(room.id, room.practice_id)
    if not (context.is_live and _may_write(actor, room)):
        return floor
    try:
        return _answered(floor, _ask(context, text, settings.MODERATION_DEADLINE_SECONDS))
    except LiveUnavailable:
        return _alone(floor)


async def _ajudge_live(actor: Actor, room: Room, text: str, floor: Verdict) -> Verdict:
    context = _context_cached(room.id)
    if context is None:
        context = await database_sync_to_async(context_get)(room.id, room.practice_id)
    if not (context.is_live and await database_sync_to_async(_may_write)(actor, room)):
        return floor
    deadline = settings.MODERATION_DEADLINE_SECONDS
    try:
        future = _begin(context, text, deadline)
        # It ends by itself in time; whoever stops waiting leaves it be, so that the breaker hears of its end.
        here = asyncio.wrap_future(future)
        here.add_done_callback(lambda done: done.cancelled() or done.exception())
        done, _waiting = await asyncio.wait({here}, timeout=deadline)
        return _answered(floor, here.result()) if done else _alone(floor)
    except LiveUnavailable:
        return _alone(floor)


def _ask(context: Context, text: str, deadline: float) -> Scores:
    future = _begin(context, text, deadline)
    try:
        return future.result(deadline)
    except TimeoutError:
        # The thread that asks was too busy to say so itself.
        raise LiveUnavailable(LiveUnavailable.TIMEOUT) from None


def _begin(context: Context, text: str, deadline: float) -> "Future[Scores]":
    """Ask, unless the breaker says no; how it ends reaches breaker and metrics by itself."""
    db.network_check("the live moderation service")
    began = time.monotonic()
    if not breaker.may_ask(began):
        metrics.SHUT_OUT.inc()
        raise LiveUnavailable(LiveUnavailable.UNREACHABLE)
    future = _moderator.ask(text_outward(text, context.names), deadline=deadline)
    future.add_done_callback(lambda done: _ended(done, began))
    return future


def _ended(future: "Future[Scores]", began: float) -> None:
    now = time.monotonic()
    error = None if future.cancelled() else future.exception()
    answer = "answered"
    if isinstance(error, LiveUnavailable):
        answer = error.reason
        # A text that the service does not take says nothing of its health, so that nobody can shut it out
        # for all with a text made for that.
        if error.is_about_text:
            breaker.succeeded()
        elif not error.is_ours:
            breaker.failed(now, retry_after=error.retry_after)
    elif error is not None or future.cancelled():
        answer = LiveUnavailable.FAILED
        breaker.failed(now)
    else:
        breaker.succeeded()
    metrics.LIVE_SECONDS.labels(answer).observe(now - began)
    metrics.breaker_show(breaker.state)


def _answered(floor: Verdict, scores: Scores) -> Verdict:
    return live.stricter(floor, live.verdict_of(scores, live.thresholds_read(settings.MODERATION_THRESHOLDS)))


def _alone(floor: Verdict) -> Verdict:
    return Verdict(floor.outcome, floor.categories, source=Source.FALLBACK, rules=floor.rules)


# What a question needs --------------------------------------------------------------------------------------


def context_get(conversation_id: UUID, practice_id: UUID | None) -> Context:
    """Read what a question about this conversation needs. Three queries, kept for some seconds."""
    is_off = (
        ModerationChoice.objects.unscoped(reason="whether the practice lets the live service read")
        .filter(practice_id=practice_id, is_live=False)
        .exists()
        if practice_id is not None
        else False
    )
    members = Member.objects.unscoped(reason="whose names do not leave").filter(
        conversation_id=conversation_id
    )
    called = accounts_selectors.person_names(
        Actor.for_system("moderation"), members.values_list("user_id", flat=True)
    )
    context = Context(is_live=not is_off, names=called)
    while len(_contexts) >= CONTEXTS_KEPT:
        _contexts.pop(next(iter(_contexts)), None)
    _contexts[conversation_id] = (time.monotonic() + KEPT_SECONDS, context)
    return context


def _context_cached(conversation_id: UUID) -> Context | None:
    known = _contexts.get(conversation_id)
    return known[1] if known is not None and known[0] > time.monotonic() else None
