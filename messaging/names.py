"""Names of the people in conversations, kept for some seconds: every message shows one."""

import itertools
import time
from collections.abc import Iterable, Mapping
from uuid import UUID

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from messaging.types import PersonName

KEPT_SECONDS = 15.0
NAMES_KEPT = 20_000
# Whoever asks for one asks for those, too, that others needed lately and will need again: so many at most.
ASKED_TOGETHER = 100

_names: dict[UUID, tuple[float, PersonName]] = {}
# Who was shown since their name was learnt.
_needed: set[UUID] = set()


def name_cached(person_id: UUID) -> PersonName | None:
    """The name, when this process learnt it in the last seconds: never touches the database."""
    known = _names.get(person_id)
    if known is None or known[0] <= time.monotonic():
        return None
    _needed.add(person_id)
    return known[1]


def name_in(called: Mapping[UUID, PersonName], person_id: UUID) -> PersonName:
    """Their name among those that were asked for; an empty one for somebody who is not there any more."""
    return called.get(person_id) or PersonName(id=person_id, name="")


def names_get(actor: Actor, person_ids: Iterable[UUID]) -> Mapping[UUID, PersonName]:
    """Names of people whom the caller has already decided to show. At most one query."""
    wanted = set(person_ids)
    found = {person_id: name for person_id in wanted if (name := name_cached(person_id)) is not None}
    missing = wanted - found.keys()
    if missing:
        learnt = _learn(actor, missing | _due())
        found |= {person_id: learnt[person_id] for person_id in missing if person_id in learnt}
    return found


def _learn(actor: Actor, person_ids: Iterable[UUID]) -> Mapping[UUID, PersonName]:
    until = time.monotonic() + KEPT_SECONDS
    learnt: dict[UUID, PersonName] = {}
    for person_id, ref in accounts_selectors.person_refs(actor, person_ids).items():
        name = PersonName(id=person_id, name=ref.name, pronouns=ref.pronouns, photo_id=ref.photo_id)
        learnt[person_id] = name
        while len(_names) >= NAMES_KEPT:
            _forget(next(iter(_names)))
        _names.pop(person_id, None)
        _names[person_id] = (until, name)
        _needed.discard(person_id)
    return learnt


def _due() -> set[UUID]:
    """Whose names are half way to being forgotten, or beyond, and were needed since. What nobody needed is
    forgotten. The oldest stand first.
    """
    now = time.monotonic()
    due: set[UUID] = set()
    for person_id, (until, _name) in list(itertools.islice(_names.items(), 2 * ASKED_TOGETHER)):
        if until > now + KEPT_SECONDS / 2 or len(due) >= ASKED_TOGETHER:
            break
        if person_id in _needed:
            due.add(person_id)
        elif until <= now:
            _forget(person_id)
    return due


def _forget(person_id: UUID) -> None:
    _names.pop(person_id, None)
    _needed.discard(person_id)
