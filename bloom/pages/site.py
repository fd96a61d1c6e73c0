"""The admin site: Unfold's, open to staff by role, with a policy of its own for scripts."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class BloomAdminSite(UnfoldAdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        """Support staff and admins, by their roles."""
        actor = getattr(request, "actor", None)
        return actor is not None and actor.has_role("support", "admin")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        guarded = super().admin_view(view, cacheable)
        policy: Callable[..., Any] = csp_replace(settings.ADMIN_CONTENT_SECURITY_POLICY)(guarded)
        return policy


class BloomAdminConfig(AdminConfig):
    default_site = "bloom.pages.site.BloomAdminSite"
