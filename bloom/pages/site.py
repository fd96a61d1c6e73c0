"""The admin site: Unfold's, open to staff by role, with a policy of its own for scripts."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import auth
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.sites import UnfoldAdminSite

from accounts.types import FactorPolicy
from bloom.kernel.actor import Actor
from bloom.kernel.errors import FreshFactorNeeded, NotAllowed

# What somebody was refused who may not enter at all; it has no row, and so no id.
ADMINISTRATION = UUID(int=0)


class BloomAdminSite(UnfoldAdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        """Support staff and admins, by their roles; verified by a factor where their role needs one."""
        actor = _actor_of(request)
        return actor.has_role("support", "admin") and (
            request.user.is_verified() or not _needs_factor(actor)  # type: ignore[union-attr] # by OTPMiddleware
        )

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Bloom has one way to sign in. Somebody who is signed in and no staff is told so; staff whose factor
        is gone show another.
        """
        if _actor_of(request).has_role("support", "admin") and not self.has_permission(request):
            raise FreshFactorNeeded
        _outsider_refuse(request)
        if request.user.is_authenticated:
            raise NotAllowed
        back = urlencode({"next": request.GET.get("next") or "/admin/"}, safe="/")
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?{back}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Out of Bloom, not only out of here; on a mere visit it asks first."""
        if request.method != "POST":
            return redirect("account_logout")
        auth.logout(request)
        return redirect(settings.LOGOUT_REDIRECT_URL)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """In Bloom's own page, which ends the other sessions."""
        return redirect("account_change_password")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        guarded = super().admin_view(view, cacheable)
        policy: Callable[..., Any] = csp_replace(settings.ADMIN_CONTENT_SECURITY_POLICY)(guarded)

        # What marks a view for others (no CSRF check, say) still marks it.
        @wraps(policy)
        def door(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            """Django's own templates show times in the zone that is active, and name none."""
            if request.path != reverse("admin:logout"):
                _outsider_refuse(request)
            with timezone.override(ZoneInfo(getattr(request.user, "time_zone", "UTC"))):
                answer: HttpResponse = policy(request, *args, **kwargs)
                return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer

        return door


def _outsider_refuse(request: HttpRequest) -> None:
    """Somebody who is signed in and no staff has no business here, which is on record. Raises NotAllowed."""
    actor = _actor_of(request)
    if actor.is_authenticated and not actor.has_role("support", "admin"):
        raise NotAllowed(object_kind="bloom.admin", object_id=ADMINISTRATION)


def _actor_of(request: Any) -> Actor:
    actor: Actor = request.actor
    return actor


def _needs_factor(actor: Actor) -> bool:
    from accounts import selectors as accounts_selectors  # this module is read before there are models

    return accounts_selectors.factor_policy(actor.require_user(), actor.roles) is FactorPolicy.REQUIRED


class BloomAdminConfig(AdminConfig):
    default_site = "bloom.pages.site.BloomAdminSite"
