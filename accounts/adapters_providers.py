"""Where allauth asks Bloom about providers of sign-in (settings.SOCIALACCOUNT_ADAPTER)."""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Apps come from the settings alone, so that no row of the database can point sign-in elsewhere."""

    def list_apps(self, request: Any, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def is_email_verified(self, provider: Any, email: str) -> bool:
        """Only what the provider says of this address counts."""
        return False

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        return False
