"""Names of the people in conversations, kept for some seconds: every message shows one."""

import time
from collections.abc import Iterable, Mapping
from uuid import UUID

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from messaging.types import PersonName

KEPT_SECONDS = 15.0
NAMES_KEPT = 20_000

_names: dict[UUID, tuple[float, PersonName]] = {}


def name_cached(person_id: UUID) -> PersonName | None:
    """The name, when this process learnt it in the last seconds: never touches the database."""
    known = _names.get(person_id)
    return known[1] if known is not None and known[0] > time.monotonic() else None


def name_in(called: Mapping[UUID, PersonName], person_id: UUID) -> PersonName:
    """Their name among those that were asked for; an empty one for somebody who is not there any more."""
    return called.get(person_id) or PersonName(id=person_id, name="")


def names_get(actor: Actor, person_ids: Iterable[UUID]) -> Mapping[UUID, PersonName]:
    """Names of people whom the caller has already decided to show. At most one query."""
    wanted = set(person_ids)
    found = {person_id: name for person_id in wanted if (name := name_cached(person_id)) is not None}
    missing = wanted - found.keys()
    if missing:
        until = time.monotonic() + KEPT_SECONDS
        for person_id, ref in accounts_selectors.person_refs(actor, missing).items():
            found[person_id] = PersonName(
                id=person_id, name=ref.name, pronouns=ref.pronouns, photo_id=ref.photo_id
            )
            while len(_names) >= NAMES_KEPT:
                _names.pop(next(iter(_names)), None)
            _names[person_id] = (until, found[person_id])
    return found
