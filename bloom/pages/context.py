"""What every page knows: theme, person, rooms. Read when a template first asks, never before."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts import selectors as accounts_selectors
from accounts.types import PracticeRef, ProfileView, ProviderName
from bloom.kernel import problems
from bloom.kernel.referrers import came_from
from bloom.pages import selectors, theme
from bloom.pages.rooms import Room, rooms_of
from bloom.pages.sections import Group, groups_of
from bloom.pages.types import Elsewhere
from messaging import selectors as messaging_selectors


class Shell:
    """The frame around a page, for the person who looks at it. Each part is read at most once."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._actor = problems.actor_of(request)

    @property
    def theme(self) -> str:
        """`light`, `dark`, or `system`: a class of <html>."""
        return theme.chosen(self._request)

    @property
    def is_signed_in(self) -> bool:
        return self._actor.is_authenticated

    @property
    def is_patient(self) -> bool:
        return self._actor.has_role("patient")

    @cached_property
    def person(self) -> ProfileView | None:
        return accounts_selectors.profile_get(self._actor) if self.is_signed_in else None

    @cached_property
    def practice(self) -> PracticeRef | None:
        """The practice that this session works in; None for patients and the platform's own staff."""
        if self.person is None:
            return None
        return next((each for each in self.person.practices if each.id == self.person.practice_id), None)

    @cached_property
    def elsewhere(self) -> tuple[Elsewhere, ...]:
        """What waits in other practices of theirs."""
        return selectors.elsewhere_get(self._actor, self.person) if self.person is not None else ()

    @cached_property
    def rooms(self) -> tuple[Room, ...]:
        if self.person is None:
            return ()
        return rooms_of(self._actor, gives_care=self.person.gives_care)

    @property
    def room(self) -> str:
        """The key of the room that this page belongs to, or nothing."""
        path = self._request.path
        held = [room for room in self.rooms if room.holds(path)]
        return max(held, key=lambda room: path.startswith(room.path)).key if held else ""

    @property
    def is_at_notices(self) -> bool:
        """Is this the page to which the bell leads?"""
        return self._request.path == reverse("notice_list")

    @cached_property
    def settings(self) -> tuple[Group, ...]:
        """The sections of the settings that this person has."""
        return groups_of(self._actor) if self.is_signed_in else ()

    @property
    def section(self) -> str:
        """The key of the section that this page belongs to, or nothing."""
        sections = [section for group in self.settings for section in group.sections]
        return next((each.key for each in sections if each.holds(self._request.path)), "")

    @property
    def has_messages(self) -> bool:
        """Does this person write to others here?"""
        return any(room.key == "messages" for room in self.rooms)

    @cached_property
    def unread(self) -> int:
        """Messages that wait to be read, over all conversations."""
        if not self._actor.has_role("patient", "therapist"):
            return 0
        return messaging_selectors.unread_total(self._actor)

    @property
    def providers(self) -> tuple[ProviderName, ...]:
        """By whose accounts one can sign in."""
        return accounts_selectors.providers_configured()

    @property
    def languages(self) -> list[tuple[str, Any]]:
        return settings.LANGUAGES

    @property
    def back(self) -> str:
        """The page of ours that led here, when it is another, or when what was sent from it failed; or
        nothing.
        """
        address = came_from(self._request)
        is_same = address.partition("?")[0] == self._request.path
        return "" if is_same and self._request.method in {"GET", "HEAD"} else address

    @property
    def path(self) -> str:
        """Where the visitor is, to come back to after a choice."""
        return self._request.get_full_path()


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: `shell` in every template."""
    return {"shell": Shell(request)}
