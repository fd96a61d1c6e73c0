"""What somebody looks for, where it may tell of their health: sent as a form, and sealed in the address
(docs/decisions/0027).

    search = searches.search_read(request, ("specialty", "language"))
    chosen = ...  # what is known of search.said
    if not search.is_settled:
        return redirect(searches.search_address(request.actor, request.path, chosen))

An address stays in a browser's history and in the logs of whatever stands between. Each search has one of its
own, so that the way back, a second tab and a reload lead to it, and it opens for its person alone.
"""

import base64
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import QueryDict

from bloom.kernel import vault
from bloom.kernel.actor import Actor

SEARCH: Final = "search"
# Nearly every search is as long as every other.
_STEP: Final = 128


@dataclass(frozen=True, slots=True)
class Search:
    """What was `said`, unchecked. Where it is not settled, the reader is sent on to its address: a form was
    sent, an address says it in plain, or holds what is not theirs to open.
    """

    said: QueryDict
    is_settled: bool


def search_read(request: Any, names: Collection[str]) -> Search:
    """What a page is asked to look for, under these names. A form that htmx sends is answered at once, with
    its address beside it. Raises Unauthenticated.
    """
    request.actor.require_user()
    if request.method == "POST":
        return Search(request.POST, is_settled=bool(request.headers.get("HX-Request")))
    is_plain = any(any(request.GET.getlist(name)) for name in names)
    if SEARCH in request.GET:
        said = search_open(request.actor, request.GET[SEARCH])
        return Search(QueryDict(said), is_settled=bool(said) and not is_plain)
    return Search(request.GET, is_settled=not is_plain)


def search_address(actor: Actor, path: str, said: Iterable[tuple[str, str]], **more: str) -> str:
    """`path` with a search of the actor's in it, and in plain what tells of nobody, such as a cursor."""
    query = {name: value for name, value in more.items() if value}
    if text := urlencode(list(said)):
        query = {SEARCH: search_seal(actor, text), **query}
    return f"{path}?{urlencode(query)}" if query else path


def search_seal(actor: Actor, text: str) -> str:
    """A search as it may stand in an address: only the actor opens it."""
    person_id = actor.require_user()
    padded = text.ljust(-(-len(text) // _STEP) * _STEP)
    return base64.urlsafe_b64encode(vault.seal(person_id, padded, _place(actor))).decode().rstrip("=")


def search_open(actor: Actor, sealed: str) -> str:
    """The search that was sealed for the actor; nothing of anybody else's, or of one that was cut."""
    # Here, so that what else the page seals takes no query more.
    vault.key_get_or_create(actor.require_user())
    try:
        blob = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        return vault.open(blob, _place(actor)).rstrip()
    except (ValueError, vault.SealBroken, vault.KeyDestroyed):
        return ""


def _place(actor: Actor) -> vault.Place:
    return vault.Place("address", SEARCH, actor.require_user())
