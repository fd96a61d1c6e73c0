"""People, practices and credentials in the admin: to be read; what changes goes through services."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts import admin_deeds, practice_words, role_words, selectors, services
from accounts.models import ApiToken, Assignment, Membership, Practice, Role, User
from accounts.types import MembershipRole, PracticeKind, RoleName
from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.kernel.admin import PrivateAdmin, ReadOnlyAdmin, each_done, words_filter
from bloom.kernel.problems import actor_of

# Django's groups mean nothing here, an address is part of its person, and a factor is its person's own.
admin.site.unregister([Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken])

Action = Callable[[Any, HttpRequest, QuerySet[Any]], None]


def _each(name: str, description: Any, service: Callable[..., Any]) -> Action:
    """An admin action that calls `service(actor, row, at)` for each chosen row and says what was refused."""

    def act(self: Any, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        actor, at = actor_of(request).through(Via.ADMIN), clock.now()
        done = each_done(self, request, queryset, lambda row: service(actor, row, at))
        if done:
            self.message_user(request, _("Done: %(count)s") % {"count": done}, messages.SUCCESS)

    # The admin tells actions apart by the names of their functions.
    act.__name__ = name
    decorated: Action = admin.action(description=description)(act)
    return decorated


class _AdminsAct:
    """Support staff look; the actions are for admins."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc] # mixed into a ModelAdmin
        return actions if actor_of(request).has_role(RoleName.ADMIN) else {}


class FoundByIdAdmin(PrivateAdmin):
    """Rows that are found by a whole id of theirs: the database refuses to compare one with other words."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(pk__in=[])
        for field in self.search_fields:
            name = str(field).removeprefix("=")
            if not name.endswith("id") or _is_id(term):
                found |= Q(**{name: term})
        return queryset.filter(found), False


def _is_id(term: str) -> bool:
    try:
        UUID(term)
    except ValueError:
        return False
    return True


class RoleInline(TabularInline):
    model = Role
    fk_name = "user"
    fields = readonly_fields = ["what", "granted_by", "granted_at", "revoked_at"]
    extra = 0
    can_delete = False

    @admin.display(description=_("role"))
    def what(self, role: Role) -> str:
        return str(role_words.ROLE_WORDS[role.role])

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FactorFilter(admin.SimpleListFilter):
    """Those whose role asks for a second factor that they have not got."""

    title = _("second factor")
    parameter_name = "factor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("missing", _("Missing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(selectors.factor_is_missing()) if self.value() == "missing" else queryset


@admin.register(User)
class UserAdmin(_AdminsAct, ReadOnlyAdmin):
    list_display = ["name", "email", "held", "is_active", "date_joined"]
    list_filter = ["is_active", ("roles__role", words_filter(role_words.ROLE_WORDS)), FactorFilter]
    search_fields = ["name", "email", "=id"]
    ordering = ["name", "id"]
    fields = [
        "name",
        "email",
        "headline",
        "time_zone",
        "locale",
        "is_active",
        "date_joined",
        "last_login",
        "id",
    ]
    readonly_fields = ["id"]
    inlines = [RoleInline]
    show_full_result_count = False
    actions = [admin_deeds.deed_action(key) for key in admin_deeds.DEEDS]

    change_form_outer_before_template = "accounts/admin_person.html"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """With what an admin can do to this person: the roles they have not got, those they have, and the
        way back in.
        """
        person = self.get_object(request, unquote(object_id))
        extra = {**(kwargs.pop("extra_context", None) or {}), "deeds": self._deeds_for(request, person)}
        return super().change_view(request, object_id, *args, extra_context=extra, **kwargs)

    def _deeds_for(self, request: HttpRequest, person: User | None) -> list[tuple[str, Any]]:
        if person is None or not actor_of(request).has_role(RoleName.ADMIN):
            return []
        held = {role.role for role in person.roles.all() if role.revoked_at is None}
        vain = {f"grant_{role}" for role in held} | {f"revoke_{role}" for role in set(RoleName) - held}
        if not selectors.factor_is_held(person.id):
            vain.add("factors_reset")
        return [(key, deed.title) for key, deed in admin_deeds.DEEDS.items() if key not in vain]

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(partial(admin_deeds.deed_page, self))
        own: list[Any] = [path("deed/", page, name="accounts_user_deed")]
        return own + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request).prefetch_related("roles")
        return rows

    @admin.display(description=_("roles"))
    def held(self, user: User) -> str:
        held = sorted(role.role for role in user.roles.all() if role.revoked_at is None)
        return ", ".join(str(role_words.ROLE_WORDS[role]) for role in held)


@admin.register(Practice)
class PracticeAdmin(_AdminsAct, ReadOnlyAdmin):
    list_display = ["name", "sort", "is_listed", "created_at"]
    list_filter = [("kind", words_filter(practice_words.KIND_WORDS)), "is_listed"]
    search_fields = ["name", "=id"]
    ordering = ["name", "id"]
    fields = ["name", "sort", "is_listed", "logo_id", "created_at"]
    readonly_fields = ["sort"]
    actions = [
        _each(
            "practice_show",
            _("Show in the directory"),
            lambda actor, practice, at: services.practice_list(actor, practice.id, listed=True, at=at),
        ),
        _each(
            "practice_hide",
            _("Take out of the directory"),
            lambda actor, practice, at: services.practice_list(actor, practice.id, listed=False, at=at),
        ),
    ]

    @admin.display(description=_("kind"), ordering="kind")
    def sort(self, practice: Practice) -> str:
        return str(practice_words.KIND_WORDS[PracticeKind(practice.kind)])


@admin.register(Membership)
class MembershipAdmin(FoundByIdAdmin):
    list_display = ["user", "practice", "what", "started_at", "ended_at"]
    list_select_related = ["user", "practice"]
    list_filter = [("role", words_filter(practice_words.ROLE_WORDS))]
    search_fields = ["=id", "=user_id", "=practice_id"]
    ordering = ["-started_at"]
    fields = ["user_id", "practice_id", "what", "started_at", "ended_at"]
    readonly_fields = fields

    @admin.display(description=_("role"), ordering="role")
    def what(self, membership: Membership) -> str:
        return str(practice_words.ROLE_WORDS[MembershipRole(membership.role)])


@admin.register(Assignment)
class AssignmentAdmin(FoundByIdAdmin):
    """Who cares for whom; never why."""

    list_display = ["patient", "therapist", "practice", "started_at", "ended_at"]
    list_select_related = ["patient", "therapist", "practice"]
    search_fields = ["=id", "=patient_id", "=therapist_id", "=practice_id"]
    ordering = ["-started_at"]
    fields = [
        "patient_id",
        "therapist_id",
        "practice_id",
        "started_at",
        "started_by_id",
        "ended_at",
        "ended_by_id",
    ]
    readonly_fields = fields


@admin.register(ApiToken)
class ApiTokenAdmin(_AdminsAct, FoundByIdAdmin):
    list_display = ["prefix", "name", "user_id", "expires_at", "revoked_at", "last_used_at"]
    search_fields = ["=prefix", "=user_id"]
    ordering = ["-created_at"]
    fields = [
        "prefix",
        "name",
        "user_id",
        "practice_id",
        "scopes",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    ]
    readonly_fields = fields
    actions = [
        _each(
            "token_revoke",
            _("Revoke"),
            lambda actor, token, at: services.token_revoke(actor, token.id, at=at),
        ),
    ]


from accounts import admin_listings as admin_listings  # noqa: E402 - registers itself
from accounts import admin_proposals as admin_proposals  # noqa: E402 - registers itself
