"""The admin's view of private models: what `visible_to` grants, and nothing to change.

@admin.register(Assignment)
class AssignmentAdmin(PrivateAdmin):
    list_display = ["patient_id", "therapist_id", "started_at"]
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from bloom.kernel import text
from bloom.kernel.actor import Via
from bloom.kernel.errors import DomainError, FreshFactorNeeded, NotAllowed
from bloom.kernel.problems import actor_of


def each_done(
    model_admin: Any,
    request: HttpRequest,
    rows: Iterable[Any],
    act: Callable[[Any], Any],
    named: Callable[[Any], str] = str,
) -> int:
    """`act` on each row; what was refused is said beside its name, and the others go on. How many were done.
    Somebody who has to show a factor first is sent to do so.
    """
    done = 0
    for row in rows:
        try:
            act(row)
        except FreshFactorNeeded:
            raise
        except DomainError as error:
            model_admin.message_user(request, f"{named(row)}: {error.detail}", messages.ERROR)
        else:
            done += 1
    return done


def words_filter(words: Mapping[Any, Any]) -> type[admin.ChoicesFieldListFilter]:
    """A filter by a column of codes that shows them in these words."""

    class WordsFilter(admin.ChoicesFieldListFilter):
        def choices(self, changelist: Any) -> Iterator[Any]:
            for each in super().choices(changelist):
                # With its count, where the page shows counts: "solo (3)".
                code, bracket, count = str(each["display"]).partition(" (")
                shown = f"{words[code]}{bracket}{count}" if code in words else each["display"]
                yield {**each, "display": shown}

    return WordsFilter


class ReadOnlyAdmin(ModelAdmin):
    """A table that the admin may look at: every change goes through a service. Whoever is refused a row of
    it is on record, as at every other door.
    """

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        with self._refusal_named(request, object_id):
            answer: Any = super().change_view(request, object_id, *args, **kwargs)
        said = getattr(answer, "context_data", None)
        if said and said.get("original") is not None:
            said["subtitle"] = text.row_name(said["original"])
        named: HttpResponse = answer
        return named

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        with self._refusal_named(request, object_id):
            answer: HttpResponse = super().delete_view(request, object_id, *args, **kwargs)
        return answer

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        with self._refusal_named(request, object_id):
            answer: HttpResponse = super().history_view(request, object_id, *args, **kwargs)
        return answer

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the list filters by: a column that is not shown could be read letter by letter."""
        named = [
            each[0] if isinstance(each, tuple) else getattr(each, "parameter_name", each)
            for each in self.list_filter
        ]
        return any(lookup == name or lookup.startswith(f"{name}__") for name in map(str, named))

    @contextmanager
    def _refusal_named(self, request: HttpRequest, object_id: str) -> Iterator[None]:
        """Django's bare refusal, as one that says which row it was."""
        try:
            yield
        except PermissionDenied as error:
            row = self.get_object(request, unquote(object_id))
            if row is None or not isinstance(row.pk, UUID):
                raise
            kind = self.model._meta.label_lower
            raise NotAllowed(object_kind=kind, object_id=row.pk, exists=True) from error

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class PrivateAdmin(ReadOnlyAdmin):
    """A private model in the admin: only the rows that are visible to whoever looks."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.visible_to(actor_of(request).through(Via.ADMIN))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, None for what cannot be an id, or NotFound, which knows whether the row exists."""
        try:
            key = UUID(object_id)
        except ValueError:
            return None
        rows: Any = self.get_queryset(request)
        return rows.get_or_refuse(pk=key)
