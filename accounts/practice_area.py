"""What the pages of a practice share: it is one's own, the one in which the session works, and its parts.

A mechanism for the doors of every app that has such a page.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from accounts import selectors
from accounts.types import PracticeMay, PracticeView
from bloom.kernel.errors import NotAllowed


def seen(request: Any, practice_id: UUID) -> PracticeView:
    """A practice in which somebody works. Raises NotFound."""
    request.actor.require_user()
    return selectors.practice_get(request.actor, practice_id)


def current(request: Any, practice_id: UUID) -> PracticeView:
    """A practice in which the session works now. Raises NotFound."""
    view = seen(request, practice_id)
    selectors.practice_see_check(request.actor, practice_id)
    return view


def here(may: PracticeMay | None = None) -> Callable[[Any], Callable[..., HttpResponse]]:
    """The view gets the practice of its address as its second argument, if the session works there now; else
    the page says so. Raises NotFound, and NotAllowed for who may not do this there.
    """

    def around(view: Any) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: Any, practice_id: UUID, **address: Any) -> HttpResponse:
            practice = seen(request, practice_id)
            if not practice.is_current:
                return elsewhere(request, practice)
            if may is not None:
                may_check(practice, may)
            answer: HttpResponse = view(request, practice, **address)
            return answer

        return guarded

    return around


def may_check(view: PracticeView, may: PracticeMay) -> None:
    """Raise NotAllowed for who may not do this there."""
    if may not in view.may:
        raise NotAllowed(object_kind="accounts.practice", object_id=view.id, exists=True)


def elsewhere(request: Any, view: PracticeView) -> HttpResponse:
    """Theirs, but not the one in which this session works: nothing of it is shown."""
    return render(request, "accounts/practice_elsewhere.html", {"practice": view})


def page(
    request: Any, view: PracticeView, section: str, context: dict[str, Any], *, template: str = ""
) -> HttpResponse:
    """One part of the practice's pages; another app's has a template of its own."""
    return render(
        request,
        template or f"accounts/practice/{section}.html",
        {"practice": view, "part": section, "may": {each.value: True for each in view.may}, **context},
    )
