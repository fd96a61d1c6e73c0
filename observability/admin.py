"""The record in the admin: to be read by administrators. The one thing to do is to try a delivery again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.kernel.admin import PrivateAdmin, ReadOnlyAdmin
from bloom.kernel.errors import DomainError
from bloom.kernel.problems import actor_of
from observability import services
from observability.models import Delivery, Event, SealBatch


class _ForAdministrators:
    """The record is whole or not at all: support staff do not see it."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).has_role("admin")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_of(request).has_role("admin")


@admin.register(Event)
class EventAdmin(_ForAdministrators, PrivateAdmin):
    list_display = ["recorded_at", "name", "actor_kind", "actor_user_id", "object_id", "via", "ip"]
    list_filter = ["actor_kind", "via", "object_kind"]
    search_fields = ["=id", "=object_id", "=subject_id", "=actor_user_id", "=request_id", "=name"]
    date_hierarchy = "recorded_at"
    ordering = ["-recorded_at"]
    exclude = ["mac"]
    show_full_result_count = False


@admin.register(Delivery)
class DeliveryAdmin(_ForAdministrators, ReadOnlyAdmin):
    list_display = ["subscriber", "state", "attempts", "next_at", "last_error", "event_id"]
    list_filter = ["state", "subscriber"]
    search_fields = ["=id", "=event__id", "=subscriber"]
    ordering = ["state", "-next_at"]
    fields = ["event_id", "subscriber", "state", "attempts", "next_at", "last_error"]
    readonly_fields = ["event_id"]
    show_full_result_count = False
    actions = ["try_again"]

    @admin.action(description=_("Try again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        actor, at, retried = actor_of(request).through(Via.ADMIN), clock.now(), 0
        for delivery in queryset.filter(state=Delivery.State.DEAD):
            try:
                services.delivery_retry(actor, delivery.pk, at=at)
            except DomainError as error:
                self.message_user(request, error.detail, messages.ERROR)
            else:
                retried += 1
        told = ngettext("%d delivery is tried again.", "%d deliveries are tried again.", retried) % retried
        self.message_user(request, told, messages.SUCCESS if retried else messages.WARNING)


@admin.register(SealBatch)
class SealBatchAdmin(_ForAdministrators, ReadOnlyAdmin):
    list_display = ["number", "sealed_at", "count", "late_count", "signing_key_id"]
    ordering = ["-number"]
    fields = ["number", "sealed_at", "count", "late_count", "head", "signing_key_id", "signed"]
    readonly_fields = ["head", "signed"]

    @admin.display(description=_("hash"))
    def head(self, batch: SealBatch) -> str:
        return bytes(batch.hash).hex()

    @admin.display(description=_("signature"))
    def signed(self, batch: SealBatch) -> str:
        return bytes(batch.signature).hex()
