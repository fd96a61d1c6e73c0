"""The admin's view of private models: what `visible_to` grants, and nothing to change.

@admin.register(Assignment)
class AssignmentAdmin(PrivateAdmin):
    list_display = ["patient_id", "therapist_id", "started_at"]
"""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from bloom.kernel.actor import Via
from bloom.kernel.problems import actor_of


class ReadOnlyAdmin(ModelAdmin):
    """A table that the admin may look at: every change goes through a service."""

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
